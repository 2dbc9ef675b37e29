// SPDX-License-Identifier: MIT
// The digits: those to learn from, those held out, and the sixteen of these that are shown.
import type { Dataset, datasets } from 'fovea'
import type { Held } from './classify.js'
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

type Split = Awaited<ReturnType<typeof datasets.digits>>

// Names of the four files where this server has all of MNIST (see plugins/data-files.mjs).
declare const __MNIST_FILES__: string[]

export const kHasMnist = __MNIST_FILES__.length === 4

export const kDigitsSubject = 'to read handwritten digits'

export async function loadData(name: DataSetName): Promise<LabData> {
  const split = await loadDigits(name)
  const shape = split.train.images.shape.slice(1)
  return { name, ...split, shape, handwriting: true, subject: kDigitsSubject }
}

async function loadDigits(name: DataSetName): Promise<Split> {
  const { datasets } = await import('fovea')
  if (name === 'digits' || !kHasMnist) return datasets.digits()
  const url = (part: RegExp): string => {
    const file = __MNIST_FILES__.find((one) => part.test(one)) ?? ''
    return new URL(`data/mnist/${file}`, document.baseURI).href
  }
  return datasets.mnist({
    source: {
      trainImages: url(/^train-images/),
      trainLabels: url(/^train-labels/),
      testImages: url(/^t10k-images/),
      testLabels: url(/^t10k-labels/),
    },
  })
}

/** Sixteen held-out digits, every class among them, in no order: rows of the test set. */
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
