// Unpacks the engine, which the package carries as text: a third smaller than gzip, and no server has
// to be set up for it. What unpacks is a small module itself (scripts/package/codec.cpp). It reads letters
// of six bits: the lengths of the codes, then arithmetic coding. A module may be in two parts, packed each
// by itself, so that a worker can unpack the second meanwhile.
// SPDX-License-Identifier: MIT
import { yieldToMessages } from './engine/yield.js'
import { FoveaError } from './errors.js'

/** A module as the package carries it. */
export interface PackedModule {
  /** The lengths of all codes. */
  codes: string
  /** What follows them. `size`: bytes of the module, without the sizes of its functions. */
  parts: { letters: string; size: number }[]
  /** Of all letters. */
  checksum: number
}

/** A part, for whoever unpacks it. */
export interface PackedPart {
  unpacker: WebAssembly.Module
  /** From the codes to the end of this part, or further. */
  letters: string
  size: number
  /** 0: where a module begins. 1: it begins among the functions. */
  place: number
}

/** What the unpacker exports: addresses, and what it does. */
interface Unpacker {
  memory: { buffer: ArrayBuffer }
  packed: WebAssembly.Global<'i32'>
  checksum(letters: number): number
  run(size: number, place: number): number
  finish(place: number): number
}

/** Bytes at a time: a page stays awake; first fewer, while there is no fast code yet. */
const kSlice = 1 << 13
const kLargeSlice = 3 * kSlice

/** Sections of WebAssembly, in this order. */
const kExports = 7
const kCode = 10

/** A part on its way to be bytes. */
class Unpacking {
  readonly code: Unpacker
  private at = 0

  constructor(private readonly part: PackedPart) {
    this.code = new WebAssembly.Instance(part.unpacker).exports as never
    new TextEncoder().encodeInto(part.letters, this.bytes())
  }

  /** Goes on for a moment; whether there is more to do. */
  next(): boolean {
    const { size, place } = this.part
    this.at = Math.min(this.at + (this.at < kLargeSlice ? kSlice : kLargeSlice), size)
    this.code.run(this.at, place)
    return this.at < size
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes().slice(0, this.code.finish(this.part.place))
  }

  /** The letters, and at the end what came of them. */
  private bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.code.memory.buffer, this.code.packed.value)
  }
}

/** A part at a stretch, for a worker. */
export function unpackPart(part: PackedPart): Uint8Array<ArrayBuffer> {
  const unpacking = new Unpacking(part)
  while (unpacking.next());
  return unpacking.finish()
}

/**
 * The module, unpacked in slices between which the page does other things.
 *
 * @param code the unpacker, in hexadecimal
 * @param elsewhere unpacks a part in another thread; who is not ready in time need not be
 * @throws FoveaError `bad-file`
 */
export async function unpackModule(
  { codes, parts, checksum }: PackedModule,
  code: string,
  elsewhere?: (part: PackedPart) => Promise<Uint8Array | undefined>,
): Promise<Uint8Array<ArrayBuffer>> {
  const unpacker = compiled(code)
  const partAt = (place: number): PackedPart => {
    const following = parts.slice(place).map(({ letters }) => letters)
    return { unpacker, letters: codes + following.join(''), size: parts[place]?.size ?? 0, place }
  }
  const all = partAt(0)
  const first = new Unpacking(all)
  if (first.code.checksum(all.letters.length) !== checksum) {
    throw new FoveaError(
      'bad-file',
      `init: the engine's module came damaged (${all.letters.length} letters). Load the page again.`,
    )
  }
  const made: { second?: Uint8Array | undefined } = {}
  const two = parts.length > 1
  if (two)
    elsewhere?.(partAt(1))
      .then((bytes) => (made.second = bytes))
      .catch(() => {})
  for (let more = true; more; await yieldToMessages()) more = first.next()
  const here = two && made.second === undefined ? new Unpacking(partAt(1)) : undefined
  while (here !== undefined && made.second === undefined) {
    if (here.next()) await yieldToMessages()
    else made.second = here.finish()
  }
  return withExports(joined(first.finish(), made.second))
}

/** The unpacker, from hexadecimal. */
function compiled(code: string): WebAssembly.Module {
  const { fromHex } = Uint8Array as { fromHex?: (text: string) => Uint8Array<ArrayBuffer> }
  const bytes =
    fromHex?.(code) ?? // browsers since 2025
    Uint8Array.from(code.match(/../g) ?? [], (byte) => parseInt(byte, 16))
  return new WebAssembly.Module(bytes)
}

function joined(begin: Uint8Array<ArrayBuffer>, end?: Uint8Array): Uint8Array<ArrayBuffer> {
  if (end === undefined) return begin
  const whole = new Uint8Array(begin.length + end.length)
  whole.set(begin)
  whole.set(end, begin.length)
  return whole
}

/** A number as WebAssembly writes it: LEB128. */
const leb = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)]

/**
 * The functions that the rest of the engine calls are exported without a name, each counted from the
 * one before. Here they get their names: %0, %1, ...
 */
function withExports(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let at = 8
  const number = (): number => {
    const byte = bytes[at++] ?? 0
    return byte < 128 ? byte : (byte & 127) + 128 * number()
  }
  while (at < bytes.length) {
    const section = at
    const id = number()
    if (id === kCode) break
    const end = number() + at
    if (id === kExports) {
      const count = number()
      const content = leb(count)
      let index = 0
      let named = 0
      while (at < end) {
        const from = at
        const length = number()
        at += length + 1 // the kind
        const place = number()
        if (length > 0) {
          content.push(...bytes.subarray(from, at))
        } else {
          const name = new TextEncoder().encode(`%${named++}`)
          content.push(name.length, ...name, 0, ...leb((index += place))) // 0: a function
        }
      }
      const head = [id, ...leb(content.length), ...content]
      const whole = new Uint8Array(section + head.length + bytes.length - end)
      whole.set(bytes.subarray(0, section))
      whole.set(head, section)
      whole.set(bytes.subarray(end), section + head.length)
      return whole
    }
    at = end
  }
  return bytes
}
