// Metrics: descriptors for compile, and the confusion matrix, which needs no engine.
// SPDX-License-Identifier: MIT
import { FoveaError } from './errors.js'
import type { OptionRecord } from './graph.js'
import { wholeNumber } from './options.js'
import type { NumberArray, Tensor } from './tensor.js'

/** A metric and what the user said about it. */
export interface Metric {
  /** Tells descriptors apart. */
  readonly kind: 'metric'
  /** Its name, as a string would give it. */
  readonly type: string
  /** What was said about it; the engine knows the defaults. */
  readonly options: OptionRecord
}

/** The metrics that can be given by name. */
export type MetricName =
  | 'accuracy'
  | 'binaryAccuracy'
  | 'categoricalAccuracy'
  | 'sparseCategoricalAccuracy'
  | 'topKCategoricalAccuracy'
  | 'precision'
  | 'recall'
  | 'f1'
  | 'auc'
  | 'meanIoU'
  | 'mse'
  | 'mae'

/** What every metric takes. */
export interface MetricOptions {
  /** What it is called in logs. Default: its type. */
  name?: string
}
/** Options of metrics of yes and no. */
export interface ThresholdOptions extends MetricOptions {
  /** A probability above it is a yes. Default 0.5. */
  threshold?: number
}

const metric = <Options extends MetricOptions>(type: MetricName) => {
  return (options?: Options): Metric => {
    return { kind: 'metric', type, options: { ...options } as OptionRecord }
  }
}

/**
 * Picked by the loss: the share of examples whose most probable class is the right one; of a single
 * output, or beside a binary loss, the share of numbers on their target's side of 0.5.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer, loss, metrics: [fovea.metrics.accuracy()] })
 * ```
 */
export const accuracy = /* @__PURE__ */ metric<MetricOptions>('accuracy')

/**
 * The share of numbers on their target's side of the threshold.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer, loss, metrics: [fovea.metrics.binaryAccuracy({ threshold: 0.7 })] })
 * ```
 */
export const binaryAccuracy = /* @__PURE__ */ metric<ThresholdOptions>('binaryAccuracy')

/**
 * Accuracy for one-hot labels.
 *
 * @example
 * ```ts
 * const metrics = [fovea.metrics.categoricalAccuracy()]
 * await model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics })
 * ```
 */
export const categoricalAccuracy = /* @__PURE__ */ metric<MetricOptions>('categoricalAccuracy')

/**
 * Accuracy for class numbers.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer, loss, metrics: [fovea.metrics.sparseCategoricalAccuracy()] })
 * ```
 */
export const sparseCategoricalAccuracy = /* @__PURE__ */ metric<MetricOptions>(
  'sparseCategoricalAccuracy',
)

/**
 * The share of examples whose class is among the `k` (default 5) most probable.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer, loss, metrics: [fovea.metrics.topKCategoricalAccuracy({ k: 3 })] })
 * ```
 */
export const topKCategoricalAccuracy = /* @__PURE__ */ metric<MetricOptions & { k?: number }>(
  'topKCategoricalAccuracy',
)

/**
 * Of what was said to be true, the share that is; over all outputs together.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer, loss, metrics: [fovea.metrics.precision()] })
 * ```
 */
export const precision = /* @__PURE__ */ metric<ThresholdOptions>('precision')

/**
 * Of what is true, the share that was said to be; over all outputs together.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer, loss, metrics: [fovea.metrics.recall({ threshold: 0.3 })] })
 * ```
 */
export const recall = /* @__PURE__ */ metric<ThresholdOptions>('recall')

/**
 * The harmonic mean of precision and recall.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer, loss, metrics: [fovea.metrics.f1()] })
 * ```
 */
export const f1 = /* @__PURE__ */ metric<ThresholdOptions>('f1')

/**
 * The area under the ROC curve, by 200 thresholds as in Keras.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer, loss, metrics: [fovea.metrics.auc()] })
 * ```
 */
export const auc = /* @__PURE__ */ metric<MetricOptions>('auc')

/**
 * Overlap / union of prediction and truth, the mean over the classes: for segmentation.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer, loss, metrics: [fovea.metrics.meanIoU({ numClasses: 10 })] })
 * ```
 */
export const meanIoU = /* @__PURE__ */ metric<MetricOptions & { numClasses?: number }>('meanIoU')

/**
 * Mean of (y − t)².
 *
 * @example
 * ```ts
 * await model.compile({ optimizer, loss, metrics: [fovea.metrics.mse({ name: 'error' })] })
 * ```
 */
export const mse = /* @__PURE__ */ metric<MetricOptions>('mse')

/**
 * Mean of |y − t|.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer, loss, metrics: [fovea.metrics.mae()] })
 * ```
 */
export const mae = /* @__PURE__ */ metric<MetricOptions>('mae')

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

/** How well one class is told apart. */
export interface ClassScores {
  /** Of what was taken for this class, the share that is: 0 where nothing was. */
  precision: number
  /** Of this class, the share that was found: 0 where there is none. */
  recall: number
  /** 2 · precision · recall / (precision + recall). */
  f1: number
  /** Examples of this class. */
  support: number
}

/** What {@link classificationReport} gives back. */
export interface ClassificationReport {
  /** One entry for each class. */
  classes: ClassScores[]
  /** The share of right answers. */
  accuracy: number
  /** The mean over classes, and the mean over examples. */
  macro: Omit<ClassScores, 'support'>
  /** Means weighted by the classes’ numbers of examples. */
  weighted: Omit<ClassScores, 'support'>
}

/**
 * Precision, recall and F1 of every class, and their means. Takes what {@link confusionMatrix} takes.
 *
 * @example
 * ```ts
 * const report = fovea.metrics.classificationReport(test.labels, await model.predict(test.images), 10)
 * console.log(report.classes[3].recall)
 * ```
 */
export function classificationReport(
  labels: NumberArray,
  predictions: NumberArray | Tensor,
  classes: number,
): ClassificationReport {
  const matrix = confusionMatrix(labels, predictions, classes)
  const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
  const scores = matrix.map((row, c): ClassScores => {
    const right = row[c] ?? 0
    const support = sum(row)
    const said = sum(matrix.map((other) => other[c] ?? 0))
    return {
      precision: ratio(right, said),
      recall: ratio(right, support),
      f1: ratio(2 * right, said + support),
      support,
    }
  })
  const mean = (weight: (one: ClassScores) => number): Omit<ClassScores, 'support'> => {
    const total = sum(scores.map(weight))
    const of = (key: keyof ClassScores): number =>
      ratio(sum(scores.map((one) => weight(one) * one[key])), total)
    return { precision: of('precision'), recall: of('recall'), f1: of('f1') }
  }
  return {
    classes: scores,
    accuracy: ratio(sum(matrix.map((row, c) => row[c] ?? 0)), labels.length),
    macro: mean(() => 1),
    weighted: mean((one) => one.support),
  }
}

function largest(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0
  for (let k = 1; k < count; ++k) {
    if ((values[from + k] ?? NaN) > (values[from + best] ?? NaN)) best = k
  }
  return best
}
