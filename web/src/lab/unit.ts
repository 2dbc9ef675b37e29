// SPDX-License-Identifier: MIT
// One number of a layer's output, opened: the window it sees, the weights it is multiplied with, their
// products and their sum. Layouts are the library's: maps [height, width, channels], kernels
// [height, width, in, out], dense weights [in, out].
import type { NamedTensor } from 'fovea'
import type { Unit } from './gaze.svelte.js'
import type { LayerMaps } from './maps.svelte.js'
import type { LayerInfo } from './network.js'

/** Where a unit looks, in the layer before; it may reach over the edge, where zeros are. */
export interface Window {
  top: number
  left: number
  height: number
  width: number
  /** Distance of two neighbours in it. */
  dilation: number
}

export interface ConvUnit {
  window: Window
  /** Maps that come in. */
  channels: number
  /** [height, width, channels] of the window. */
  values: Float32Array
  weights: Float32Array
  /** What each map that comes in adds. */
  sums: Float32Array
  bias: number
  /** All products and the bias: what the activation is applied to. */
  total: number
}

export interface PoolUnit {
  window: Window
  /** [height, width] of the window; NaN beyond the edge. */
  values: Float32Array
  result: number
}

export interface DenseUnit {
  /** The largest products by size, then the rest together. */
  largest: { index: number; value: number; weight: number; product: number }[]
  rest: number
  count: number
  bias: number
  total: number
}

const pair = (value: unknown, usual: number): [number, number] => {
  if (Array.isArray(value)) return [Number(value[0]), Number(value[1] ?? value[0])]
  return value === undefined ? [usual, usual] : [Number(value), Number(value)]
}

/** Padding before the first row and column, as Keras defines `same`: what is odd goes to the end. */
function paddingBefore(
  padding: unknown,
  size: number,
  kernel: number,
  stride: number,
  side: 0 | 1,
): number {
  if (padding === 'same') {
    const needed = (Math.ceil(size / stride) - 1) * stride + kernel - size
    return Math.max(0, Math.floor(needed / 2))
  }
  if (Array.isArray(padding)) {
    const one: unknown = padding[side]
    return Number(Array.isArray(one) ? one[0] : one)
  }
  return typeof padding === 'number' ? padding : 0
}

/** The window that a unit of a convolution or pooling sees. */
export function windowOf(layer: LayerInfo, input: LayerMaps, unit: Unit): Window {
  const { config } = layer
  const [height, width] = pair(config['kernelSize'] ?? config['poolSize'], 1)
  const [down, right] = pair(config['strides'], 1)
  const [dilation] = pair(config['dilationRate'], 1)
  const span = (size: number): number => (size - 1) * dilation + 1
  const [rows = 1, columns = 1] = input.shape
  return {
    top: unit.y * down - paddingBefore(config['padding'], rows, span(height), down, 0),
    left: unit.x * right - paddingBefore(config['padding'], columns, span(width), right, 1),
    height,
    width,
    dilation,
  }
}

/** The number at a place of a map; `beyond` where there is none. */
function at(input: LayerMaps, y: number, x: number, channel: number, beyond: number): number {
  const [rows = 1, columns = 1, channels = 1] = input.shape
  const inside = y >= 0 && x >= 0 && y < rows && x < columns
  return inside ? (input.data[(y * columns + x) * channels + channel] ?? 0) : beyond
}

export function openConv(
  layer: LayerInfo,
  input: LayerMaps,
  kernel: NamedTensor,
  bias: NamedTensor | undefined,
  unit: Unit,
): ConvUnit {
  const window = windowOf(layer, input, unit)
  const depthwise = layer.type === 'depthwiseConv2d'
  const [, , inputs = 1, outputs = 1] = kernel.shape
  const channels = depthwise ? 1 : inputs
  // With groups a filter sees only its group's maps; depthwise, only its own.
  const groups = depthwise ? inputs : Number(layer.config['groups'] ?? 1)
  const perGroup = depthwise ? outputs : outputs / groups
  const first = Math.floor(unit.channel / perGroup) * channels
  const size = window.height * window.width
  const values = new Float32Array(size * channels)
  const weights = new Float32Array(size * channels)
  const sums = new Float32Array(channels)
  for (let place = 0; place < size; ++place) {
    const y = window.top + Math.floor(place / window.width) * window.dilation
    const x = window.left + (place % window.width) * window.dilation
    for (let c = 0; c < channels; ++c) {
      const value = at(input, y, x, first + c, 0)
      const index = depthwise
        ? place * inputs * outputs + unit.channel
        : (place * inputs + c) * outputs + unit.channel
      const weight = kernel.data[index] ?? 0
      values[place * channels + c] = value
      weights[place * channels + c] = weight
      sums[c] = (sums[c] ?? 0) + value * weight
    }
  }
  const added = bias?.data[unit.channel] ?? 0
  const total = sums.reduce((all, sum) => all + sum, added)
  return { window, channels, values, weights, sums, bias: added, total }
}

export function openPool(layer: LayerInfo, input: LayerMaps, unit: Unit): PoolUnit {
  const window = windowOf(layer, input, unit)
  const values = Float32Array.from({ length: window.height * window.width }, (_, place) => {
    const y = window.top + Math.floor(place / window.width)
    return at(input, y, window.left + (place % window.width), unit.channel, NaN)
  })
  const inside = [...values].filter((value) => !Number.isNaN(value))
  const sum = inside.reduce((all, value) => all + value, 0)
  const results: Record<string, number> = {
    maxPooling2d: Math.max(...inside),
    averagePooling2d: sum / inside.length,
    sumPooling2d: sum,
  }
  return { window, values, result: results[layer.type] ?? NaN }
}

export function openDense(
  input: LayerMaps,
  kernel: NamedTensor,
  bias: NamedTensor | undefined,
  unit: Unit,
  shown: number,
): DenseUnit {
  const outputs = kernel.shape[1] ?? 1
  const terms = Array.from(input.data, (value, index) => {
    const weight = kernel.data[index * outputs + unit.channel] ?? 0
    return { index, value, weight, product: value * weight }
  })
  terms.sort((a, b) => Math.abs(b.product) - Math.abs(a.product))
  const added = bias?.data[unit.channel] ?? 0
  const sumOf = (list: typeof terms): number => list.reduce((all, { product }) => all + product, 0)
  const largest = terms.slice(0, shown)
  const rest = sumOf(terms.slice(shown))
  return { largest, rest, count: terms.length, bias: added, total: sumOf(largest) + rest + added }
}
