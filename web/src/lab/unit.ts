// SPDX-License-Identifier: MIT
// One number of a layer's output, opened: the window it sees, the weights it is multiplied with, their
// products and their sum. Layouts are the library's: maps [height, width, channels], kernels
// [height, width, in, out], dense weights [in, out]. Normalising layers: see norm.ts.
import type { NamedTensor } from 'fovea'
import type { Unit } from './gaze.svelte.js'
import type { LayerMaps } from './maps.svelte.js'
import type { LayerInfo } from './network.js'
import type { ScaleName } from './palette.svelte.js'

/** The layer's weights by their own name: "kernel", "bias". */
export type WeightOf = (name: string) => NamedTensor | undefined

/** An opened unit with what is around it: what every panel that writes out its arithmetic is given. */
export interface UnitView {
  layer: LayerInfo
  /** What the layer gives, and what comes into it. */
  maps: LayerMaps
  input: LayerMaps
  weight: WeightOf
  unit: Unit
  /** How the layer's maps are coloured. */
  scale: ScaleName
  limit: number
  onMove: (y: number, x: number) => void
}

/** Where a unit looks, in the layer before; it may reach over the edge, where zeros are. */
export interface Window {
  top: number
  left: number
  height: number
  width: number
  /** Distance of two neighbours in it, down and to the right. */
  dilation: readonly [number, number]
}

export interface ConvUnit {
  window: Window
  /** Of each filter's slice: which of the maps that come in it looks at. */
  origins: number[]
  /** [height, width, slices] of the window. */
  values: Float32Array
  weights: Float32Array
  /** What each slice adds. */
  sums: Float32Array
  /** Separable: what the sum over the window is multiplied with before it is added. */
  mixes: Float32Array | undefined
  bias: number
  /** All products and the bias: what the activation is applied to. */
  total: number
}

export interface PoolUnit {
  window: Window
  /** [height, width] of the window; NaN beyond the edge. */
  values: Float32Array
  /** How many of them are inside. */
  count: number
  result: number
}

export interface DenseUnit {
  /** The largest products by size, then the rest together. */
  largest: { index: number; value: number; weight: number; product: number }[]
  rest: number
  count: number
  bias: number
  total: number
  /** Where a softmax follows: the sum of exp(total - shift) over all neurons, and the shift. */
  softmax: { sum: number; shift: number } | undefined
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
  const [rows = 1, columns = 1] = input.shape
  if (layer.type.startsWith('global')) {
    return { top: 0, left: 0, height: rows, width: columns, dilation: [1, 1] }
  }
  const [height, width] = pair(config['kernelSize'] ?? config['poolSize'], 1)
  const [down, right] = pair(config['strides'], 1)
  const dilation = pair(config['dilationRate'], 1)
  const tall = (height - 1) * dilation[0] + 1
  const wide = (width - 1) * dilation[1] + 1
  return {
    top: unit.y * down - paddingBefore(config['padding'], rows, tall, down, 0),
    left: unit.x * right - paddingBefore(config['padding'], columns, wide, right, 1),
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

/** One slice of a filter: the map it looks at, its weights by place, and what multiplies its sum. */
interface Slice {
  origin: number
  weightAt: (place: number) => number
  mix: number
}

function slicesOf({ type, config }: LayerInfo, weight: WeightOf, unit: Unit): Slice[] {
  const kernel = weight(type === 'separableConv2d' ? 'depthwise_kernel' : 'kernel')
  const [, , inputs = 1, outputs = 1] = kernel?.shape ?? []
  const at = (index: number): number => kernel?.data[index] ?? 0
  const { channel } = unit
  if (type === 'conv2d') {
    // With groups a filter sees only its group's maps.
    const perGroup = outputs / Number(config['groups'] ?? 1)
    const first = Math.floor(channel / perGroup) * inputs
    return Array.from({ length: inputs }, (_, c) => {
      const weightAt = (place: number): number => at((place * inputs + c) * outputs + channel)
      return { origin: first + c, weightAt, mix: 1 }
    })
  }
  // Depthwise, each filter sees one map; a separable layer then mixes what all of them give.
  const deep = inputs * outputs
  const slice = (k: number, mix: number): Slice => {
    return { origin: Math.floor(k / outputs), weightAt: (place) => at(place * deep + k), mix }
  }
  if (type === 'depthwiseConv2d') return [slice(channel, 1)]
  const pointwise = weight('pointwise_kernel')
  const filters = pointwise?.shape[3] ?? 1
  return Array.from({ length: deep }, (_, k) =>
    slice(k, pointwise?.data[k * filters + channel] ?? 0),
  )
}

/** A unit of a convolution: `conv2d`, `depthwiseConv2d` or `separableConv2d`. */
export function openConv(
  layer: LayerInfo,
  input: LayerMaps,
  weight: WeightOf,
  unit: Unit,
): ConvUnit {
  const window = windowOf(layer, input, unit)
  const slices = slicesOf(layer, weight, unit)
  const count = slices.length
  const size = window.height * window.width
  const values = new Float32Array(size * count)
  const weights = new Float32Array(size * count)
  const sums = new Float32Array(count)
  slices.forEach(({ origin, weightAt, mix }, k) => {
    let sum = 0
    for (let place = 0; place < size; ++place) {
      const y = window.top + Math.floor(place / window.width) * window.dilation[0]
      const x = window.left + (place % window.width) * window.dilation[1]
      const value = at(input, y, x, origin, 0)
      values[place * count + k] = value
      weights[place * count + k] = weightAt(place)
      sum += value * weightAt(place)
    }
    sums[k] = sum * mix
  })
  const bias = weight('bias')?.data[unit.channel] ?? 0
  const total = sums.reduce((all, sum) => all + sum, bias)
  const origins = slices.map(({ origin }) => origin)
  const separable = layer.type === 'separableConv2d'
  const mixes = separable ? Float32Array.from(slices, ({ mix }) => mix) : undefined
  return { window, origins, values, weights, sums, mixes, bias, total }
}

export function openPool(layer: LayerInfo, input: LayerMaps, unit: Unit): PoolUnit {
  const window = windowOf(layer, input, unit)
  const values = Float32Array.from({ length: window.height * window.width }, (_, place) => {
    const y = window.top + Math.floor(place / window.width)
    return at(input, y, window.left + (place % window.width), unit.channel, NaN)
  })
  const inside = values.filter((value) => !Number.isNaN(value))
  const count = inside.length
  const sum = inside.reduce((all, value) => all + value, 0)
  const most = inside.reduce((one, other) => Math.max(one, other), -Infinity)
  const result = /max/i.test(layer.type) ? most : layer.type.startsWith('sum') ? sum : sum / count
  return { window, values, count, result }
}

export function openDense(
  layer: LayerInfo,
  input: LayerMaps,
  weight: WeightOf,
  unit: Unit,
  shown: number,
): DenseUnit {
  const kernel = weight('kernel')
  const outputs = kernel?.shape[1] ?? 1
  const biasOf = (neuron: number): number => weight('bias')?.data[neuron] ?? 0
  const weightAt = (index: number, neuron: number): number =>
    kernel?.data[index * outputs + neuron] ?? 0
  const terms = Array.from(input.data, (value, index) => {
    const weight = weightAt(index, unit.channel)
    return { index, value, weight, product: value * weight }
  })
  terms.sort((a, b) => Math.abs(b.product) - Math.abs(a.product))
  const bias = biasOf(unit.channel)
  const sumOf = (list: typeof terms): number => list.reduce((all, { product }) => all + product, 0)
  const largest = terms.slice(0, shown)
  const rest = sumOf(terms.slice(shown))
  const total = sumOf(largest) + rest + bias
  const totals = (): number[] =>
    Array.from({ length: outputs }, (_, neuron) =>
      input.data.reduce((sum, value, k) => sum + value * weightAt(k, neuron), biasOf(neuron)),
    )
  const softmax = layer.config['activation'] === 'softmax' ? softmaxOf(totals()) : undefined
  return { largest, rest, count: terms.length, bias, total, softmax }
}

/** What e^(value - shift) is divided by: the largest value is taken off first, so that none overflows. */
export function softmaxOf(values: readonly number[]): { sum: number; shift: number } {
  const shift = values.reduce((one, other) => Math.max(one, other), -Infinity)
  return { sum: values.reduce((all, value) => all + Math.exp(value - shift), 0), shift }
}

/** One map of several, [height, width]. */
export function mapOf({ data, shape }: LayerMaps, channel: number): Float32Array {
  return sliceOf(data, shape[2] ?? 1, channel)
}

/** Every `count`th number, from one on. */
export function sliceOf(data: ArrayLike<number>, count: number, of: number): Float32Array {
  return Float32Array.from({ length: data.length / count }, (_, i) => data[i * count + of] ?? 0)
}

/** The unit's own number: of maps, or of a row of neurons. */
export function valueAt({ data, shape }: LayerMaps, { y, x, channel }: Unit): number {
  if (shape.length === 1) return data[channel] ?? 0
  return data[(y * (shape[1] ?? 1) + x) * (shape[2] ?? 1) + channel] ?? 0
}
