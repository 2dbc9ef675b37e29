// Layers that change a tensor's shape, or scale its numbers.
// SPDX-License-Identifier: MIT
import { withOptions, withoutNeed } from './base.js'
import type { LayerOptions } from './base.js'

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

/** Every example as one row: `[n, h, w, c]` to `[n, h * w * c]`. */
export const flatten = /* @__PURE__ */ withoutNeed<LayerOptions>('flatten')

/** The same numbers in another shape. */
export const reshape = /* @__PURE__ */ withOptions<ReshapeOptions>('reshape')

/** `x * scale + offset`. As first layer it gets pixels as they are, 0 to 255. */
export const rescaling = /* @__PURE__ */ withOptions<RescalingOptions>('rescaling')
