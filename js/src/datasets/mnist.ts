// MNIST and the sets that come in the same four files, and the ten thousand digits of the package.
// SPDX-License-Identifier: MIT
import type { Dataset } from '../columns.js'
import { FoveaError } from '../errors.js'
import { checkNames } from '../options.js'
import { platform } from '../platform.js'
import { readIdx } from './idx.js'
import type { IdxArray } from './idx.js'
import { bytesOf, readPart } from './source.js'
import type { FileSource, MnistSource, NamedBytes } from './source.js'

/** A data set in the two parts it is published in. */
export interface SplitDataset {
  /** To train with. */
  train: Required<Dataset>
  /** To test with. */
  test: Required<Dataset>
  /** One name per class number. */
  classNames: readonly string[]
}

/** Options of {@link mnist} and {@link fashionMnist}. */
export interface MnistOptions {
  /** Where the four IDX files lie; see {@link MnistSource}. In Node also by FOVEA_DATA_DIR. */
  source?: MnistSource
}

/** Options of {@link digits}. */
export interface DigitsOptions {
  /** The folder that serves the two files. Default in a page: `data/` beside it. */
  baseUrl?: string | URL
}

const kDigitNames = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']
const kFashionNames = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
]

/** How many of the ten thousand digits are for training; they lie in the file in a fixed random order. */
const kDigitsForTraining = 9000

export async function digits(options: DigitsOptions = {}): Promise<SplitDataset> {
  checkNames('digits', options, ['baseUrl'])
  const read = async (name: string): Promise<NamedBytes> => {
    return { name, bytes: await platform.readDigits(name, options.baseUrl) }
  }
  const [images, labels] = await inOrder([
    read('digits-images-idx3-ubyte.gz'),
    read('digits-labels-idx1-ubyte.gz'),
  ])
  const all = await fromFiles(images, labels, kDigitNames)
  return {
    train: rows(all, 0, kDigitsForTraining),
    test: rows(all, kDigitsForTraining, all.labels.length),
    classNames: kDigitNames,
  }
}

export function mnist(options: MnistOptions = {}): Promise<SplitDataset> {
  const help =
    'Download the four files with `node scripts/download-mnist.mjs data/mnist`, or from ' +
    'https://storage.googleapis.com/cvdf-datasets/mnist/'
  return fourFiles('mnist', options, 'FOVEA_DATA_DIR', help, kDigitNames)
}

export function fashionMnist(options: MnistOptions = {}): Promise<SplitDataset> {
  const help =
    "They are in Debian's package dataset-fashion-mnist (/usr/share/datasets/fashion-mnist), or at " +
    'https://github.com/zalandoresearch/fashion-mnist'
  return fourFiles('fashionMnist', options, 'FOVEA_FASHION_DIR', help, kFashionNames)
}

export async function fromIdx(images: FileSource, labels: FileSource): Promise<Dataset> {
  const place = 'fromIdx'
  const read = async (name: string, source: FileSource): Promise<NamedBytes> => {
    return { name: `${place}: ${name}`, bytes: await bytesOf(place, source) }
  }
  return fromFiles(await read('the images', images), await read('the labels', labels))
}

async function fourFiles(
  place: string,
  options: MnistOptions,
  variable: string,
  help: string,
  classNames: readonly string[],
): Promise<SplitDataset> {
  checkNames(place, options, ['source'])
  const source = options.source ?? platform.environment(variable)
  if (source === undefined || source === '') {
    throw new FoveaError(
      'bad-option',
      `${place}: needs a source: a folder, URLs, files or bytes of the four IDX files (in Node also ` +
        `the folder in ${variable}). ${help}.`,
    )
  }
  const part = async (which: 'train' | 'test'): Promise<Required<Dataset>> => {
    const images = await readPart(place, source, `${which}Images`)
    return fromFiles(images, await readPart(place, source, `${which}Labels`), classNames)
  }
  const [train, test] = await inOrder([part('train'), part('test')])
  return { train, test, classNames }
}

/** Both, made side by side; of two failures the first in order is reported, whichever came first. */
async function inOrder<T>(both: [Promise<T>, Promise<T>]): Promise<[T, T]> {
  await Promise.allSettled(both)
  return Promise.all(both)
}

async function fromFiles(
  imageFile: NamedBytes,
  labelFile: NamedBytes,
  names?: readonly string[],
): Promise<Required<Dataset>> {
  const images = await readIdx(imageFile.name, imageFile.bytes)
  const labels = await readIdx(labelFile.name, labelFile.bytes)
  const [count = 0, height = 0, width = 0] = images.shape
  expectDimensions(imageFile.name, images, 3, 'images')
  expectDimensions(labelFile.name, labels, 1, 'labels')
  if (labels.data.length !== count) {
    throw new FoveaError(
      'bad-file',
      `${labelFile.name}: has ${labels.data.length} labels for the ${count} images of ` +
        `${imageFile.name}. The two files do not belong together.`,
    )
  }
  const numbers = Int32Array.from(labels.data)
  const classes = numbers.reduce((most, label) => Math.max(most, label + 1), 0)
  return {
    images: { data: images.data, shape: [count, height, width, 1] },
    labels: numbers,
    classNames: names ?? Array.from({ length: classes }, (_, label) => String(label)),
  }
}

function expectDimensions(name: string, { shape }: IdxArray, wanted: number, what: string): void {
  if (shape.length === wanted) return
  throw new FoveaError(
    'bad-file',
    `${name}: has ${shape.length} dimensions where ${what} have ${wanted}. Are the two files swapped?`,
  )
}

function rows(set: Required<Dataset>, from: number, to: number): Required<Dataset> {
  const [, ...shape] = set.images.shape
  const size = shape.reduce((product, one) => product * one, 1)
  return {
    images: { data: set.images.data.slice(from * size, to * size), shape: [to - from, ...shape] },
    labels: set.labels.slice(from, to),
    classNames: set.classNames,
  }
}
