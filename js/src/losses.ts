// The losses: plain descriptors. The formulas (Keras 3's) live in the engine. Each is a mean over
// examples and positions; y is the model's output, t the target.
// SPDX-License-Identifier: MIT
import type { OptionRecord } from './graph.js'
import type { FloatTensor, Tensor } from './tensor.js'

/** A loss and what the user said about it. */
export interface Loss {
  /** Tells descriptors apart. */
  readonly kind: 'loss'
  /** Its name, as a string would give it. */
  readonly type: string
  /** What was said about it; the engine knows the defaults. */
  readonly options: OptionRecord
}

/**
 * A loss of one's own, on whole batches: its value, a mean over the examples, and the gradient of
 * that value with respect to `yPred`, of the same shape. Class numbers come as floats. It answers at
 * once (no promise): the step waits for it.
 *
 * @example
 * ```ts
 * const squared = (yTrue, yPred) => {
 *   const n = yPred.data.length
 *   const distance = yPred.data.map((value, k) => value - yTrue.data[k])
 *   const loss = distance.reduce((sum, d) => sum + (d * d) / n, 0)
 *   return { loss, gradient: distance.map((d) => (2 * d) / n) }
 * }
 * await model.compile({ optimizer: 'adam', loss: squared })
 * ```
 */
export type CustomLoss = (yTrue: FloatTensor, yPred: FloatTensor) => LossAndGradient

/** What a loss of one's own gives back. */
export interface LossAndGradient {
  /** The mean over the batch. */
  loss: number
  /** How that changes with each number of the prediction, in its shape. */
  gradient: Tensor | Float32Array
}

/** The losses that can be given by name. */
export type LossName =
  | 'binaryCrossentropy'
  | 'categoricalCrossentropy'
  | 'categoricalHinge'
  | 'cosineSimilarity'
  | 'dice'
  | 'focal'
  | 'hinge'
  | 'huber'
  | 'kullbackLeiblerDivergence'
  | 'logCosh'
  | 'meanAbsoluteError'
  | 'meanAbsolutePercentageError'
  | 'meanSquaredError'
  | 'meanSquaredLogarithmicError'
  | 'poisson'
  | 'sparseCategoricalCrossentropy'
  | 'squaredHinge'

/** Options of the cross-entropies. */
export interface CrossentropyOptions {
  /** The model's last layer gives logits (no softmax, no sigmoid): more exact. Default false. */
  fromLogits?: boolean
  /** This share of each label is spread over all classes. Default 0. */
  labelSmoothing?: number
}

/** Options of {@link sparseCategoricalCrossentropy}. */
export interface SparseCrossentropyOptions extends CrossentropyOptions {
  /** Labels with this number do not count, in metrics neither. Default none. */
  ignoreClass?: number
}

/** Options of {@link focal}. */
export interface FocalOptions extends CrossentropyOptions {
  /** Default 0.25. */
  alpha?: number
  /** How much less counts what is right already. Default 2. */
  gamma?: number
  /** A yes or no: scale by alpha where it is yes and by 1 - alpha where not. Default false. */
  applyClassBalancing?: boolean
  /** Several outputs are a yes or no each (sigmoid), not classes (softmax). Default false. */
  multiLabel?: boolean
}

type NoOptions = Record<string, never>
const loss = <Options extends object>(type: LossName | 'gaussianMixtureNLL') => {
  return (options?: Options): Loss => {
    return { kind: 'loss', type, options: { ...options } as OptionRecord }
  }
}

/**
 * Cross-entropy for class numbers: labels `[n]`, outputs `[n, classes]`; or a class for every pixel,
 * labels `[n, h, w]`.
 *
 * @example
 * ```ts
 * fovea.losses.sparseCategoricalCrossentropy({ fromLogits: true })
 * ```
 */
export const sparseCategoricalCrossentropy = /* @__PURE__ */ loss<SparseCrossentropyOptions>(
  'sparseCategoricalCrossentropy',
)

/**
 * Cross-entropy for one-hot labels or distributions: labels and outputs `[n, classes]`.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.categoricalCrossentropy({ labelSmoothing: 0.1 }) })
 * ```
 */
export const categoricalCrossentropy =
  /* @__PURE__ */ loss<CrossentropyOptions>('categoricalCrossentropy')

/**
 * −t log y − (1 − t) log(1 − y) for each output: after a sigmoid, or `fromLogits`.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.binaryCrossentropy({ fromLogits: true }) })
 * ```
 */
export const binaryCrossentropy = /* @__PURE__ */ loss<CrossentropyOptions>('binaryCrossentropy')

/**
 * Cross-entropy times (1 − p)^gamma, p the probability of what is true: easy examples count less
 * (Lin et al., 2017). One output is a yes or no; of several one is right (all times `alpha`), unless
 * `multiLabel` says otherwise.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.focal({ gamma: 2, alpha: 0.25 }) })
 * ```
 */
export const focal = /* @__PURE__ */ loss<FocalOptions>('focal')

/**
 * Mean of (y − t)².
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.meanSquaredError() })
 * ```
 */
export const meanSquaredError = /* @__PURE__ */ loss<NoOptions>('meanSquaredError')

/**
 * Mean of |y − t|.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.meanAbsoluteError() })
 * ```
 */
export const meanAbsoluteError = /* @__PURE__ */ loss<NoOptions>('meanAbsoluteError')

/**
 * Mean of 100 · |y − t| / |t|.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.meanAbsolutePercentageError() })
 * ```
 */
export const meanAbsolutePercentageError = /* @__PURE__ */ loss<NoOptions>(
  'meanAbsolutePercentageError',
)

/**
 * Mean of (log(y + 1) − log(t + 1))².
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.meanSquaredLogarithmicError() })
 * ```
 */
export const meanSquaredLogarithmicError = /* @__PURE__ */ loss<NoOptions>(
  'meanSquaredLogarithmicError',
)

/**
 * (y − t)² / 2 up to a distance of `delta` (default 1), a straight line beyond.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.huber({ delta: 2 }) })
 * ```
 */
export const huber = /* @__PURE__ */ loss<{ delta?: number }>('huber')

/**
 * Mean of log(cosh(y − t)).
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.logCosh() })
 * ```
 */
export const logCosh = /* @__PURE__ */ loss<NoOptions>('logCosh')

/**
 * Mean of max(0, 1 − t y) with t = ±1; a 0 counts as −1.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.hinge() })
 * ```
 */
export const hinge = /* @__PURE__ */ loss<NoOptions>('hinge')

/**
 * Mean of max(0, 1 − t y)² with t = ±1; a 0 counts as −1.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.squaredHinge() })
 * ```
 */
export const squaredHinge = /* @__PURE__ */ loss<NoOptions>('squaredHinge')

/**
 * max(0, 1 + the largest wrong score − the right one), one-hot labels.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.categoricalHinge() })
 * ```
 */
export const categoricalHinge = /* @__PURE__ */ loss<NoOptions>('categoricalHinge')

/**
 * Sum of t log(t / y) over the last dimension.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.kullbackLeiblerDivergence() })
 * ```
 */
export const kullbackLeiblerDivergence = /* @__PURE__ */ loss<NoOptions>(
  'kullbackLeiblerDivergence',
)

/**
 * Mean of y − t log y.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.poisson() })
 * ```
 */
export const poisson = /* @__PURE__ */ loss<NoOptions>('poisson')

/**
 * Minus the cosine of the angle between y and t, over the last dimension.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.cosineSimilarity() })
 * ```
 */
export const cosineSimilarity = /* @__PURE__ */ loss<NoOptions>('cosineSimilarity')

/**
 * 1 − 2 sum(t y) / (sum(t) + sum(y)), over the whole batch: for masks.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.dice() })
 * ```
 */
export const dice = /* @__PURE__ */ loss<NoOptions>('dice')

/**
 * −log of the density of a mixture of normal distributions (Bishop, 1994). The output is
 * [weight logits, means, log standard deviations], `components` of each: 3 · components numbers for
 * targets `[n, 1]`. For targets `[n, d]` means and deviations are d numbers for each component.
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: 'adam', loss: fovea.losses.gaussianMixtureNLL({ components: 3 }) })
 * ```
 */
export const gaussianMixtureNLL = /* @__PURE__ */ loss<{ components: number }>('gaussianMixtureNLL')
