// Layers that change every image by chance while a model trains, and pass images on otherwise. Images
// are `[n, h, w, c]` before and after. Where a range is asked for, a number f means from -f to f.
// Formulas: Keras 3.
// SPDX-License-Identifier: MIT
import { withOptions, withoutNeed } from './base.js'
import type { ImageOptions } from './base.js'
import type { RandomLayerOptions } from './noise.js'
import type { Interpolation } from './shape.js'

/** One number, or the two ends between which a number is drawn. */
export type Range = number | readonly [number, number]

/**
 * What lies beyond the edge of a row a b c d: `reflect` d c b a | a b c d | d c b a, `wrap` a b c d |
 * a b c d, `constant` the fill value, `nearest` a a a a | a b c d | d d d d.
 */
export type FillMode = 'reflect' | 'wrap' | 'constant' | 'nearest'

/** Options of {@link randomFlip}. */
export interface RandomFlipOptions extends RandomLayerOptions, ImageOptions {
  /** Default `horizontal_and_vertical`, each half of the time. */
  mode?: 'horizontal' | 'vertical' | 'horizontal_and_vertical' | 'horizontalAndVertical'
}

/** What layers take that read an image at other places. */
export interface SamplingOptions extends RandomLayerOptions, ImageOptions {
  /** Default `reflect`. */
  fillMode?: FillMode
  /** Default `bilinear`. */
  interpolation?: Interpolation
  /** What lies beyond the edge with `fillMode: 'constant'`. Default 0. */
  fillValue?: number
}

/** Options of {@link randomTranslation}. */
export interface RandomTranslationOptions extends SamplingOptions {
  /** Shift downwards, as a share of the height, from -1 to 1. */
  heightFactor: Range
  /** Shift to the right, as a share of the width, from -1 to 1. */
  widthFactor: Range
}

/** Options of {@link randomRotation}. */
export interface RandomRotationOptions extends SamplingOptions {
  /** Full turns anticlockwise, from -1 to 1: 0.25 is up to 90 degrees to either side. */
  factor: Range
}

/** Options of {@link randomZoom}. */
export interface RandomZoomOptions extends SamplingOptions {
  /** Above 0 the image shrinks in height, below it grows: 1 + factor rows come into one. */
  heightFactor: Range
  /** The same for the width. Default: the number drawn for the height, which keeps proportions. */
  widthFactor?: Range
}

/** What layers take that change an image's values. */
export interface ToneOptions extends RandomLayerOptions {
  /** The least and largest value; what leaves it is cut off. Default [0, 1] (Keras: [0, 255]). */
  valueRange?: readonly [number, number]
}

/** Options of {@link randomContrast}. */
export interface RandomContrastOptions extends ToneOptions {
  /** `[lower, upper]`: contrast from 1 - lower to 1 + upper; one number means both. From 0 to 1. */
  factor: Range
}

/** Options of {@link randomBrightness}. */
export interface RandomBrightnessOptions extends ToneOptions {
  /** What is added, as a share of the range of values, from -1 to 1. */
  factor: Range
}

/** Options of {@link randomErasing}. */
export interface RandomErasingOptions extends ToneOptions {
  /** Probability of erasing, itself drawn from a range; one number f means 0 to f. Default 1. */
  factor?: Range
  /** The patch's share of the area, from 0 to 1. Default [0.02, 0.33]. */
  scale?: Range
  /** What the patch is filled with. Default: N(0, 1) times the largest value, cut off at the range. */
  fillValue?: number
}

/**
 * Mirrors half of the images in each direction.
 *
 * @example
 * ```ts
 * fovea.layers.randomFlip({ mode: 'horizontal', inputShape: [32, 32, 3] })
 * ```
 */
export const randomFlip = /* @__PURE__ */ withoutNeed<RandomFlipOptions>('randomFlip')

/**
 * Moves images.
 *
 * @example
 * ```ts
 * fovea.layers.randomTranslation({ heightFactor: 0.1, widthFactor: 0.1 })
 * ```
 */
export const randomTranslation =
  /* @__PURE__ */ withOptions<RandomTranslationOptions>('randomTranslation')

/**
 * Turns images about their centre.
 *
 * @example
 * ```ts
 * fovea.layers.randomRotation({ factor: 0.05 }) // up to 18 degrees to either side
 * ```
 */
export const randomRotation = /* @__PURE__ */ withOptions<RandomRotationOptions>('randomRotation')

/**
 * Makes images larger or smaller about their centre.
 *
 * @example
 * ```ts
 * fovea.layers.randomZoom({ heightFactor: [-0.1, 0.1] })
 * ```
 */
export const randomZoom = /* @__PURE__ */ withOptions<RandomZoomOptions>('randomZoom')

/**
 * `(x - mean) * factor + mean`, the mean being that of the image's channel.
 *
 * @example
 * ```ts
 * fovea.layers.randomContrast({ factor: 0.2 })
 * ```
 */
export const randomContrast = /* @__PURE__ */ withOptions<RandomContrastOptions>('randomContrast')

/**
 * `x + factor * (high - low)`, one number for the whole image.
 *
 * @example
 * ```ts
 * fovea.layers.randomBrightness({ factor: 0.1 })
 * ```
 */
export const randomBrightness =
  /* @__PURE__ */ withOptions<RandomBrightnessOptions>('randomBrightness')

/**
 * Fills a patch of the image. Source: Zhong, Zheng, Kang, Li and Yang (2020).
 *
 * @example
 * ```ts
 * fovea.layers.randomErasing({ factor: [0.5, 0.5], scale: [0.02, 0.1] })
 * ```
 */
export const randomErasing = /* @__PURE__ */ withoutNeed<RandomErasingOptions>('randomErasing')
