// Layers that change a tensor's shape, move or resize images, or scale numbers.
// SPDX-License-Identifier: MIT
import { withOptions, withoutNeed } from './base.js'
import type { ImageOptions, LayerOptions, Size2d } from './base.js'

/** Options of {@link reshape}. */
export interface ReshapeOptions extends LayerOptions {
  /** The new shape of one example, without the batch. One entry may be -1: what is left. */
  targetShape: readonly number[]
}

/** Options of {@link permute}. */
export interface PermuteOptions extends LayerOptions {
  /** The dimensions in their new order, counted from 1 without the batch: `[2, 1]`. */
  dims: readonly number[]
}

/** Rows and columns: a number for all sides, `[height, width]` or `[[top, bottom], [left, right]]`. */
export type Margins = Size2d | readonly [readonly [number, number], readonly [number, number]]

/** Options of {@link zeroPadding2d}. */
export interface ZeroPadding2dOptions extends LayerOptions, ImageOptions {
  /** Rows and columns of zeros on each side. Default 1. */
  padding?: Margins
}

/** Options of {@link cropping2d}. */
export interface Cropping2dOptions extends LayerOptions, ImageOptions {
  /** Rows and columns that are cut off on each side. Default 0. */
  cropping?: Margins
}

/** How pixels between pixels are made: the mean of four, weighted by nearness, or the nearest. */
export type Interpolation = 'bilinear' | 'nearest'

/** Options of {@link upSampling2d}. */
export interface UpSampling2dOptions extends LayerOptions, ImageOptions {
  /** What height and width are multiplied by. Default 2. */
  size?: Size2d
  /** Default `nearest`: every pixel is repeated. */
  interpolation?: Interpolation
}

/** Options of {@link resizing}. */
export interface ResizingOptions extends LayerOptions, ImageOptions {
  /** Rows of the output. */
  height: number
  /** Columns of the output. */
  width: number
  /** Default `bilinear`. */
  interpolation?: Interpolation
}

/** Options of {@link rescaling}. */
export interface RescalingOptions extends LayerOptions {
  /** What every value is multiplied by. */
  scale: number
  /** What is then added. Default 0. */
  offset?: number
}

/**
 * Every example as one row: `[n, h, w, c]` to `[n, h * w * c]`.
 *
 * @example
 * ```ts
 * fovea.layers.flatten()
 * ```
 */
export const flatten = /* @__PURE__ */ withoutNeed<LayerOptions & ImageOptions>('flatten')

/**
 * The same numbers in another shape.
 *
 * @example
 * ```ts
 * fovea.layers.reshape({ targetShape: [28, 28, 1], inputShape: [784] })
 * ```
 */
export const reshape = /* @__PURE__ */ withOptions<ReshapeOptions>('reshape')

/**
 * `x * scale + offset`. As first layer it gets pixels as they are, 0 to 255.
 *
 * @example
 * ```ts
 * fovea.layers.rescaling({ scale: 1 / 127.5, offset: -1, inputShape: [32, 32, 3] }) // -1 to 1
 * ```
 */
export const rescaling = /* @__PURE__ */ withOptions<RescalingOptions>('rescaling')

/**
 * Other order of the dimensions: with `dims: [2, 1]`, `[n, a, b]` to `[n, b, a]`.
 *
 * @example
 * ```ts
 * fovea.layers.permute({ dims: [3, 1, 2] }) // [n, h, w, c] to [n, c, h, w]
 * ```
 */
export const permute = /* @__PURE__ */ withOptions<PermuteOptions>('permute')

/**
 * A border of zeros: `[n, h, w, c]` to `[n, top + h + bottom, left + w + right, c]`.
 *
 * @example
 * ```ts
 * fovea.layers.zeroPadding2d({ padding: [[1, 0], [2, 2]] })
 * ```
 */
export const zeroPadding2d = /* @__PURE__ */ withoutNeed<ZeroPadding2dOptions>('zeroPadding2d')

/**
 * Cuts off a border: `[n, h, w, c]` to `[n, h - top - bottom, w - left - right, c]`.
 *
 * @example
 * ```ts
 * fovea.layers.cropping2d({ cropping: 2 })
 * ```
 */
export const cropping2d = /* @__PURE__ */ withoutNeed<Cropping2dOptions>('cropping2d')

/**
 * A larger image: `[n, h, w, c]` to `[n, h * size, w * size, c]`.
 *
 * @example
 * ```ts
 * fovea.layers.upSampling2d({ size: 2, interpolation: 'bilinear' })
 * ```
 */
export const upSampling2d = /* @__PURE__ */ withoutNeed<UpSampling2dOptions>('upSampling2d')

/**
 * An image of another size: `[n, h, w, c]` to `[n, height, width, c]`. Output pixel i looks at
 * `(i + 1/2) * input / output` (half-pixel centres); there is no smoothing when it shrinks.
 *
 * @example
 * ```ts
 * fovea.layers.resizing({ height: 32, width: 32, inputShape: [null, null, 3] })
 * ```
 */
export const resizing = /* @__PURE__ */ withOptions<ResizingOptions>('resizing')
