// A data set from pictures: files that somebody picked, or URLs, each with its label.
// SPDX-License-Identifier: MIT
import { fromPixels } from '../browser/pixels.js'
import type { FromPixelsOptions } from '../browser/pixels.js'
import type { Dataset } from '../columns.js'
import { FoveaError } from '../errors.js'
import { checkNames, describe } from '../options.js'
import { bytesOf } from './source.js'
import type { FileSource } from './source.js'

/** Options of `fromImages`. */
export interface FromImagesOptions extends FromPixelsOptions {
  /** The names of the classes, in their order. Default: those among the labels, by the alphabet. */
  classNames?: readonly string[]
}

const kPlace = 'fromImages'

export async function fromImages(
  sources: readonly FileSource[] | FileList,
  labels: readonly (string | number)[] | Int32Array,
  options: FromImagesOptions = {},
): Promise<Dataset> {
  checkNames(kPlace, options, ['classNames', 'channels', 'size'])
  const { classNames, ...pixels } = options
  const list = [...(sources as readonly FileSource[])]
  if (list.length === 0 || list.length !== labels.length) {
    throw new FoveaError(
      'bad-shape',
      `${kPlace}: needs at least one picture and a label for each, but gets ${list.length} pictures and ` +
        `${labels.length} labels.`,
    )
  }
  if (typeof createImageBitmap === 'undefined') {
    throw new FoveaError(
      'unsupported',
      `${kPlace}: Node cannot read picture files. Read them with a library, and give their bytes as ` +
        `fovea.tensor(data, [n, height, width, channels]).`,
    )
  }
  const classes = classesOf(labels, classNames)
  let images: Uint8Array | undefined
  let shape: readonly number[] = []
  for (const [k, source] of list.entries()) {
    const one = await decoded(source, k, pixels)
    images ??= new Uint8Array(list.length * one.data.length)
    if (k > 0 && one.shape.join() !== shape.join()) {
      throw new FoveaError(
        'bad-shape',
        `${kPlace}: picture ${k} has the shape [${one.shape.join(', ')}] but the first [${shape.join(', ')}]. ` +
          `Give a size, and all are scaled to it.`,
      )
    }
    shape = one.shape
    images.set(one.data, k * one.data.length)
  }
  return {
    images: { data: images ?? new Uint8Array(), shape: [list.length, ...shape] },
    ...classes,
  }
}

async function decoded(
  source: FileSource,
  k: number,
  options: FromPixelsOptions,
): Promise<{ data: Uint8Array; shape: number[] }> {
  const bytes = source instanceof Blob ? source : await bytesOf(kPlace, source)
  let bitmap: ImageBitmap
  try {
    bitmap = await createImageBitmap(new Blob([bytes as BlobPart]))
  } catch (cause) {
    throw new FoveaError(
      'bad-file',
      `${kPlace}: picture ${k} (${describe(source)}) cannot be read: ${(cause as Error).message}`,
      { cause },
    )
  }
  try {
    return await fromPixels(bitmap, options)
  } finally {
    bitmap.close()
  }
}

/** Class numbers, and the names where the labels are names. */
function classesOf(
  labels: readonly (string | number)[] | Int32Array,
  given: readonly string[] | undefined,
): Pick<Dataset, 'labels' | 'classNames'> {
  const list = [...labels]
  if (list.every((one) => Number.isInteger(one))) {
    return { labels: Int32Array.from(list as number[]), ...(given && { classNames: given }) }
  }
  const names = given ?? [...new Set(list.map(String))].sort()
  const numbers = list.map((one) => names.indexOf(String(one)))
  const unknown = numbers.indexOf(-1)
  if (unknown >= 0) {
    throw new FoveaError(
      'bad-option',
      `${kPlace}: the label ${describe(list[unknown])} is none of the classes ${names.join(', ')}.`,
    )
  }
  return { labels: Int32Array.from(numbers), classNames: names }
}
