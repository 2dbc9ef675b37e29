// Pooling: windows that become one number, channel by channel.
// SPDX-License-Identifier: MIT
import { withoutNeed } from './base.js'
import type { ImageOptions, LayerOptions, Size2d } from './base.js'

/** Options of {@link maxPooling2d}, {@link averagePooling2d} and {@link sumPooling2d}. */
export interface Pooling2dOptions extends LayerOptions, ImageOptions {
  /** Height and width of the windows. Default 2. */
  poolSize?: Size2d
  /** Steps between windows. Default: the pool size. */
  strides?: Size2d
  /** `same`: as many windows as strides begin in the image. Default `valid`: windows inside only. */
  padding?: 'valid' | 'same'
}

/** Options of {@link globalAveragePooling2d} and {@link globalMaxPooling2d}. */
export interface GlobalPooling2dOptions extends LayerOptions, ImageOptions {
  /** `[n, 1, 1, c]` instead of `[n, c]`. Default false. */
  keepdims?: boolean
}

/**
 * The largest value of each window, channel by channel: `[n, h, w, c]` to `[n, h', w', c]`.
 *
 * @example
 * ```ts
 * fovea.layers.maxPooling2d({ poolSize: 3, strides: 2 }) // overlapping, as in AlexNet
 * ```
 */
export const maxPooling2d = /* @__PURE__ */ withoutNeed<Pooling2dOptions>('maxPooling2d')

/**
 * The mean of each window, channel by channel; padding is not counted.
 *
 * @example
 * ```ts
 * fovea.layers.averagePooling2d({ poolSize: 2 })
 * ```
 */
export const averagePooling2d = /* @__PURE__ */ withoutNeed<Pooling2dOptions>('averagePooling2d')

/**
 * The sum of each window, channel by channel; padding adds nothing.
 *
 * @example
 * ```ts
 * fovea.layers.sumPooling2d({ poolSize: [2, 4] })
 * ```
 */
export const sumPooling2d = /* @__PURE__ */ withoutNeed<Pooling2dOptions>('sumPooling2d')

/**
 * The mean of each channel: `[n, h, w, c]` to `[n, c]`. Source: Lin, Chen and Yan (2014).
 *
 * @example
 * ```ts
 * fovea.layers.globalAveragePooling2d()
 * ```
 */
export const globalAveragePooling2d =
  /* @__PURE__ */ withoutNeed<GlobalPooling2dOptions>('globalAveragePooling2d')

/**
 * The largest value of each channel: `[n, h, w, c]` to `[n, c]`.
 *
 * @example
 * ```ts
 * fovea.layers.globalMaxPooling2d({ keepdims: true })
 * ```
 */
export const globalMaxPooling2d =
  /* @__PURE__ */ withoutNeed<GlobalPooling2dOptions>('globalMaxPooling2d')
