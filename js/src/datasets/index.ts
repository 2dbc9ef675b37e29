// Everything under `fovea.datasets`.
// SPDX-License-Identifier: MIT
export { cifar10, fromCifar } from './cifar.js'
export type { CifarFiles, CifarOptions } from './cifar.js'
export { digits, fashionMnist, fromIdx, mnist } from './mnist.js'
export type { DigitsOptions, MnistOptions, SplitDataset } from './mnist.js'
export type { FileSource, MnistFiles, MnistSource } from './source.js'
export { split, summary } from './tools.js'
export type { DatasetSummary, SplitOptions } from './tools.js'
