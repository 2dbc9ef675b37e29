// The networks of the lectures, each in one call.
// SPDX-License-Identifier: MIT
import { late } from './late.js'

export type { ZooOptions } from './zoo/base.js'
export type { CatClassifierOptions, MlpOptions } from './zoo/classic.js'
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

/**
 * LeNet's shape for 32x32 colour images in 10 classes: two 5x5 convolutions, each with a 2x2 max
 * pooling, then dense layers of 120, 84 and 10. 62,006 weights, relu, softmax at the end.
 *
 * @example
 * ```ts
 * const model = await fovea.zoo.lenetCifar({ seed: 1 })
 * await model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' })
 * ```
 */
export const lenetCifar = /* @__PURE__ */ late('lenetCifar')

/**
 * 28x28 digits: two 3x3 convolutions (32 and 64 filters), each with a 2x2 max pooling, a dense layer
 * of 1024, softmax over 10. 1,668,490 weights.
 *
 * @example
 * ```ts
 * const model = await fovea.zoo.kerasMnist({ seed: 1 })
 * await model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' })
 * ```
 */
export const kerasMnist = /* @__PURE__ */ late('kerasMnist')

/**
 * 28x28 digits: three 3x3 convolutions (16, 32 and 64 filters) with same padding, each with a 2x2 max
 * pooling, a dense layer of 128, dropout 0.5, 10 logits: train it with `fromLogits: true`.
 * 98,442 weights.
 *
 * @example
 * ```ts
 * const model = await fovea.zoo.torchMnist({ seed: 1 })
 * const loss = fovea.losses.sparseCategoricalCrossentropy({ fromLogits: true })
 * await model.compile({ optimizer: 'adam', loss, metrics: ['accuracy'] })
 * ```
 */
export const torchMnist = /* @__PURE__ */ late('torchMnist')

/**
 * One neuron with a sigmoid that sees a 28x28 image. 785 weights.
 *
 * @example
 * ```ts
 * const model = await fovea.zoo.logistic()
 * await model.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' })
 * ```
 */
export const logistic = /* @__PURE__ */ late('logistic')

/**
 * Ten neurons with a softmax that see a 28x28 image. 7,850 weights.
 *
 * @example
 * ```ts
 * const model = await fovea.zoo.softmaxRegression()
 * await model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' })
 * ```
 */
export const softmaxRegression = /* @__PURE__ */ late('softmaxRegression')

/**
 * The fully connected network that convolutional ones are compared with.
 *
 * @example
 * ```ts
 * const model = await fovea.zoo.mlp({ hidden: [128, 64] })
 * ```
 */
export const mlp = /* @__PURE__ */ late('mlp')

/**
 * Is it a cat? Convolutions with poolings, one hidden dense layer, one neuron with a sigmoid: train it
 * with `binaryCrossentropy`. 285,857 weights by default.
 *
 * @example
 * ```ts
 * const model = await fovea.zoo.catClassifier({ inputShape: [32, 32, 3], filters: [8, 16] })
 * await model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] })
 * ```
 */
export const catClassifier = /* @__PURE__ */ late('catClassifier')
