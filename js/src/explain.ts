// Everything under `fovea.explain`: which pixels an answer rests on.
// SPDX-License-Identifier: MIT
import { late } from './late.js'

export type { ExplainOptions } from './explain/question.js'
export type { GradCamOptions } from './explain/grad-cam.js'
export type { OcclusionOptions } from './explain/occlusion.js'
export type { SmoothGradOptions } from './explain/saliency.js'

/**
 * How strongly the score of a class depends on each pixel: the largest slope among its channels
 * (Simonyan, Vedaldi and Zisserman, 2013). The score is the number before softmax or sigmoid.
 *
 * @param model a model with one image as input
 * @param image `[h, w, channels]` or `[1, h, w, channels]`
 * @returns `[h, w]`, numbers of at least 0 without an upper bound
 * @throws FoveaError `bad-shape`, `bad-option`; `unsupported` where the input is no image
 * @example
 * ```ts
 * const map = await fovea.explain.saliency(model, digit, { classIndex: 3 })      // [28, 28]
 * ```
 */
export const saliency = /* @__PURE__ */ late('saliency')

/**
 * Saliency with less speckle: the mean of the slopes at many noisy copies of the image, then the
 * largest among the channels (Smilkov and others, 2017). The same seed gives the same map.
 *
 * @param model a model with one image as input
 * @param image `[h, w, channels]` or `[1, h, w, channels]`
 * @returns `[h, w]`, numbers of at least 0 without an upper bound
 * @throws FoveaError as {@link saliency}
 * @example
 * ```ts
 * const map = await fovea.explain.smoothGrad(model, digit, { samples: 50, noise: 0.2 })
 * ```
 */
export const smoothGrad = /* @__PURE__ */ late('smoothGrad')

/**
 * Where a convolutional layer sees evidence for a class (Selvaraju and others, 2017): its maps,
 * weighted by the mean slope of the class's score with respect to each, added up; what speaks
 * against the class counts 0.
 *
 * @param model a model with one image as input
 * @param image `[h, w, channels]` or `[1, h, w, channels]`
 * @returns `[h, w]`, enlarged bilinearly to the image's size unless `resize: false`; numbers of at
 * least 0 without an upper bound
 * @throws FoveaError as {@link saliency}; `bad-option` for a layer that has no maps
 * @example
 * ```ts
 * const map = await fovea.explain.gradCam(model, digit, { layer: 'conv2d_2', classIndex: 3 })
 * ```
 */
export const gradCam = /* @__PURE__ */ late('gradCam')

/**
 * How much an answer suffers when a part of the image is covered (Zeiler and Fergus, 2014): for
 * each pixel the mean fall of the class's probability over all patches that cover it.
 *
 * @param model a model with one image as input
 * @param image `[h, w, channels]` or `[1, h, w, channels]`
 * @returns `[h, w]`, from -1 (covering it makes the class certain) to 1; for outputs that are no
 * probabilities the fall of the output itself
 * @throws FoveaError as {@link saliency}
 * @example
 * ```ts
 * const map = await fovea.explain.occlusion(model, digit, { patchSize: 5, stride: 2, fill: 0 })
 * ```
 */
export const occlusion = /* @__PURE__ */ late('occlusion')
