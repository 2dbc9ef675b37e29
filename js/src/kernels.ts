// Small kernels with names, for `fovea.image.convolve`: three rows of three numbers each.
// SPDX-License-Identifier: MIT
import type { FloatTensor } from './tensor.js'

const kernel = (...values: number[]): FloatTensor => {
  return { data: Float32Array.from(values), shape: [3, 3] }
}

/**
 * The mean of nine pixels.
 *
 * @example
 * ```ts
 * const map = await fovea.image.convolve(photo, fovea.kernels.blur, { padding: 'same' })
 * ```
 */
export const blur = /* @__PURE__ */ kernel(...Array<number>(9).fill(1 / 9))

/**
 * Bright where a thin horizontal line is: -1 -1 -1 / 2 2 2 / -1 -1 -1.
 *
 * @example
 * ```ts
 * const map = await fovea.image.convolve(photo, fovea.kernels.horizontalLines, { padding: 'same' })
 * ```
 */
export const horizontalLines = /* @__PURE__ */ kernel(-1, -1, -1, 2, 2, 2, -1, -1, -1)

/**
 * Bright where a thin vertical line is: -1 2 -1 in every row.
 *
 * @example
 * ```ts
 * const map = await fovea.image.convolve(photo, fovea.kernels.verticalLines, { padding: 'same' })
 * ```
 */
export const verticalLines = /* @__PURE__ */ kernel(-1, 2, -1, -1, 2, -1, -1, 2, -1)

/**
 * Zero where all nine pixels are alike: 8 in the middle, -1 around it.
 *
 * @example
 * ```ts
 * const map = await fovea.image.convolve(photo, fovea.kernels.edgeDetection, { padding: 'same' })
 * ```
 */
export const edgeDetection = /* @__PURE__ */ kernel(-1, -1, -1, -1, 8, -1, -1, -1, -1)

/**
 * More of what differs from its four neighbours: 0 -1 0 / -1 5 -1 / 0 -1 0.
 *
 * @example
 * ```ts
 * const map = await fovea.image.convolve(photo, fovea.kernels.sharpen, { padding: 'same' })
 * ```
 */
export const sharpen = /* @__PURE__ */ kernel(0, -1, 0, -1, 5, -1, 0, -1, 0)

/**
 * More of what differs from its four corners: -1 0 -1 / 0 5 0 / -1 0 -1.
 *
 * @example
 * ```ts
 * const map = await fovea.image.convolve(photo, fovea.kernels.edgeEnhance, { padding: 'same' })
 * ```
 */
export const edgeEnhance = /* @__PURE__ */ kernel(-1, 0, -1, 0, 5, 0, -1, 0, -1)

/**
 * Light from the lower right: -2 -1 0 / -1 1 1 / 0 1 2.
 *
 * @example
 * ```ts
 * const map = await fovea.image.convolve(photo, fovea.kernels.emboss, { padding: 'same' })
 * ```
 */
export const emboss = /* @__PURE__ */ kernel(-2, -1, 0, -1, 1, 1, 0, 1, 2)

/**
 * From bright on the left to dark on the right: 1 0 -1 in every row.
 *
 * @example
 * ```ts
 * const map = await fovea.image.convolve(photo, fovea.kernels.verticalEdges, { padding: 'same' })
 * ```
 */
export const verticalEdges = /* @__PURE__ */ kernel(1, 0, -1, 1, 0, -1, 1, 0, -1)

/**
 * From bright above to dark below: 1 1 1 / 0 0 0 / -1 -1 -1.
 *
 * @example
 * ```ts
 * const map = await fovea.image.convolve(photo, fovea.kernels.horizontalEdges, { padding: 'same' })
 * ```
 */
export const horizontalEdges = /* @__PURE__ */ kernel(1, 1, 1, 0, 0, 0, -1, -1, -1)
