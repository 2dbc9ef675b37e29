// From what a camera sees to a steering command, as a probability distribution: at a fork both left
// and right can be right, and their mean is wrong. Source of the mixture: Bishop, "Mixture density
// networks" (1994); the convolutions follow Bojarski and others, "End to end learning for self-driving
// cars" (2016), narrower.
// SPDX-License-Identifier: MIT
import { model } from '../create.js'
import { input } from '../graph.js'
import type { SymbolicTensor } from '../graph.js'
import * as layers from '../layers.js'
import type { Model } from '../model.js'
import { checkNames, wholeNumber } from '../options.js'
import type { ZooOptions } from './base.js'

/** Options of {@link steering}. */
export interface SteeringOptions extends ZooOptions {
  /** Shape of the camera's image. Default `[48, 64, 3]`. */
  imageShape?: readonly number[]
  /** Shape of a coarse map as second input, or null for none. Default null. */
  mapShape?: readonly number[] | null
  /** Gaussians in the mixture. Default 3. */
  components?: number
}

export async function steering(options: SteeringOptions = {}): Promise<Model> {
  checkNames('steering', options, ['imageShape', 'mapShape', 'components', 'seed', 'name'])
  const { imageShape = [48, 64, 3], mapShape = null, components = 3, ...rest } = options
  wholeNumber('steering', 'components', components, 1)
  const image = input({ shape: imageShape, name: 'image' })
  const inputs = [image]
  let x = layers.flatten().apply(look(image, [16, 24, 32]))
  if (mapShape !== null) {
    const map = input({ shape: mapShape, name: 'map' })
    inputs.push(map)
    x = layers.concatenate().apply([x, layers.flatten().apply(look(map, [8, 16]))])
  }
  x = layers.dense({ units: 64, activation: 'relu' }).apply(x)
  const y = layers.dense({ units: 3 * components, name: 'mixture' }).apply(x)
  return model({ name: 'steering', ...rest, inputs, outputs: y })
}

/** 3x3 convolutions that halve the size. */
function look(x: SymbolicTensor, filters: readonly number[]): SymbolicTensor {
  return filters.reduce(
    (seen, count) =>
      layers
        .conv2d({ filters: count, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' })
        .apply(seen),
    x,
  )
}
