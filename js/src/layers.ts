// The layers: typed options in, a plain descriptor out. Nothing here touches the engine, and no
// default stands here: the engine fills in what is left out, and knows what is allowed.
// SPDX-License-Identifier: MIT
import type { ActivationName } from './activations.js'
import { Layer } from './graph.js'
import type { Initializer } from './initializers.js'

/** What every layer takes. */
export interface LayerOptions {
  /** Name in the model; `conv2d_1`, `conv2d_2`, ... when left out. */
  name?: string
  /** Shape of one example, without the batch: `[28, 28, 1]`. The first layer of a sequential model. */
  inputShape?: readonly number[]
  /** Whether training changes the layer's weights. Default true. */
  trainable?: boolean
}

/** `valid`, `same`, one number for every side, or `[[top, bottom], [left, right]]`. */
export type Padding =
  'valid' | 'same' | number | readonly [readonly [number, number], readonly [number, number]]

/** One number for both directions, or `[height, width]`. */
export type Size2d = number | readonly [number, number]

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

/** Options of {@link maxPooling2d} and {@link averagePooling2d}. */
export interface Pooling2dOptions extends LayerOptions {
  /** Height and width of the windows. Default 2. */
  poolSize?: Size2d
  /** Steps between windows. Default: the pool size. */
  strides?: Size2d
  /** Default `valid`. */
  padding?: Padding
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

/** Options of {@link dropout}. */
export interface DropoutOptions extends LayerOptions {
  /** The share of the inputs that is set to zero in training, from 0 up to but not 1. */
  rate: number
}

/** Options of {@link activation}. */
export interface ActivationOptions extends LayerOptions {
  /** The function to apply. */
  activation: ActivationName
}

/** Options of {@link reshape}. */
export interface ReshapeOptions extends LayerOptions {
  /** The new shape of one example, without the batch. One entry may be -1: what is left. */
  targetShape: readonly number[]
}

/** Options of {@link rescaling}. */
export interface RescalingOptions extends LayerOptions {
  /** What every value is multiplied by. */
  scale: number
  /** What is then added. Default 0. */
  offset?: number
}

const withOptions = <Options extends LayerOptions>(type: string) => {
  return (options: Options): Layer => new Layer(type, { ...options })
}
const withoutNeed = <Options extends LayerOptions>(type: string) => {
  return (options?: Options): Layer => new Layer(type, { ...options })
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

/** The largest value of each window, channel by channel: `[n, h, w, c]` to `[n, h', w', c]`. */
export const maxPooling2d = /* @__PURE__ */ withoutNeed<Pooling2dOptions>('maxPooling2d')

/** The mean of each window, channel by channel; padding is not counted. */
export const averagePooling2d = /* @__PURE__ */ withoutNeed<Pooling2dOptions>('averagePooling2d')

/** Every example as one row: `[n, h, w, c]` to `[n, h * w * c]`. */
export const flatten = /* @__PURE__ */ withoutNeed<LayerOptions>('flatten')

/**
 * Neurons that see the whole input: `[n, inputs]` to `[n, units]`.
 * Weights: `kernel` `[inputs, units]` and `bias` `[units]`.
 */
export const dense = /* @__PURE__ */ withOptions<DenseOptions>('dense')

/** Sets a share of its inputs to zero in training and scales the rest up; else passes them on. */
export const dropout = /* @__PURE__ */ withOptions<DropoutOptions>('dropout')

/** An activation as a layer of its own. */
export const activation = /* @__PURE__ */ withOptions<ActivationOptions>('activation')

/** The same numbers in another shape. */
export const reshape = /* @__PURE__ */ withOptions<ReshapeOptions>('reshape')

/** `x * scale + offset`. As first layer it gets pixels as they are, 0 to 255. */
export const rescaling = /* @__PURE__ */ withOptions<RescalingOptions>('rescaling')
