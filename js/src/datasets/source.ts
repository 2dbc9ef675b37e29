// Where the bytes of a data set's files come from: a folder, URLs, files that a user picked, or
// bytes that are there already.
// SPDX-License-Identifier: MIT
import { FoveaError } from '../errors.js'
import { fetchBytes } from '../fetch.js'
import { describe } from '../options.js'
import { platform } from '../platform.js'

/** One file: its URL, a `File` or `Blob`, or its bytes. */
export type FileSource = string | URL | Blob | Uint8Array | ArrayBuffer

/** The four files of MNIST and of the sets made like it. */
export interface MnistFiles {
  /** IDX file of the images to train with, gzipped or not. */
  trainImages: FileSource
  /** IDX file of their labels. */
  trainLabels: FileSource
  /** IDX file of the images to test with. */
  testImages: FileSource
  /** IDX file of their labels. */
  testLabels: FileSource
}

/** A folder or the URL of one, picked files (found by name), or each file by itself. */
export type MnistSource = string | URL | readonly File[] | MnistFiles

const kFileNames: Record<keyof MnistFiles, string> = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
}

/** A file with the name that its sentences begin with. */
export interface NamedBytes {
  name: string
  bytes: Uint8Array
}

/** The bytes of one of the four files. */
export async function readPart(
  place: string,
  source: MnistSource,
  part: keyof MnistFiles,
): Promise<NamedBytes> {
  const name = kFileNames[part]
  if (isUrl(source)) {
    const folder = String(source).replace(/\/?$/, '/')
    return { name, bytes: await fetchBytes(new URL(`${name}.gz`, folder), place) }
  }
  if (typeof source === 'string') return { name, bytes: await fromFolder(place, source, name) }
  if (Array.isArray(source)) {
    const files = source as readonly File[]
    // Some sites write train-images.idx3-ubyte; the beginnings differ in any spelling.
    const file = files.find((one) => one.name.replace('.idx', '-idx').startsWith(name))
    if (file !== undefined) return { name: file.name, bytes: await bytesOf(place, file) }
    throw new FoveaError(
      'bad-file',
      `${place}: none of the ${files.length} files is called ${name} or ${name}.gz.`,
    )
  }
  if (source === null || typeof source !== 'object' || !(part in source)) {
    throw new FoveaError(
      'bad-option',
      `${place}: source needs a folder, a URL, an array of files, or { trainImages, trainLabels, ` +
        `testImages, testLabels } but gets ${describe(source)}.`,
    )
  }
  return { name: part, bytes: await bytesOf(place, (source as MnistFiles)[part]) }
}

async function fromFolder(place: string, folder: string, name: string): Promise<Uint8Array> {
  const bytes = await platform.readFromFolder(folder, [name, `${name}.gz`])
  if (bytes !== undefined) return bytes
  throw new FoveaError(
    'bad-file',
    `${place}: the folder ${folder} has no file ${name} or ${name}.gz.`,
  )
}

/** The bytes of one source. */
export async function bytesOf(place: string, source: FileSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source
  if (source instanceof ArrayBuffer) return new Uint8Array(source)
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer())
  if (typeof source === 'string' || source instanceof URL) {
    return fetchBytes(new URL(source, globalThis.document?.baseURI), place)
  }
  throw new FoveaError(
    'bad-option',
    `${place}: a file needs a URL, a File or its bytes but gets ${describe(source)}.`,
  )
}

/** True for what is read over the network. */
export function isUrl(source: unknown): source is string | URL {
  return source instanceof URL || (typeof source === 'string' && /^https?:\/\//.test(source))
}
