// Layers that do something only while a model trains: dropout and noise. Otherwise they pass their
// input on. The shape stays as it is.
// SPDX-License-Identifier: MIT
import { withOptions } from './base.js'
import type { ImageOptions, LayerOptions } from './base.js'

/** What layers of chance take. */
export interface RandomLayerOptions extends LayerOptions {
  /** Fixes the layer's random numbers. Default: the model's seed decides. */
  seed?: number
}

/** Options of {@link dropout}, {@link spatialDropout2d} and {@link gaussianDropout}. */
export interface DropoutOptions extends RandomLayerOptions {
  /** The share of the inputs that is set to zero in training, from 0 up to but not 1. */
  rate: number
}

/** Options of {@link gaussianNoise}. */
export interface GaussianNoiseOptions extends RandomLayerOptions {
  /** Standard deviation of the noise. */
  stddev: number
}

/**
 * Sets a share of its inputs to zero in training and scales the rest up; else passes them on.
 *
 * @example
 * ```ts
 * fovea.layers.dropout({ rate: 0.5 })
 * ```
 */
export const dropout = /* @__PURE__ */ withOptions<DropoutOptions>('dropout')

/**
 * Sets whole feature maps of `[n, h, w, c]` to zero in training and scales the others up. Source:
 * Tompson, Goroshin, Jain, LeCun and Bregler (2015).
 *
 * @example
 * ```ts
 * fovea.layers.spatialDropout2d({ rate: 0.2 })
 * ```
 */
export const spatialDropout2d = /* @__PURE__ */ withOptions<DropoutOptions & ImageOptions>(
  'spatialDropout2d',
)

/**
 * `x + N(0, stddev^2)` in training.
 *
 * @example
 * ```ts
 * fovea.layers.gaussianNoise({ stddev: 0.1 })
 * ```
 */
export const gaussianNoise = /* @__PURE__ */ withOptions<GaussianNoiseOptions>('gaussianNoise')

/**
 * `x * N(1, rate / (1 - rate))` in training. Source: Srivastava et al. (2014).
 *
 * @example
 * ```ts
 * fovea.layers.gaussianDropout({ rate: 0.3 })
 * ```
 */
export const gaussianDropout = /* @__PURE__ */ withOptions<DropoutOptions>('gaussianDropout')
