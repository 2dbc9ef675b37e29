// Loading a model from wherever it is: the bytes are fetched, and their beginning says what they are.
// SPDX-License-Identifier: MIT
import { FoveaError } from '../errors.js'
import { fetchBytes } from '../fetch.js'
import type { Model } from '../model.js'
import { checkNames, describe } from '../options.js'
import { platform } from '../platform.js'
import { readCheckpoint } from './checkpoint.js'
import type { LoadOptions } from './checkpoint.js'
import { isSafetensors } from './safetensors.js'
import { readKept, schemeOf } from './save.js'

/**
 * Where a model is: `indexeddb://name`, `localstorage://name`, a URL (in a page also a relative one), in
 * Node a path; a `File` or `Blob`, or its bytes. A TensorFlow.js model of several picked files is an
 * array of them.
 */
export type LoadSource = string | URL | Blob | Uint8Array | ArrayBuffer | readonly File[]

/** A file, and how to find others that lie beside it. */
interface Opened {
  bytes: Uint8Array
  beside: (name: string) => Promise<Uint8Array>
}

const kPlace = 'loadModel'

/** Makes the model that a file holds. */
export async function loadModel(source: LoadSource, options: LoadOptions = {}): Promise<Model> {
  checkNames(kPlace, options, ['loss'])
  const { bytes, beside } = await open(source)
  if (isSafetensors(bytes)) return readCheckpoint(bytes, kPlace, options)
  if (isJson(bytes)) return fromTfjs(bytes, beside)
  if (isOnnx(bytes)) return (await import('./onnx/read.js')).readOnnx(bytes)
  throw new FoveaError(
    'bad-file',
    `${kPlace}: the ${bytes.length} bytes are neither a safetensors file, nor ONNX, nor the model.json of ` +
      `TensorFlow.js.`,
  )
}

/** A protobuf whose first field is a version's number: what every ONNX file begins with. */
function isOnnx(bytes: Uint8Array): boolean {
  return bytes[0] === 0x08 && bytes.length > 16
}

function isJson(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte > 0x20)
  return first === 0x7b
}

async function fromTfjs(bytes: Uint8Array, beside: Opened['beside']): Promise<Model> {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    const sentence = `${kPlace}: the file begins like a model.json but is no JSON (${(cause as Error).message}).`
    throw new FoveaError('bad-file', sentence, { cause })
  }
  const weightsOf = async (paths: readonly string[]): Promise<Uint8Array> => {
    const files = await Promise.all(paths.map(beside))
    return new Uint8Array(await new Blob(files as BlobPart[]).arrayBuffer())
  }
  return (await import('./tfjs/read.js')).readTfjs(json, weightsOf)
}

async function open(source: LoadSource): Promise<Opened> {
  if (source instanceof Uint8Array) return alone(source)
  if (source instanceof ArrayBuffer) return alone(new Uint8Array(source))
  if (source instanceof Blob) return alone(new Uint8Array(await source.arrayBuffer()))
  if (Array.isArray(source)) return openFiles(source as readonly File[])
  if (typeof source === 'string' || source instanceof URL) return openUrl(source)
  throw new FoveaError(
    'bad-option',
    `${kPlace}: needs a URL, a path, a File or its bytes but gets ${describe(source)}.`,
  )
}

function alone(bytes: Uint8Array): Opened {
  return {
    bytes,
    beside: (name) => {
      const sentence = `${kPlace}: the model needs the file ${name} too. Give an array with all of its files.`
      return Promise.reject(new FoveaError('bad-file', sentence))
    },
  }
}

async function openFiles(files: readonly File[]): Promise<Opened> {
  const find = async (wanted: (name: string) => boolean, what: string): Promise<Uint8Array> => {
    const found = files.find((one) => one instanceof Blob && wanted(one.name))
    if (found !== undefined) return new Uint8Array(await found.arrayBuffer())
    const sentence = `${kPlace}: none of the ${files.length} files is ${what}.`
    throw new FoveaError('bad-file', sentence)
  }
  const last = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
  const main = (name: string): boolean => files.length === 1 || name.endsWith('.json')
  return {
    bytes: await find(main, 'a model.json'),
    beside: (name) => find((one) => one === last(name), last(name)),
  }
}

async function openUrl(source: string | URL): Promise<Opened> {
  const scheme = schemeOf(source)
  const isPath = scheme === undefined || scheme === 'file'
  const isUrl = /^(https?|blob|data):/.test(String(source))
  if (!isUrl && !(isPath && platform.files === undefined)) {
    const bytes = await readKept(source, kPlace)
    const folder = String(source).replace(/[^/\\]*$/, '')
    return { bytes, beside: (name) => readKept(folder + name, kPlace) }
  }
  const url = new URL(source, globalThis.document?.baseURI ?? globalThis.location?.href)
  return {
    bytes: await fetchBytes(url, kPlace),
    beside: (name) => fetchBytes(new URL(name, url), kPlace),
  }
}
