// SPDX-License-Identifier: MIT
// What one should know of a data set before training on it: how many images of each class, the mean
// image of each, mean and standard deviation of all pixels. Worked out in slices, so that the page
// stays free: MNIST alone has 47 million numbers.
import type { Dataset } from 'fovea'

export interface ClassStatistics {
  name: string
  count: number
  /** Mean of each pixel, from 0 to 255. */
  mean: Float32Array
}

export interface Statistics {
  count: number
  classes: ClassStatistics[]
  mean: number
  standardDeviation: number
}

const kSliceNumbers = 400_000

/** A turn for everything else that the page has to do. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}

export async function statisticsOf(
  { images, labels }: Required<Dataset>,
  classNames: readonly string[],
  signal?: AbortSignal,
): Promise<Statistics> {
  const size = images.data.length / labels.length
  const sums = classNames.map(() => new Float64Array(size))
  const counts = classNames.map(() => 0)
  let sum = 0
  let squares = 0
  const rowsAtOnce = Math.max(1, Math.floor(kSliceNumbers / size))
  for (let row = 0; row < labels.length; ++row) {
    if (row % rowsAtOnce === 0) {
      await turn()
      signal?.throwIfAborted()
    }
    const label = labels[row] ?? 0
    const own = sums[label] ?? new Float64Array(size)
    counts[label] = (counts[label] ?? 0) + 1
    for (let i = 0; i < size; ++i) {
      const value = images.data[row * size + i] ?? 0
      own[i] = (own[i] ?? 0) + value
      sum += value
      squares += value * value
    }
  }
  const numbers = labels.length * size
  const mean = sum / numbers
  return {
    count: labels.length,
    classes: classNames.map((name, k) => {
      const count = counts[k] ?? 0
      return { name, count, mean: Float32Array.from(sums[k] ?? [], (v) => v / Math.max(count, 1)) }
    }),
    mean,
    standardDeviation: Math.sqrt(Math.max(0, squares / numbers - mean * mean)),
  }
}

/** Rows of a class, in the order that the seed decides; without a class, of all. */
export function sampleRows(
  labels: Int32Array,
  label: number | undefined,
  count: number,
  seed: number,
): number[] {
  const rows: number[] = []
  labels.forEach((one, row) => {
    if (label === undefined || one === label) rows.push(row)
  })
  // A step that has no divisor in common with the number of rows visits each of them once.
  const step = coprimeNear(Math.floor(rows.length * 0.618), rows.length)
  return Array.from({ length: Math.min(count, rows.length) }, (_, k) => {
    return rows[((k + seed * count) * step) % rows.length] ?? 0
  })
}

function coprimeNear(step: number, count: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
  let found = Math.max(1, step)
  while (divisor(found, count) !== 1) ++found
  return found
}
