// The safetensors container: named arrays and a map of words, in one file. Written and read here
// after the format's description (https://github.com/huggingface/safetensors): eight bytes with the
// length of the header, the header as JSON, then the numbers without gaps. Every rule is checked
// before anything is allocated.
// SPDX-License-Identifier: MIT
import { FoveaError } from '../errors.js'

/** An array of float32 with its name. */
export interface NamedArray {
  name: string
  shape: readonly number[]
  data: Float32Array
}

/** What a file holds. */
export interface Safetensors {
  metadata: Map<string, string>
  tensors: Map<string, NamedArray>
}

/** The format's own bound on the header. */
const kMostHeaderBytes = 100_000_000
const kMetadata = '__metadata__'

/** The bytes of a file. */
export function writeSafetensors(
  tensors: readonly NamedArray[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = [[kMetadata, metadata]]
  let end = 0
  for (const { name, shape, data } of tensors) {
    const begin = end
    end += data.byteLength
    entries.push([name, { dtype: 'F32', shape, data_offsets: [begin, end] }])
  }
  const json = new TextEncoder().encode(jsonOf(entries))
  const padded = Math.ceil(json.length / 8) * 8 // the numbers begin at a multiple of 8
  const bytes = new Uint8Array(8 + padded + end)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true)
  bytes.fill(0x20, 8, 8 + padded)
  bytes.set(json, 8)
  let at = 8 + padded
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return bytes
}

/** An object keeps numbers-like names first: written by hand, the order is that of the list. */
function jsonOf(entries: readonly [string, unknown][]): string {
  const parts = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
  return `{${parts.join(',')}}`
}

/** True where the bytes look like a file of this format, damaged or not. */
export function isSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === 0x7b && bytes[0] !== 0x7b
}

/**
 * Reads a file.
 *
 * @throws FoveaError `bad-file` where it breaks a rule of the format; `unsupported` for numbers other
 * than F32
 */
export function readSafetensors(bytes: Uint8Array, place: string): Safetensors {
  const { header, from } = headerOf(bytes, place)
  const metadata = metadataOf(header.get(kMetadata) ?? {}, place)
  header.delete(kMetadata)
  const entries = [...header].map(([name, entry]) => entryOf(name, entry, place))
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let end = 0
  for (const entry of entries) {
    if (entry.begin !== end) {
      throw wrong(
        place,
        `"${entry.name}" begins at byte ${entry.begin} of the numbers, not at ${end}`,
      )
    }
    end = entry.end
  }
  if (from + end !== bytes.length) {
    const got = bytes.length - from
    throw wrong(place, `the header speaks of ${end} bytes of numbers, but ${got} follow it`)
  }
  const tensors = new Map(
    entries.map(({ name, shape, begin, end }) => {
      // A copy of its own: the bytes may begin anywhere, and belong to the caller. Not by slice, which
      // in Node's Buffer copies nothing.
      const data = new Float32Array(new Uint8Array(bytes.subarray(from + begin, from + end)).buffer)
      return [name, { name, shape, data }]
    }),
  )
  return { metadata, tensors }
}

function headerOf(
  bytes: Uint8Array,
  place: string,
): { header: Map<string, unknown>; from: number } {
  if (bytes.length < 8) throw wrong(place, `it ends after ${bytes.length} bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = Number(view.getBigUint64(0, true))
  const from = 8 + length
  if (length > kMostHeaderBytes || from > bytes.length) {
    throw wrong(place, `its header has ${length} bytes, but only ${bytes.length - 8} follow`)
  }
  let text: string
  let header: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, from))
    header = JSON.parse(text)
  } catch (cause) {
    throw wrong(place, `its header is no JSON (${(cause as Error).message})`, cause)
  }
  if (header === null || typeof header !== 'object' || Array.isArray(header)) {
    throw wrong(place, 'its header is no JSON object')
  }
  const twice = repeatedKey(text)
  if (twice !== undefined) throw wrong(place, `its header has the name ${twice} twice`)
  return { header: new Map(Object.entries(header)), from }
}

/** A key that stands twice in one of the objects of a valid JSON text, with its quotes. */
function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = []
  const word = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g
  for (const [found, colon] of text.matchAll(word)) {
    if (found === '{') open.push(new Set())
    else if (found === '}') open.pop()
    else if (colon !== undefined) {
      const key = found.slice(0, found.lastIndexOf('"') + 1)
      const name = JSON.parse(key) as string
      const keys = open.at(-1)
      if (keys?.has(name)) return key
      keys?.add(name)
    }
  }
  return undefined
}

function metadataOf(given: unknown, place: string): Map<string, string> {
  const entries = given !== null && typeof given === 'object' ? Object.entries(given) : undefined
  if (entries?.every(([, value]) => typeof value === 'string')) return new Map(entries)
  throw wrong(place, `its ${kMetadata} is no map of words`)
}

interface Entry {
  name: string
  shape: number[]
  begin: number
  end: number
}

const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0

function entryOf(name: string, given: unknown, place: string): Entry {
  const { dtype, shape, data_offsets: offsets } = (given ?? {}) as Record<string, unknown>
  const known = ['BOOL', 'U8', 'I8', 'I16', 'U16', 'F16', 'BF16', 'I32', 'U32', 'F64', 'I64', 'U64']
  if (typeof dtype === 'string' && known.includes(dtype)) {
    throw new FoveaError(
      'unsupported',
      `${place}: "${name}" holds numbers of the type ${dtype}, and Fovea reads F32. Convert the file ` +
        `to float32 where it was made.`,
    )
  }
  if (dtype !== 'F32') throw wrong(place, `"${name}" has no known type of numbers`)
  if (!Array.isArray(shape) || !shape.every(isSize)) throw wrong(place, `"${name}" has no shape`)
  const [begin, end, ...more] = Array.isArray(offsets) ? (offsets as unknown[]) : []
  if (!isSize(begin) || !isSize(end) || more.length > 0 || end < begin) {
    throw wrong(place, `"${name}" does not say where its numbers are`)
  }
  const bytes = shape.reduce((product: number, size) => product * size, 4)
  if (bytes !== end - begin) {
    const got = end - begin
    throw wrong(
      place,
      `"${name}" of the shape [${shape.join(', ')}] needs ${bytes} bytes but has ${got}`,
    )
  }
  return { name, shape, begin, end }
}

function wrong(place: string, what: string, cause?: unknown): FoveaError {
  const sentence = `${place}: the safetensors file is damaged: ${what}. Make or fetch it again.`
  return new FoveaError('bad-file', sentence, { cause })
}
