// SPDX-License-Identifier: MIT
// Data sets: images to learn from, images held out, and what the page has to know of them. The ten
// thousand digits come with the page, others from its server or from the visitor's own files.
import type { Dataset, datasets } from 'fovea'
import type { Held } from './classify.js'
import { kDataSets } from './settings.js'
import type { DataSetName } from './settings.js'

/** A data set in its two parts, and what the page has to know of it. */
export interface LabData {
  name: DataSetName
  train: Required<Dataset>
  test: Required<Dataset>
  classNames: readonly string[]
  /** Of one image: [height, width, channels]. */
  shape: readonly number[]
  /** Digits as MNIST has them: what is drawn is fitted and centred alike. */
  handwriting: boolean
  /** What is learned, for the headline: "to read handwritten digits". */
  subject: string
}

export type Split = Awaited<ReturnType<typeof datasets.digits>>

// Names of the files of each set that this server has (see plugins/data-files.mjs).
declare const __DATA_FILES__: Record<'mnist' | 'fashion' | 'cifar', string[]>

/** The sets that this page can fetch. */
export const kServed: readonly DataSetName[] = (
  ['digits', 'mnist', 'fashion', 'cifar'] as const
).filter((name) => {
  if (name === 'digits') return true
  return name === 'cifar' ? __DATA_FILES__.cifar.length >= 2 : __DATA_FILES__[name].length === 4
})

export const kSubjects: Record<DataSetName, string> = {
  digits: 'to read handwritten digits',
  mnist: 'to read handwritten digits',
  fashion: 'to tell clothes apart',
  cifar: 'to tell what a small photograph shows',
  own: 'to tell your own images apart',
}

/** Fetches a set. One that is not here is an error with a sentence that says what to do. */
export async function loadData(name: DataSetName): Promise<LabData> {
  if (!kServed.includes(name)) {
    throw new Error(
      `${kDataSets[name]} is not on this server. Give its files in the chapter Data: drop them there.`,
    )
  }
  return labData(name, await fetchSplit(name))
}

export function labData(name: DataSetName, split: Split): LabData {
  const shape = split.train.images.shape.slice(1)
  const handwriting = name === 'digits' || name === 'mnist'
  return { name, ...split, shape, handwriting, subject: kSubjects[name] }
}

async function fetchSplit(name: DataSetName): Promise<Split> {
  const { datasets } = await import('fovea')
  const url = (file: string): string => new URL(`data/${name}/${file}`, document.baseURI).href
  if (name === 'cifar') {
    const files = __DATA_FILES__.cifar
    const train = files.filter((file) => file.startsWith('data')).map(url)
    return datasets.cifar10({ source: { train, test: url(one(files, /^test/)) } })
  }
  if (name !== 'mnist' && name !== 'fashion') return datasets.digits()
  const files = __DATA_FILES__[name]
  const source = {
    trainImages: url(one(files, /^train-images/)),
    trainLabels: url(one(files, /^train-labels/)),
    testImages: url(one(files, /^t10k-images/)),
    testLabels: url(one(files, /^t10k-labels/)),
  }
  return name === 'mnist' ? datasets.mnist({ source }) : datasets.fashionMnist({ source })
}

function one(files: readonly string[], part: RegExp): string {
  return files.find((file) => part.test(file)) ?? ''
}

/** Sixteen held-out images, every class among them where there are at most ten: rows of the set. */
export function sixteenOf(labels: Int32Array): number[] {
  const seen = new Map<number, number>()
  const rows: number[] = []
  for (let row = 0; row < labels.length && rows.length < 16; ++row) {
    const label = labels[row] ?? 0
    const times = seen.get(label) ?? 0
    // Every class once, and six of them twice.
    const wanted = times === 0 || (times === 1 && rows.length - seen.size < 6)
    if (!wanted) continue
    seen.set(label, times + 1)
    rows.push(row)
  }
  // Few classes: whatever comes first.
  for (let row = 0; row < labels.length && rows.length < 16; ++row) {
    if (!rows.includes(row)) rows.push(row)
  }
  return rows
}

/** Pixels of one image of a set. */
export function pixelsOf({ images }: Required<Dataset>, row: number): Uint8Array {
  const size = images.data.length / (images.shape[0] ?? 1)
  return images.data.subarray(row * size, (row + 1) * size) as Uint8Array
}

/** A held-out image, and what the network took it for when last examined. */
export interface ShownImage {
  row: number
  pixels: Uint8Array
  label: number
  guess: number | undefined
}

export function showImages(
  test: Required<Dataset>,
  rows: readonly number[],
  held: Held | undefined,
): ShownImage[] {
  return rows.map((row) => {
    const pixels = pixelsOf(test, row)
    return { row, pixels, label: test.labels[row] ?? 0, guess: held?.guesses[row] }
  })
}
