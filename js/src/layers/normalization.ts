// Layers that bring numbers to mean 0 and variance 1, or hold neighbours in check. Input and output
// have the same shape.
// SPDX-License-Identifier: MIT
import type { Constraint } from '../constraints.js'
import type { Initializer } from '../initializers.js'
import type { Regularizer } from '../regularizers.js'
import { withOptions, withoutNeed } from './base.js'
import type { LayerOptions } from './base.js'

/** What is done after normalising: times `gamma`, plus `beta`. */
interface ScaleOffsetOptions extends LayerOptions {
  /** Added to the variance, so that nothing is divided by zero. Default 1e-3. */
  epsilon?: number
  /** With the weight `beta`. Default true. */
  center?: boolean
  /** With the weight `gamma`. Default true. */
  scale?: boolean
  /** Default `zeros`. */
  betaInitializer?: Initializer
  /** A price on `beta`, added to the loss. */
  betaRegularizer?: Regularizer
  /** What `beta` must satisfy after every update. */
  betaConstraint?: Constraint
  /** Default `ones`. */
  gammaInitializer?: Initializer
  /** A price on `gamma`, added to the loss. */
  gammaRegularizer?: Regularizer
  /** What `gamma` must satisfy after every update. */
  gammaConstraint?: Constraint
}

/** Options of {@link batchNormalization}. */
export interface BatchNormalizationOptions extends ScaleOffsetOptions {
  /** -1: the last dimension holds the channels. */
  axis?: number
  /** How much the moving averages keep of themselves in a step. Default 0.99. */
  momentum?: number
  /** Default `zeros`. */
  movingMeanInitializer?: Initializer
  /** Default `ones`. */
  movingVarianceInitializer?: Initializer
}

/** Options of {@link layerNormalization}. */
export interface LayerNormalizationOptions extends ScaleOffsetOptions {
  /** The last dimension, or the last ones: `[-2, -1]`. Default -1. */
  axis?: number | readonly number[]
}

/** Options of {@link groupNormalization}. */
export interface GroupNormalizationOptions extends ScaleOffsetOptions {
  /** -1: the last dimension holds the channels. */
  axis?: number
  /** How many groups the channels form; -1 for one each (instance normalisation). Default 32. */
  groups?: number
}

/** Options of {@link localResponseNormalization}. */
export interface LocalResponseNormalizationOptions extends LayerOptions {
  /** How many neighbouring channels, an odd number. Default 5. */
  size?: number
  /** Neighbours on either side, in place of `size`. */
  depthRadius?: number
  /** Default 2. */
  k?: number
  /** TensorFlow's word for `k`, in place of it. */
  bias?: number
  /** Times the sum of squares; not divided by `size` as in PyTorch. Default 1e-4. */
  alpha?: number
  /** Default 0.75. */
  beta?: number
}

/** Options of {@link normalization}. */
export interface NormalizationOptions extends LayerOptions {
  /** Of the data: one number, or one for each channel. */
  mean: number | readonly number[]
  /** Of the data: one number, or one for each channel. */
  variance: number | readonly number[]
  /** -1: the last dimension holds the channels. */
  axis?: number
}

/**
 * `(x - mean) / sqrt(variance + epsilon) * gamma + beta` for each channel. In training mean and
 * variance are the batch's; in inference, and while the layer is frozen, moving averages.
 * Weights: `gamma`, `beta`, `moving_mean`, `moving_variance`, each `[channels]`.
 * Ioffe and Szegedy (2015).
 *
 * @example
 * ```ts
 * fovea.layers.batchNormalization({ momentum: 0.9 })
 * ```
 */
export const batchNormalization =
  /* @__PURE__ */ withoutNeed<BatchNormalizationOptions>('batchNormalization')

/**
 * The same formula with mean and variance over the last dimensions of every example.
 * Weights: `gamma` and `beta` of the shape of these dimensions. Ba, Kiros and Hinton (2016).
 *
 * @example
 * ```ts
 * fovea.layers.layerNormalization({ axis: -1 })
 * ```
 */
export const layerNormalization =
  /* @__PURE__ */ withoutNeed<LayerNormalizationOptions>('layerNormalization')

/**
 * The same formula with mean and variance over groups of channels and all pixels of every example.
 * Weights: `gamma` and `beta`, each `[channels]`. Wu and He (2018).
 *
 * @example
 * ```ts
 * fovea.layers.groupNormalization({ groups: 4 })
 * ```
 */
export const groupNormalization =
  /* @__PURE__ */ withoutNeed<GroupNormalizationOptions>('groupNormalization')

/**
 * x divided by (k + alpha * sum of squares over `size` neighbouring channels)^beta.
 * Krizhevsky, Sutskever and Hinton (2012).
 *
 * @example
 * ```ts
 * fovea.layers.localResponseNormalization({ size: 5, k: 2 }) // AlexNet
 * ```
 */
export const localResponseNormalization =
  /* @__PURE__ */ withoutNeed<LocalResponseNormalizationOptions>('localResponseNormalization')

/**
 * (x - mean) / sqrt(variance) with numbers that are given. As first layer it gets pixels as they
 * are, 0 to 255.
 *
 * @example
 * ```ts
 * fovea.layers.normalization({ mean: 33.3, variance: 6167 }) // MNIST
 * ```
 */
export const normalization = /* @__PURE__ */ withOptions<NormalizationOptions>('normalization')
