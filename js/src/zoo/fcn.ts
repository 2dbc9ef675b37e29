// A fully convolutional network for segmentation. Source: Long, Shelhamer and Darrell, "Fully
// convolutional networks for semantic segmentation" (2015): no dense layer, so any size goes in;
// up-sampling is learned, and finer maps are added on the way back up.
// SPDX-License-Identifier: MIT
import { model } from '../create.js'
import { input } from '../graph.js'
import type { SymbolicTensor } from '../graph.js'
import * as layers from '../layers.js'
import type { Model } from '../model.js'
import { checkNames, wholeNumber } from '../options.js'
import type { ZooOptions } from './base.js'

/** Options of {@link fcn}. */
export interface FcnOptions extends ZooOptions {
  /** Shape of one picture; sizes divisible by 2 for each entry of `filters`. Default `[64, 64, 3]`. */
  inputShape?: readonly number[]
  /** Classes of a pixel. Default 2. */
  classes?: number
  /** Filters on the way down; the size halves after each. Default `[16, 32, 64]`. */
  filters?: readonly number[]
}

export async function fcn(options: FcnOptions = {}): Promise<Model> {
  checkNames('fcn', options, ['inputShape', 'classes', 'filters', 'seed', 'name'])
  const { inputShape = [64, 64, 3], classes = 2, filters = [16, 32, 64], ...rest } = options
  wholeNumber('fcn', 'classes', classes, 2)
  const convolve = (x: SymbolicTensor, count: number): SymbolicTensor =>
    layers.conv2d({ filters: count, kernelSize: 3, padding: 'same', activation: 'relu' }).apply(x)
  const image = input({ shape: inputShape })
  const finer: SymbolicTensor[] = []
  let x = image
  for (const count of filters) {
    x = convolve(x, count)
    finer.push(x)
    x = layers.maxPooling2d({ poolSize: 2 }).apply(x)
  }
  x = convolve(x, 2 * (filters.at(-1) ?? 16))
  for (const count of [...filters].reverse()) {
    x = layers
      .conv2dTranspose({ filters: count, kernelSize: 2, strides: 2, activation: 'relu' })
      .apply(x)
    x = convolve(layers.add().apply([x, finer.pop() as SymbolicTensor]), count)
  }
  const y = layers.conv2d({ filters: classes, kernelSize: 1, activation: 'softmax' }).apply(x)
  return model({ name: 'fcn', ...rest, inputs: image, outputs: y })
}
