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

/**
 * `a + b + ...`: a residual connection. Source: He, Zhang, Ren and Sun (2016).
 *
 * @example
 * ```ts
 * const x = fovea.input({ shape: [8, 8, 4] })
 * const y = fovea.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same' }).apply(x)
 * const sum = fovea.layers.add().apply([x, y])
 * ```
 */
export const add = /* @__PURE__ */ withoutNeed<LayerOptions>('add')

/**
 * `a - b`, of two.
 *
 * @example
 * ```ts
 * const x = fovea.input({ shape: [8, 8, 4] })
 * const zero = fovea.layers.subtract().apply([x, x])
 * ```
 */
export const subtract = /* @__PURE__ */ withoutNeed<LayerOptions>('subtract')

/**
 * `a * b * ...`
 *
 * @example
 * ```ts
 * const x = fovea.input({ shape: [8, 8, 4] })
 * const square = fovea.layers.multiply().apply([x, x])
 * ```
 */
export const multiply = /* @__PURE__ */ withoutNeed<LayerOptions>('multiply')

/**
 * `(a + b + ...) / count`
 *
 * @example
 * ```ts
 * const x = fovea.input({ shape: [8, 8, 4] })
 * const same = fovea.layers.average().apply([x, x])
 * ```
 */
export const average = /* @__PURE__ */ withoutNeed<LayerOptions>('average')

/**
 * The largest of each place; the first of equals takes the gradient.
 *
 * @example
 * ```ts
 * const x = fovea.input({ shape: [8, 8, 4] })
 * const y = fovea.layers.activation({ activation: 'tanh' }).apply(x)
 * const larger = fovea.layers.maximum().apply([x, y])
 * ```
 */
export const maximum = /* @__PURE__ */ withoutNeed<LayerOptions>('maximum')

/**
 * The smallest of each place; the first of equals takes the gradient.
 *
 * @example
 * ```ts
 * const x = fovea.input({ shape: [8, 8, 4] })
 * const y = fovea.layers.activation({ activation: 'tanh' }).apply(x)
 * const smaller = fovea.layers.minimum().apply([x, y])
 * ```
 */
export const minimum = /* @__PURE__ */ withoutNeed<LayerOptions>('minimum')

/**
 * One behind the other: `[n, h, w, a]` and `[n, h, w, b]` to `[n, h, w, a + b]`.
 *
 * @example
 * ```ts
 * const x = fovea.input({ shape: [8, 8, 4] })
 * const wide = fovea.layers.conv2d({ filters: 6, kernelSize: 5, padding: 'same' }).apply(x)
 * const both = fovea.layers.concatenate().apply([x, wide]) // 4 + 6 channels
 * ```
 */
export const concatenate = /* @__PURE__ */ withoutNeed<ConcatenateOptions>('concatenate')
