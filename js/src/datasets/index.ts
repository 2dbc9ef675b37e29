// Everything under `fovea.datasets`.
// SPDX-License-Identifier: MIT
import { late } from '../late.js'

export type { CifarFiles, CifarOptions } from './cifar.js'
export type { FromImagesOptions } from './images.js'
export type { DigitsOptions, MnistOptions, SplitDataset } from './mnist.js'
export type { FileSource, MnistFiles, MnistSource } from './source.js'
export { split, summary } from './tools.js'
export type { DatasetSummary, SplitOptions } from './tools.js'

/**
 * The 10,000 handwritten digits that come with Fovea: 9,000 to train and 1,000 to test, 28x28 bytes,
 * white on black. They are the first 10,000 of MNIST's training images in a fixed random order.
 *
 * @throws FoveaError `bad-file` when the files cannot be read
 * @example
 * ```ts
 * const { train, test } = await fovea.datasets.digits()
 * train.images.shape      // [9000, 28, 28, 1]
 * ```
 */
export const digits = /* @__PURE__ */ late('digits')

/**
 * MNIST: 60,000 digits to train and 10,000 to test, from its four IDX files, gzipped or not.
 *
 * @throws FoveaError `bad-option` without a source, `bad-file` for a damaged file
 * @example
 * ```ts
 * const { train, test } = await fovea.datasets.mnist({ source: 'data/mnist' })
 * ```
 */
export const mnist = /* @__PURE__ */ late('mnist')

/**
 * Fashion-MNIST: 60,000 pictures of clothes to train and 10,000 to test, in the format of MNIST.
 *
 * @throws FoveaError `bad-option` without a source, `bad-file` for a damaged file
 * @example
 * ```ts
 * const { train, test } = await fovea.datasets.fashionMnist({ source: 'data/fashion' })
 * ```
 */
export const fashionMnist = /* @__PURE__ */ late('fashionMnist')

/**
 * A data set from two IDX files, gzipped or not.
 *
 * @param images `[n, height, width]` bytes
 * @param labels `[n]` bytes
 * @throws FoveaError `bad-file` when a file is damaged or the two do not belong together
 * @example
 * ```ts
 * const set = await fovea.datasets.fromIdx(imagesFile, labelsFile)
 * ```
 */
export const fromIdx = /* @__PURE__ */ late('fromIdx')

/**
 * CIFAR-10: photographs of 32x32 pixels in ten classes, 10,000 in each of its files.
 *
 * @throws FoveaError `bad-option` without a source, `bad-file` for a missing or damaged file
 * @example
 * ```ts
 * const { train, test } = await fovea.datasets.cifar10({ source: 'data/cifar10' })
 * train.images.shape      // [50000, 32, 32, 3] with all five files
 * ```
 */
export const cifar10 = /* @__PURE__ */ late('cifar10')

/**
 * A data set from one file in CIFAR-10's binary format, gzipped or not.
 *
 * @returns images `[n, 32, 32, 3]`
 * @throws FoveaError `bad-file` when it is damaged
 * @example
 * ```ts
 * const set = await fovea.datasets.fromCifar(file)
 * ```
 */
export const fromCifar = /* @__PURE__ */ late('fromCifar')

/**
 * A data set from picture files, in a browser: picked files or URLs, and a label for each.
 *
 * @param sources `File`s, URLs or bytes of pictures that the browser can show
 * @param labels class numbers, or names, which become `classNames`
 * @returns images `[n, height, width, channels]`
 * @throws FoveaError `bad-file` for a picture that cannot be read, `bad-shape` where sizes differ and no
 * `size` is given, `unsupported` in Node
 * @example
 * ```ts
 * const set = await fovea.datasets.fromImages(files, ['cat', 'dog', 'cat'], { size: 64 })
 * ```
 */
export const fromImages = /* @__PURE__ */ late('fromImages')
