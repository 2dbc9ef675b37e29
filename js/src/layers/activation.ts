// Activations as layers of their own. Input and output have the same shape.
// SPDX-License-Identifier: MIT
import type { ActivationName } from '../activations.js'
import type { Constraint } from '../constraints.js'
import type { Initializer } from '../initializers.js'
import type { Regularizer } from '../regularizers.js'
import { withOptions, withoutNeed } from './base.js'
import type { LayerOptions } from './base.js'

/** Options of {@link activation}. */
export interface ActivationOptions extends LayerOptions {
  /** The function to apply. */
  activation: ActivationName
}

/** Options of {@link elu}. */
export interface EluOptions extends LayerOptions {
  /** What the output tends to far below zero, with its sign turned. Default 1. */
  alpha?: number
}

/** Options of {@link leakyReLU}. */
export interface LeakyReLUOptions extends LayerOptions {
  /** The slope below zero. Default 0.3 (as an activation by name it is 0.2). */
  negativeSlope?: number
}

/** Options of {@link prelu}. */
export interface PreluOptions extends LayerOptions {
  /** Dimensions along which one slope serves for all, the first after the batch being 1. */
  sharedAxes?: readonly number[]
  /** Default `zeros`. */
  alphaInitializer?: Initializer
  /** A price on the slopes. */
  alphaRegularizer?: Regularizer
  /** What the slopes must satisfy. */
  alphaConstraint?: Constraint
}

/** Options of {@link reLU}. */
export interface ReLUOptions extends LayerOptions {
  /** The largest output. Without it there is none. */
  maxValue?: number
  /** The slope below the threshold. Default 0. */
  negativeSlope?: number
  /** From here on the output is the input. Default 0. */
  threshold?: number
}

/** Options of {@link softmax}. */
export interface SoftmaxOptions extends LayerOptions {
  /** -1: the last dimension is the one that sums to 1. */
  axis?: number
}

/**
 * An activation as a layer of its own.
 *
 * @example
 * ```ts
 * fovea.layers.activation({ activation: 'gelu' })
 * ```
 */
export const activation = /* @__PURE__ */ withOptions<ActivationOptions>('activation')

/**
 * x above zero, alpha (exp(x) - 1) below. Clevert, Unterthiner and Hochreiter (2016).
 *
 * @example
 * ```ts
 * fovea.layers.elu({ alpha: 0.5 })
 * ```
 */
export const elu = /* @__PURE__ */ withoutNeed<EluOptions>('elu')

/**
 * x above zero, negativeSlope x below.
 *
 * @example
 * ```ts
 * fovea.layers.leakyReLU({ negativeSlope: 0.1 })
 * ```
 */
export const leakyReLU = /* @__PURE__ */ withoutNeed<LeakyReLUOptions>('leakyReLU')

/**
 * x above zero, alpha x below, with alphas that are learned. Weights: `alpha`, the shape of one
 * example with 1 in every shared dimension. He, Zhang, Ren and Sun (2015).
 *
 * @example
 * ```ts
 * fovea.layers.prelu({ sharedAxes: [1, 2] }) // one slope for each channel of an image
 * ```
 */
export const prelu = /* @__PURE__ */ withoutNeed<PreluOptions>('prelu')

/**
 * x from the threshold on, at most maxValue; negativeSlope (x - threshold) below.
 *
 * @example
 * ```ts
 * fovea.layers.reLU({ maxValue: 6 })
 * ```
 */
export const reLU = /* @__PURE__ */ withoutNeed<ReLUOptions>('reLU')

/**
 * exp(x) divided by the sum of exp(x) over the last dimension: probabilities.
 *
 * @example
 * ```ts
 * fovea.layers.softmax()
 * ```
 */
export const softmax = /* @__PURE__ */ withoutNeed<SoftmaxOptions>('softmax')
