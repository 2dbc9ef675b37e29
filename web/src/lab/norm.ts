// SPDX-License-Identifier: MIT
// One number of a normalising layer, opened: what it is measured with, and how it is shifted and scaled.
// Batch normalisation goes by what it remembers of training; layer and group normalisation by the numbers
// around it, of the same image; local response normalisation by its neighbours in the other maps.
import type { Unit } from './gaze.svelte.js'
import type { LayerMaps } from './maps.svelte.js'
import type { LayerInfo } from './network.js'
import { valueAt } from './unit.js'
import type { WeightOf } from './unit.js'

/** (value - mean) / sqrt(variance + epsilon) * gamma + beta. */
export interface NormUnit {
  value: number
  mean: number
  variance: number
  epsilon: number
  gamma: number
  beta: number
  /** How many numbers mean and variance are of; 0 where they were remembered. */
  count: number
  /** These numbers, where they are the unit's neighbours in the other maps: [maps]. */
  members: Float32Array | undefined
  result: number
}

/** value / (k + alpha * sum of squares) ^ beta. */
export interface ResponseUnit {
  value: number
  /** The unit and its neighbours in the maps beside, from map `first` on. */
  neighbours: Float32Array
  first: number
  squares: number
  k: number
  alpha: number
  beta: number
  result: number
}

export function openNorm(
  layer: LayerInfo,
  input: LayerMaps,
  weight: WeightOf,
  unit: Unit,
): NormUnit {
  const value = valueAt(input, unit)
  const epsilon = Number(layer.config['epsilon'] ?? 0)
  const own = layer.type === 'layerNormalization' ? partOf(layer, input, unit) : unit.channel
  const gamma = weight('gamma')?.data[own] ?? 1
  const beta = weight('beta')?.data[own] ?? 0
  const seen = layer.type === 'batchNormalization' ? undefined : membersOf(layer, input, unit)
  const mean = seen ? meanOf(seen) : (weight('moving_mean')?.data[unit.channel] ?? 0)
  const variance = seen
    ? meanOf(seen.map((one) => (one - mean) ** 2))
    : (weight('moving_variance')?.data[unit.channel] ?? 1)
  const result = ((value - mean) / Math.sqrt(variance + epsilon)) * gamma + beta
  const channels = input.shape.at(-1) ?? 1
  const members = seen?.length === channels ? Float32Array.from(seen) : undefined
  return { value, mean, variance, epsilon, gamma, beta, count: seen?.length ?? 0, members, result }
}

export function openResponse(layer: LayerInfo, input: LayerMaps, unit: Unit): ResponseUnit {
  const number = (name: string, usual: number): number => Number(layer.config[name] ?? usual)
  const radius = number('depthRadius', (number('size', 5) - 1) / 2)
  const [k, alpha, beta] = [
    number('k', number('bias', 2)),
    number('alpha', 1e-4),
    number('beta', 0.75),
  ]
  const first = Math.max(0, unit.channel - radius)
  const last = Math.min((input.shape.at(-1) ?? 1) - 1, unit.channel + radius)
  const neighbours = Float32Array.from({ length: last - first + 1 }, (_, i) =>
    valueAt(input, { ...unit, channel: first + i }),
  )
  const squares = neighbours.reduce((sum, one) => sum + one * one, 0)
  const value = valueAt(input, unit)
  const result = value / (k + alpha * squares) ** beta
  return { value, neighbours, first, squares, k, alpha, beta, result }
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** The first dimension that a layer normalisation takes together. */
function firstAxis({ config }: LayerInfo, { shape }: LayerMaps): number {
  const axes = [config['axis'] ?? -1].flat().map(Number)
  return Math.min(...axes.map((axis) => (axis < 0 ? shape.length + axis : axis - 1)))
}

/** The unit's place among all numbers of the image. */
function placeOf({ shape }: LayerMaps, { y, x, channel }: Unit): number {
  return shape.length === 1 ? channel : (y * (shape[1] ?? 1) + x) * (shape[2] ?? 1) + channel
}

/** The unit's place among the numbers that are normalised together. */
function partOf(layer: LayerInfo, input: LayerMaps, unit: Unit): number {
  return placeOf(input, unit) % sizeOf(layer, input)
}

function sizeOf(layer: LayerInfo, input: LayerMaps): number {
  return input.shape.slice(firstAxis(layer, input)).reduce((size, side) => size * side, 1)
}

function membersOf(layer: LayerInfo, input: LayerMaps, unit: Unit): number[] {
  if (layer.type === 'layerNormalization') {
    const size = sizeOf(layer, input)
    const from = Math.floor(placeOf(input, unit) / size) * size
    return Array.from(input.data.subarray(from, from + size))
  }
  const channels = input.shape.at(-1) ?? 1
  const given = Number(layer.config['groups'] ?? 32)
  const each = channels / (given === -1 ? channels : given)
  const group = Math.floor(unit.channel / each)
  return Array.from(input.data).filter((_, i) => Math.floor((i % channels) / each) === group)
}
