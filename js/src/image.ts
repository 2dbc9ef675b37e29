// Everything under `fovea.image`.
// SPDX-License-Identifier: MIT
import { late } from './late.js'

export type { ConvolveOptions } from './image/convolve.js'

/**
 * Slides a kernel over an image, multiplies and adds (as in every network, without turning the
 * kernel around): computed by the engine's own convolution. Bytes count as the numbers from 0 to 1.
 *
 * A kernel `[kh, kw]` is applied to every channel by itself; `[kh, kw, channels]` adds the channels
 * up to one map; `[kh, kw, channels, filters]` gives a map for each filter.
 *
 * @param image `[h, w]`, `[h, w, channels]` or `[n, h, w, channels]`
 * @param kernel a tensor, for example one of {@link kernels}
 * @returns a tensor of as many dimensions as the image; each side is
 * floor((side + padding - dilation * (kernel - 1) - 1) / stride) + 1
 * @throws FoveaError `bad-shape` where kernel and image do not fit together, `bad-option`
 * @example
 * ```ts
 * const sharp = await fovea.image.convolve(photo, fovea.kernels.sharpen, { padding: 'same' })
 * ```
 */
export const convolve = /* @__PURE__ */ late('convolve')
