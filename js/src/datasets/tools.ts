// Looking at a data set and cutting it in two.
// SPDX-License-Identifier: MIT
import type { Dataset } from '../columns.js'
import { checkNames, seedNumber, wrongValue } from '../options.js'
import { copyData } from '../tensor.js'
import type { TensorData } from '../tensor.js'

/** Options of {@link split}. */
export interface SplitOptions {
  /** The share of the second part. Default 0.2. */
  fraction?: number
  /** Decides which examples go where. Default 0. */
  seed?: number
  /** Keep the share of every class the same in both parts. Default false. */
  stratify?: boolean
}

/** What {@link summary} tells. */
export interface DatasetSummary {
  /** How many examples. */
  count: number
  /** Shape of one image. */
  shape: number[]
  /** How many examples of each class. */
  perClass: { name: string; count: number }[]
  /** Mean of all pixels, in the units of the data (0 to 255 for bytes). */
  mean: number
  /** Standard deviation of all pixels. */
  standardDeviation: number
}

/**
 * Cuts a data set in two at random.
 *
 * @returns the first part and the second, which holds `fraction` of the examples
 * @example
 * ```ts
 * const [train, held] = fovea.datasets.split(set, { fraction: 0.1, seed: 1, stratify: true })
 * ```
 */
export function split(dataset: Dataset, options: SplitOptions = {}): [Dataset, Dataset] {
  checkNames('split', options, ['fraction', 'seed', 'stratify'])
  const { fraction = 0.2, stratify = false } = options
  if (!(fraction > 0 && fraction < 1)) {
    throw wrongValue('split', 'fraction', 'a number between 0 and 1', fraction)
  }
  const order = shuffled(dataset.labels.length, seedNumber('split', options.seed ?? 0))
  const groups = new Map<number, number[]>()
  for (const row of order) {
    const group = stratify ? (dataset.labels[row] ?? 0) : 0
    const members = groups.get(group)
    if (members === undefined) groups.set(group, [row])
    else members.push(row)
  }
  const second = new Set<number>()
  for (const members of groups.values()) {
    for (const row of members.slice(0, Math.round(members.length * fraction))) second.add(row)
  }
  return [
    pick(
      dataset,
      order.filter((row) => !second.has(row)),
    ),
    pick(
      dataset,
      order.filter((row) => second.has(row)),
    ),
  ]
}

/**
 * Class balance, mean and standard deviation of a data set.
 *
 * @example
 * ```ts
 * const { perClass, mean } = fovea.datasets.summary(train)
 * ```
 */
export function summary(dataset: Dataset): DatasetSummary {
  const { images, labels, classNames } = dataset
  const classes = labels.reduce((most, label) => Math.max(most, label + 1), classNames?.length ?? 0)
  const counts = new Array<number>(classes).fill(0)
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1
  const { mean, standardDeviation } = moments(images.data)
  return {
    count: labels.length,
    shape: images.shape.slice(1),
    perClass: counts.map((count, k) => ({ name: classNames?.[k] ?? String(k), count })),
    mean,
    standardDeviation,
  }
}

function moments(data: TensorData): { mean: number; standardDeviation: number } {
  let sum = 0
  for (const value of data) sum += value
  const mean = sum / data.length
  let squares = 0
  for (const value of data) squares += (value - mean) ** 2
  return { mean, standardDeviation: Math.sqrt(squares / data.length) }
}

function pick(dataset: Dataset, order: readonly number[]): Dataset {
  const { images, labels } = dataset
  const shape = images.shape.slice(1)
  const size = shape.reduce((product, one) => product * one, 1)
  const data = copyData(images.data.subarray(0, order.length * size))
  order.forEach((row, k) => data.set(images.data.subarray(row * size, (row + 1) * size), k * size))
  const chosen = Int32Array.from(order, (row) => labels[row] ?? 0)
  return { ...dataset, images: { data, shape: [order.length, ...shape] }, labels: chosen }
}

/** The numbers below `count` in an order that the seed decides (Fisher and Yates). */
function shuffled(count: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, k) => k)
  const random = randomUint32(seed)
  for (let k = count - 1; k > 0; --k) {
    const other = Math.floor((random() / 2 ** 32) * (k + 1))
    const kept = order[k] as number
    order[k] = order[other] as number
    order[other] = kept
  }
  return order
}

/** A 32-bit counter put through Murmur3's finaliser. */
export function randomUint32(seed: number): () => number {
  let counter = seed
  return () => {
    counter = (counter + 0x9e3779b9) >>> 0
    let bits = counter
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
    return (bits ^ (bits >>> 16)) >>> 0
  }
}
