// Layers with a kernel: convolutions and dense.
// SPDX-License-Identifier: MIT
import type { ActivationName } from '../activations.js'
import type { Constraint } from '../constraints.js'
import type { Initializer } from '../initializers.js'
import type { Regularizer } from '../regularizers.js'
import { withOptions } from './base.js'
import type { ImageOptions, LayerOptions, Padding, Size2d } from './base.js'

/** What happens to the sums of a layer, and their bias. */
interface OutputOptions extends LayerOptions {
  /** Applied to the result. Default `linear`. */
  activation?: ActivationName
  /** A price on the output, added to the loss. */
  activityRegularizer?: Regularizer
  /** Default true. */
  useBias?: boolean
  /** Default `zeros`. */
  biasInitializer?: Initializer
  /** A price on the bias, added to the loss. */
  biasRegularizer?: Regularizer
  /** What the bias must satisfy after every update. */
  biasConstraint?: Constraint
}

/** The initial values of `kernel`, its price and what it must satisfy. */
interface KernelOptions {
  /** Default `glorotUniform`. */
  kernelInitializer?: Initializer
  /** A price on the weights, added to the loss. */
  kernelRegularizer?: Regularizer
  /** What the weights must satisfy after every update. */
  kernelConstraint?: Constraint
}

/** A window that slides over an image. */
interface WindowOptions extends OutputOptions, ImageOptions {
  /** Height and width of the filters. */
  kernelSize: Size2d
  /** Steps between windows. Default 1. */
  strides?: Size2d
  /** Default `valid`. */
  padding?: Padding
  /** Steps between the taps of a filter. Default 1. */
  dilationRate?: Size2d
}

/** Options of {@link conv2d}. */
export interface Conv2dOptions extends WindowOptions, KernelOptions {
  /** How many filters: the channels of the output. */
  filters: number
  /** Channels and filters in so many groups; a filter sees its own group only. Default 1. */
  groups?: number
}

/** Options of {@link conv2dTranspose}. */
export interface Conv2dTransposeOptions extends WindowOptions, KernelOptions {
  /** How many filters: the channels of the output. */
  filters: number
  /** Rows and columns added at the bottom and right, less than the strides. */
  outputPadding?: Size2d
}

/** Options of {@link depthwiseConv2d}. */
export interface DepthwiseConv2dOptions extends WindowOptions {
  /** Filters for each channel. Default 1. */
  depthMultiplier?: number
  /** Default `glorotUniform`. */
  depthwiseInitializer?: Initializer
  /** A price on the filters. */
  depthwiseRegularizer?: Regularizer
  /** What the filters must satisfy. */
  depthwiseConstraint?: Constraint
}

/** Options of {@link separableConv2d}. */
export interface SeparableConv2dOptions extends DepthwiseConv2dOptions {
  /** How many filters: the channels of the output. */
  filters: number
  /** Default `glorotUniform`. */
  pointwiseInitializer?: Initializer
  /** A price on the weights that mix channels. */
  pointwiseRegularizer?: Regularizer
  /** What these weights must satisfy. */
  pointwiseConstraint?: Constraint
}

/** Options of {@link dense}. */
export interface DenseOptions extends OutputOptions, KernelOptions {
  /** How many neurons: the length of the output. */
  units: number
}

/**
 * Filters that slide over an image: `[n, h, w, channels]` to `[n, h', w', filters]`.
 * Weights: `kernel` `[height, width, channels / groups, filters]` and `bias` `[filters]`.
 *
 * @example
 * ```ts
 * fovea.layers.conv2d({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' })
 * ```
 */
export const conv2d = /* @__PURE__ */ withOptions<Conv2dOptions>('conv2d')

/**
 * A convolution turned around: every pixel stamps its filters onto a larger image,
 * `[n, h, w, channels]` to `[n, h * stride, w * stride, filters]` with padding `same`,
 * `(h - 1) * stride + kernel` (at least h * stride) with `valid`.
 * Weights: `kernel` `[height, width, filters, channels]` and `bias` `[filters]`.
 *
 * @example
 * ```ts
 * fovea.layers.conv2dTranspose({ filters: 8, kernelSize: 3, strides: 2, padding: 'same' })
 * ```
 */
export const conv2dTranspose =
  /* @__PURE__ */ withOptions<Conv2dTransposeOptions>('conv2dTranspose')

/**
 * Filters for each channel by itself: `[n, h, w, channels]` to
 * `[n, h', w', channels * depthMultiplier]`.
 * Weights: `kernel` `[height, width, channels, depthMultiplier]` and `bias`.
 *
 * @example
 * ```ts
 * fovea.layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', depthMultiplier: 2 })
 * ```
 */
export const depthwiseConv2d =
  /* @__PURE__ */ withOptions<DepthwiseConv2dOptions>('depthwiseConv2d')

/**
 * Depthwise filters, then a 1x1 convolution that mixes their outputs: `[n, h, w, channels]` to
 * `[n, h', w', filters]`. Weights: `depthwise_kernel`
 * `[height, width, channels, depthMultiplier]`, `pointwise_kernel`
 * `[1, 1, channels * depthMultiplier, filters]` and `bias` `[filters]`.
 *
 * @example
 * ```ts
 * fovea.layers.separableConv2d({ filters: 32, kernelSize: 3, activation: 'relu' })
 * ```
 */
export const separableConv2d =
  /* @__PURE__ */ withOptions<SeparableConv2dOptions>('separableConv2d')

/**
 * Neurons that see the whole input: `[n, inputs]` to `[n, units]`.
 * Weights: `kernel` `[inputs, units]` and `bias` `[units]`.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, activation: 'softmax' })
 * ```
 */
export const dense = /* @__PURE__ */ withOptions<DenseOptions>('dense')
