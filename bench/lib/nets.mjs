// SPDX-License-Identifier: MIT
// The networks that are measured, as plain data that every contestant reads: zoo.lenetCifar (A),
// zoo.torchMnist (B), zoo.kerasMnist (C). Convolutions have relu and a bias, poolings are 2x2 max.
import { readFileSync } from 'node:fs'

export const kNets = JSON.parse(readFileSync(new URL('../nets.json', import.meta.url), 'utf8'))

/** Calls `visit(layer, [height, width, channels])` with the shape that each layer reads. */
export function walk(net, visit) {
  let [height, width, channels] = net.input
  for (const layer of net.layers) {
    visit(layer, [height, width, channels])
    if (layer.type === 'conv') {
      height += 2 * layer.pad - layer.size + 1
      width += 2 * layer.pad - layer.size + 1
      channels = layer.filters
    } else if (layer.type === 'pool') {
      height = Math.floor(height / 2)
      width = Math.floor(width / 2)
    } else if (layer.type === 'dense') {
      height = width = 1
      channels = layer.units
    }
  }
}

/** The products of each layer with weights for one image, and how many weights they are made with. */
function layersWithWeights(net) {
  const found = []
  walk(net, (layer, [height, width, channels]) => {
    const { size, pad, filters, units } = layer
    const edge = (length) => length + 2 * pad - size + 1
    if (layer.type === 'conv') {
      const weights = size * size * channels * filters
      found.push({ weights, products: edge(height) * edge(width) * weights })
    }
    if (layer.type === 'dense') {
      const weights = height * width * channels * units
      found.push({ weights, products: weights })
    }
  })
  return found
}

/** Numbers that a network reads for an image: its weights, without biases. */
export const weightsOf = (net) =>
  layersWithWeights(net).reduce((sum, { weights }) => sum + weights, 0)

/**
 * Floating-point operations per image, two for each multiply-add of convolutions and dense layers.
 * A training step is three forwards less the gradient of the images, which nobody needs.
 */
export function operations(net, phase) {
  const layers = layersWithWeights(net)
  const forward = layers.reduce((sum, { products }) => sum + products, 0)
  return 2 * (phase === 'train' ? 3 * forward - layers[0].products : forward)
}
