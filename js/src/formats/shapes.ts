// What a layer makes of its inputs' shapes and which weights it needs, for those who read other
// formats: what a file says is checked against the weights that it holds before anything is made of
// it, so that a damaged number cannot ask for memory. The engine's own rules decide in the end.
// SPDX-License-Identifier: MIT
import type { OptionRecord } from '../graph.js'
import type { RowShape } from './network.js'
import { sameSides, sidesOf } from './window.js'

type Size = number | null

/** A shape without the batch, and the shapes of weights by their names. */
export interface Outcome {
  shape: RowShape
  weights: Readonly<Record<string, readonly Size[]>>
}

const plus = (size: Size, change: number): Size => (size === null ? null : size + change)
const times = (size: Size, factor: number): Size => (size === null ? null : size * factor)

export const product = (shape: RowShape): Size =>
  shape.reduce<Size>((all, size) => (all === null || size === null ? null : all * size), 1)

const list = (options: OptionRecord, key: string, usual: readonly number[]): number[] => {
  const given = options[key]
  return given === undefined ? [...usual] : [given].flat(2).map(Number)
}

const pair = (options: OptionRecord, key: string, usual: readonly number[]): [number, number] => {
  const [first = 1, second = first] = list(options, key, usual)
  return [first, second]
}

/** Sizes after a window has passed over the rows and columns. */
function windowed(input: RowShape, options: OptionRecord, key: string): [Size, Size] {
  const size = pair(options, key, [2, 2])
  const strides = pair(options, 'strides', key === 'poolSize' ? size : [1, 1])
  const dilation = pair(options, 'dilationRate', [1, 1])
  const { padding = 'valid' } = options
  const axis = (k: 0 | 1): Size => {
    const length = input[k] ?? null
    if (length === null) return null
    const [before, after] =
      padding === 'valid'
        ? [0, 0]
        : padding === 'same'
          ? (sameSides(length, size[k], strides[k], dilation[k]) ?? [0, 0])
          : sidesOf(list(options, 'padding', [0]))[k]
    const span = (size[k] - 1) * dilation[k] + 1
    return Math.floor((length + before + after - span) / strides[k]) + 1
  }
  return [axis(0), axis(1)]
}

/** As the engine's `transposed_axis`. */
function stamped(input: RowShape, options: OptionRecord): [Size, Size] {
  const size = pair(options, 'kernelSize', [1, 1])
  const strides = pair(options, 'strides', [1, 1])
  const dilation = pair(options, 'dilationRate', [1, 1])
  const added = options['outputPadding'] === undefined ? null : pair(options, 'outputPadding', [0])
  const { padding = 'valid' } = options
  const axis = (k: 0 | 1): Size => {
    const length = input[k] ?? null
    if (length === null) return null
    const span = (size[k] - 1) * dilation[k] + 1
    const reach = (length - 1) * strides[k] + span
    const explicit = padding !== 'valid' && padding !== 'same'
    const [before, after] = explicit ? sidesOf(list(options, 'padding', [0]))[k] : [0, 0]
    if (explicit || added !== null) {
      const cut = padding === 'same' ? 2 * Math.floor(span / 2) : before + after
      return reach - cut + (added?.[k] ?? 0)
    }
    return padding === 'same' ? length * strides[k] : Math.max(reach, length * strides[k])
  }
  return [axis(0), axis(1)]
}

type Rule = (inputs: readonly RowShape[], options: OptionRecord) => Outcome

const without = (shape: RowShape): Outcome => ({ shape, weights: {} })

const withBias = (
  options: OptionRecord,
  size: Size,
  weights: Outcome['weights'],
): Outcome['weights'] => (options['useBias'] === false ? weights : { ...weights, bias: [size] })

const same: Rule = ([input = []]) => without(input)

const pooled: Rule = ([input = []], options) =>
  without([...windowed(input, options, 'poolSize'), input[2] ?? null])

const globally: Rule = ([input = []], options) =>
  without(options['keepdims'] === true ? [1, 1, input[2] ?? null] : [input[2] ?? null])

function scaleAndOffset(shape: RowShape, options: OptionRecord): Outcome['weights'] {
  return {
    ...(options['scale'] === false ? {} : { gamma: shape }),
    ...(options['center'] === false ? {} : { beta: shape }),
  }
}

const merged: Rule = ([first = [], ...rest]) =>
  without(rest.reduce((a, b) => a.map((size, k) => (size === 1 ? (b[k] ?? null) : size)), first))

const margins =
  (key: string, sign: 1 | -1): Rule =>
  ([input = []], options) => {
    const sides = sidesOf(list(options, key, [sign === 1 ? 1 : 0]))
    const sizes = sides.map(([a, b], k) => plus(input[k] ?? null, sign * (a + b)))
    return without([...sizes, input[2] ?? null])
  }

const rules: Record<string, Rule> = {
  conv2d: ([input = []], options) => {
    const filters = Number(options['filters'])
    const inside = times(input[2] ?? null, 1 / Number(options['groups'] ?? 1))
    const kernel = [...pair(options, 'kernelSize', [1]), inside, filters]
    return {
      shape: [...windowed(input, options, 'kernelSize'), filters],
      weights: withBias(options, filters, { kernel }),
    }
  },
  depthwiseConv2d: ([input = []], options) => {
    const multiplier = Number(options['depthMultiplier'] ?? 1)
    const channels = times(input[2] ?? null, multiplier)
    const kernel = [...pair(options, 'kernelSize', [1]), input[2] ?? null, multiplier]
    return {
      shape: [...windowed(input, options, 'kernelSize'), channels],
      weights: withBias(options, channels, { kernel }),
    }
  },
  separableConv2d: ([input = []], options) => {
    const filters = Number(options['filters'])
    const multiplier = Number(options['depthMultiplier'] ?? 1)
    const weights = {
      depthwise_kernel: [...pair(options, 'kernelSize', [1]), input[2] ?? null, multiplier],
      pointwise_kernel: [1, 1, times(input[2] ?? null, multiplier), filters],
    }
    return {
      shape: [...windowed(input, options, 'kernelSize'), filters],
      weights: withBias(options, filters, weights),
    }
  },
  conv2dTranspose: ([input = []], options) => {
    const filters = Number(options['filters'])
    const kernel = [...pair(options, 'kernelSize', [1]), filters, input[2] ?? null]
    return {
      shape: [...stamped(input, options), filters],
      weights: withBias(options, filters, { kernel }),
    }
  },
  dense: ([input = []], options) => {
    const units = Number(options['units'])
    return {
      shape: [units],
      weights: withBias(options, units, { kernel: [input[0] ?? null, units] }),
    }
  },
  maxPooling2d: pooled,
  averagePooling2d: pooled,
  sumPooling2d: pooled,
  globalAveragePooling2d: globally,
  globalMaxPooling2d: globally,
  flatten: ([input = []]) => without([product(input)]),
  reshape: ([input = []], options) => {
    const target = list(options, 'targetShape', [])
    const known = target.reduce((all, size) => (size === -1 ? all : all * size), 1)
    const whole = product(input)
    return without(target.map((size) => (size === -1 ? times(whole, 1 / known) : size)))
  },
  permute: ([input = []], options) =>
    without(list(options, 'dims', []).map((dim) => input[dim - 1] ?? null)),
  prelu: ([input = []], options) => {
    const shared = list(options, 'sharedAxes', [])
    const alpha = input.map((size, k) => (shared.includes(k + 1) ? 1 : size))
    return { shape: input, weights: { alpha } }
  },
  batchNormalization: ([input = []], options) => {
    const channels = [input.at(-1) ?? null]
    const moving = { moving_mean: channels, moving_variance: channels }
    return { shape: input, weights: { ...scaleAndOffset(channels, options), ...moving } }
  },
  layerNormalization: ([input = []], options) => {
    const count = list(options, 'axis', [-1]).length
    return { shape: input, weights: scaleAndOffset(input.slice(-count), options) }
  },
  groupNormalization: ([input = []], options) => {
    return { shape: input, weights: scaleAndOffset([input.at(-1) ?? null], options) }
  },
  zeroPadding2d: margins('padding', 1),
  cropping2d: margins('cropping', -1),
  upSampling2d: ([input = []], options) => {
    const [rows, columns] = pair(options, 'size', [2])
    const [height = null, width = null, channels = null] = input
    return without([times(height, rows), times(width, columns), channels])
  },
  resizing: ([input = []], options) =>
    without([Number(options['height']), Number(options['width']), input[2] ?? null]),
  add: merged,
  subtract: merged,
  multiply: merged,
  average: merged,
  maximum: merged,
  minimum: merged,
  concatenate: (inputs, options) => {
    const [first = []] = inputs
    const given = Number(options['axis'] ?? -1)
    const axis = given < 0 ? given + first.length : given - 1
    const total = inputs.reduce<Size>((sum, one) => {
      const size = one[axis] ?? null
      return sum === null || size === null ? null : sum + size
    }, 0)
    return without(first.map((size, k) => (k === axis ? total : size)))
  },
}

/** Layers that are not listed keep the shape and have no weights. */
export function outcomeOf(
  type: string,
  options: OptionRecord,
  inputs: readonly RowShape[],
): Outcome {
  return (rules[type] ?? same)(inputs, options)
}
