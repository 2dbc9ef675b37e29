// Metrics: descriptors for compile, and the confusion matrix, which needs no engine.
// SPDX-License-Identifier: MIT
import { FoveaError } from './errors.js'
import type { OptionRecord } from './graph.js'
import { wholeNumber } from './options.js'
import type { NumberArray, Tensor } from './tensor.js'

/** A metric and what the user said about it. */
export interface Metric {
  readonly kind: 'metric'
  readonly type: string
  readonly options: OptionRecord
}

/** The metrics that can be given by name. */
export type MetricName = 'accuracy'

/** The share of examples whose most probable class is the right one. */
export function accuracy(): Metric {
  return { kind: 'metric', type: 'accuracy', options: {} }
}

/**
 * How often each class was taken for each other.
 *
 * @param labels the true class numbers, `[n]`
 * @param predictions class numbers `[n]`, or a model's output `[n, classes]` whose largest counts
 * @param classes how many classes there are
 * @returns rows are the true class, columns the predicted one, values counts
 * @throws FoveaError `bad-shape` when the two do not fit together
 * @example
 * ```ts
 * const output = await model.predict(test.images)
 * const matrix = fovea.metrics.confusionMatrix(test.labels, output, 10)
 * ```
 */
export function confusionMatrix(
  labels: NumberArray,
  predictions: NumberArray | Tensor,
  classes: number,
): number[][] {
  wholeNumber('confusionMatrix', 'classes', classes, 1)
  const values: ArrayLike<number> = 'shape' in predictions ? predictions.data : predictions
  const width = values.length === labels.length ? 1 : classes
  if (values.length !== labels.length * width) {
    throw new FoveaError(
      'bad-shape',
      `confusionMatrix: ${labels.length} labels need as many class numbers, or an output ` +
        `[${labels.length}, ${classes}], but the predictions are ${values.length} numbers.`,
    )
  }
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  for (let i = 0; i < labels.length; ++i) {
    const row = matrix[labels[i] ?? -1]
    const guess = width === 1 ? (values[i] ?? -1) : largest(values, i * width, width)
    if (row?.[guess] === undefined) {
      throw new FoveaError(
        'bad-data',
        `confusionMatrix: example ${i} has class ${labels[i]} and prediction ${guess}, but classes ` +
          `are whole numbers from 0 to ${classes - 1}.`,
      )
    }
    ++row[guess]
  }
  return matrix
}

function largest(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0
  for (let k = 1; k < count; ++k) {
    if ((values[from + k] ?? NaN) > (values[from + best] ?? NaN)) best = k
  }
  return best
}
