// What all layer descriptors share: common options, and how a factory is made. Nothing here touches
// the engine, and no default stands here: the engine fills in what is left out, and knows what is
// allowed.
// SPDX-License-Identifier: MIT
import { Layer } from '../graph.js'

/** What every layer takes. */
export interface LayerOptions {
  /** Name in the model; `conv2d_1`, `conv2d_2`, ... when left out. */
  name?: string
  /**
   * Shape of one example, without the batch: `[28, 28, 1]`. The first layer of a sequential model. A
   * height or width of null can be any, another one in each call.
   */
  inputShape?: readonly (number | null)[]
  /** Whether training changes the layer's weights. Default true. */
  trainable?: boolean
}

/** What layers of images take. */
export interface ImageOptions {
  /**
   * How the images lie that the layer reads and writes: `channelsFirst` is `[n, channels, height,
   * width]`. Inside a model images are channels-last; they are turned where they enter and leave it.
   * Default `channelsLast`.
   */
  dataFormat?: 'channelsLast' | 'channelsFirst'
}

/** `valid`, `same`, one number for every side, or `[[top, bottom], [left, right]]`. */
export type Padding =
  'valid' | 'same' | number | readonly [readonly [number, number], readonly [number, number]]

/** One number for both directions, or `[height, width]`. */
export type Size2d = number | readonly [number, number]

/** A factory for a layer with options that cannot be left out. */
export const withOptions = <Options extends LayerOptions>(type: string) => {
  return (options: Options): Layer => new Layer(type, { ...options })
}
/** A factory for a layer whose options can all be left out. */
export const withoutNeed = <Options extends LayerOptions>(type: string) => {
  return (options?: Options): Layer => new Layer(type, { ...options })
}
