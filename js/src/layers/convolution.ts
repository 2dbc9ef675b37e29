// Layers with a kernel: convolutions and dense.
// SPDX-License-Identifier: MIT
import type { ActivationName } from '../activations.js'
import type { Initializer } from '../initializers.js'
import { withOptions } from './base.js'
import type { LayerOptions, Padding, Size2d } from './base.js'

/** Options of {@link conv2d}. */
export interface Conv2dOptions extends LayerOptions {
  /** How many filters: the channels of the output. */
  filters: number
  /** Height and width of the filters. */
  kernelSize: Size2d
  /** Steps between windows. Default 1. */
  strides?: Size2d
  /** Default `valid`. */
  padding?: Padding
  /** Applied to the result. Default `linear`. */
  activation?: ActivationName
  /** Default true. */
  useBias?: boolean
  /** Default `glorotUniform`. */
  kernelInitializer?: Initializer
  /** Default `zeros`. */
  biasInitializer?: Initializer
}

/** Options of {@link dense}. */
export interface DenseOptions extends LayerOptions {
  /** How many neurons: the length of the output. */
  units: number
  /** Applied to the result. Default `linear`. */
  activation?: ActivationName
  /** Default true. */
  useBias?: boolean
  /** Default `glorotUniform`. */
  kernelInitializer?: Initializer
  /** Default `zeros`. */
  biasInitializer?: Initializer
}

/**
 * Filters that slide over an image: `[n, h, w, channels]` to `[n, h', w', filters]`.
 * Weights: `kernel` `[height, width, channels, filters]` and `bias` `[filters]`.
 *
 * @example
 * ```ts
 * fovea.layers.conv2d({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' })
 * ```
 */
export const conv2d = /* @__PURE__ */ withOptions<Conv2dOptions>('conv2d')

/**
 * Neurons that see the whole input: `[n, inputs]` to `[n, units]`.
 * Weights: `kernel` `[inputs, units]` and `bias` `[units]`.
 */
export const dense = /* @__PURE__ */ withOptions<DenseOptions>('dense')
