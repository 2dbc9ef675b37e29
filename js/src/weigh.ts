// Weights of examples as columns for the engine, where some were given (example-weights.ts).
// SPDX-License-Identifier: MIT
import type { Column } from './engine/engine.js'
import { FoveaError } from './errors.js'
import type { ClassWeight, ExampleWeights, SampleWeight, Weighed } from './example-weights.js'
import { describe } from './options.js'
import type { NumberArray } from './tensor.js'

/**
 * The columns of weights. Examples from `split` on are held out for
 * validation, where classes count the same.
 */
export async function weigh(
  place: string,
  { classWeight, sampleWeight }: ExampleWeights,
  { targets, rows, split, ownLoss }: Weighed,
): Promise<Column[]> {
  if (ownLoss) {
    throw new FoveaError(
      'unsupported',
      `${place}: sampleWeight and classWeight do not reach a loss of one's own. Weigh the examples in it.`,
    )
  }
  const given = sampleWeight === undefined ? [new Float32Array(rows).fill(1)] : lists(sampleWeight)
  if (given.length > 1 && given.length !== targets.length) {
    throw new FoveaError(
      'bad-shape',
      `${place}: sampleWeight needs one array for all outputs or one for each of ${targets.length}, ` +
        `but gets ${given.length}.`,
    )
  }
  const columns = given.map((list) => ({
    role: 'w' as const,
    data: checkedWeights(place, list, rows),
    shape: [rows],
  }))
  if (classWeight !== undefined) weighClasses(place, classWeight, targets, columns, split)
  return columns
}

function lists(sampleWeight: SampleWeight): readonly NumberArray[] {
  const nested = Array.isArray(sampleWeight) && typeof sampleWeight[0] === 'object'
  return nested ? (sampleWeight as readonly NumberArray[]) : [sampleWeight as NumberArray]
}

function checkedWeights(place: string, list: NumberArray, rows: number): Float32Array {
  const isList = Array.isArray(list) || ArrayBuffer.isView(list)
  if (!isList || list.length !== rows) {
    throw new FoveaError(
      'bad-shape',
      `${place}: sampleWeight needs one number for each of the ${rows} examples but gets ` +
        `${isList ? `${list.length} numbers` : describe(list)}.`,
    )
  }
  return Float32Array.from(list)
}

/** Multiplies the weights of the examples before `split` by those of their classes. */
function weighClasses(
  place: string,
  classWeight: ClassWeight,
  targets: readonly Column[],
  columns: readonly { data: Float32Array }[],
  split: number,
): void {
  const [target] = targets
  if (targets.length !== 1 || target === undefined || target.shape.length > 2) {
    throw new FoveaError(
      'unsupported',
      `${place}: classWeight works for a single output with labels [n] or [n, classes]. Use ` +
        `sampleWeight instead.`,
    )
  }
  if (classWeight === null || typeof classWeight !== 'object') {
    throw wrongWeight(place, classWeight)
  }
  const weights = new Map<number, number>()
  for (const [name, weight] of Object.entries(classWeight)) {
    const number = Number(name)
    const fits = Number.isInteger(number) && number >= 0
    if (!fits || typeof weight !== 'number' || !(weight >= 0 && Number.isFinite(weight))) {
      throw wrongWeight(place, fits ? weight : name)
    }
    weights.set(number, weight)
  }
  const width = target.shape[1] ?? 1
  for (const { data } of columns) {
    for (let i = 0; i < split; ++i) {
      const label = classOf(target.data, i, width)
      data[i] = (data[i] ?? 1) * (weights.get(label) ?? 1)
    }
  }
}

function classOf(labels: ArrayLike<number>, row: number, width: number): number {
  if (width === 1) return labels[row] ?? 0
  let best = 0
  for (let k = 1; k < width; ++k) {
    if ((labels[row * width + k] ?? 0) > (labels[row * width + best] ?? 0)) best = k
  }
  return best
}

function wrongWeight(place: string, value: unknown): FoveaError {
  return new FoveaError(
    'bad-option',
    `${place}: classWeight needs a number of 0 or more for each class number, such as { 0: 1, 1: 5 }, ` +
      `but gets ${describe(value)}.`,
  )
}
