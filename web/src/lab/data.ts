// SPDX-License-Identifier: MIT
// The digits: those to learn from, those held out, and the sixteen of these that are shown.
import type { datasets } from 'fovea'
import type { Held } from './classify.js'
import type { DataSetName } from './settings.js'

export type Digits = Awaited<ReturnType<typeof datasets.digits>>

// Names of the four files where this server has all of MNIST (see plugins/data-files.mjs).
declare const __MNIST_FILES__: string[]

export const kHasMnist = __MNIST_FILES__.length === 4

export async function loadDigits(name: DataSetName): Promise<Digits> {
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

/** A held-out digit, and what the network took it for when last examined. */
export interface ShownDigit {
  pixels: Uint8Array
  label: number
  guess: number | undefined
}

export function showDigits(
  { images, labels }: Digits['test'],
  rows: readonly number[],
  held: Held | undefined,
): ShownDigit[] {
  return rows.map((row) => {
    const pixels = images.data.subarray(row * 784, (row + 1) * 784) as Uint8Array
    return { pixels, label: labels[row] ?? 0, guess: held?.guesses[row] }
  })
}
