// Layers that read several tensors: `add().apply([a, b])`. Element by element sizes must be equal, or
// 1 in one of them, which is then repeated: `[n, 1, 1, c]` meets `[n, h, w, c]`.
// SPDX-License-Identifier: MIT
import { withoutNeed } from './base.js'
import type { LayerOptions } from './base.js'

/** Options of {@link concatenate}. */
export interface ConcatenateOptions extends LayerOptions {
  /** The dimension that grows; the batch is 0, negative ones count from the last. Default -1. */
  axis?: number
}

/** `a + b + ...`: a residual connection. Source: He, Zhang, Ren and Sun (2016). */
export const add = /* @__PURE__ */ withoutNeed<LayerOptions>('add')

/** `a - b`, of two. */
export const subtract = /* @__PURE__ */ withoutNeed<LayerOptions>('subtract')

/** `a * b * ...` */
export const multiply = /* @__PURE__ */ withoutNeed<LayerOptions>('multiply')

/** `(a + b + ...) / count` */
export const average = /* @__PURE__ */ withoutNeed<LayerOptions>('average')

/** The largest of each place; the first of equals takes the gradient. */
export const maximum = /* @__PURE__ */ withoutNeed<LayerOptions>('maximum')

/** The smallest of each place; the first of equals takes the gradient. */
export const minimum = /* @__PURE__ */ withoutNeed<LayerOptions>('minimum')

/** One behind the other: `[n, h, w, a]` and `[n, h, w, b]` to `[n, h, w, a + b]`. */
export const concatenate = /* @__PURE__ */ withoutNeed<ConcatenateOptions>('concatenate')
