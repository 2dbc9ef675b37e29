// The networks of the lectures, each in one call.
// SPDX-License-Identifier: MIT
import { late } from './late.js'

export type { ZooOptions } from './zoo/base.js'
export * from './zoo/classic.js'
export type { SteeringOptions } from './zoo/steering.js'
export type { InceptionOptions } from './zoo/inception.js'
export type { FcnOptions } from './zoo/fcn.js'
export type { AlexnetOptions } from './zoo/alexnet.js'

/**
 * AlexNet: five convolutions (11x11 with stride 4, 5x5, three 3x3), overlapping 3x3 max pooling, local
 * response normalisation, dense layers of 4096 with dropout. 62,378,344 weights, 60,965,224 with
 * `groups: 2`.
 *
 * @example
 * ```ts
 * const model = await fovea.zoo.alexnet({ inputShape: [67, 67, 3], classes: 10, units: 64 })
 * ```
 */
export const alexnet = /* @__PURE__ */ late('alexnet')

/**
 * A class for every pixel: `[n, h, w, channels]` to probabilities `[n, h, w, classes]`. Train it with
 * `sparseCategoricalCrossentropy` on labels `[n, h, w]`.
 *
 * @example
 * ```ts
 * const model = await fovea.zoo.fcn({ inputShape: [32, 32, 1], classes: 4, filters: [8, 16] })
 * ```
 */
export const fcn = /* @__PURE__ */ late('fcn')

/**
 * GoogLeNet: a stem, nine inception modules, global average pooling, dropout 0.4, softmax.
 * 6,998,552 weights with 1000 classes and no auxiliary heads.
 *
 * @example
 * ```ts
 * const model = await fovea.zoo.inception({ classes: 10, auxiliary: true })
 * const loss = 'sparseCategoricalCrossentropy'
 * await model.compile({ optimizer: 'sgd', loss, lossWeights: [1, 0.3, 0.3] })
 * ```
 */
export const inception = /* @__PURE__ */ late('inception')

/**
 * Image (and map) to the numbers of a mixture of Gaussians over one command: `[n, 3 * components]`,
 * the weights' logits, the means, the logarithms of the standard deviations. Train it with
 * `fovea.losses.gaussianMixtureNLL({ components })`, which is -log P(command | image, map).
 *
 * @example
 * ```ts
 * const model = await fovea.zoo.steering({ mapShape: [16, 16, 1], components: 2 })
 * const loss = fovea.losses.gaussianMixtureNLL({ components: 2 })
 * await model.compile({ optimizer: 'adam', loss })
 * ```
 */
export const steering = /* @__PURE__ */ late('steering')
