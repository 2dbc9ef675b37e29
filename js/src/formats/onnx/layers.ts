// What each layer is in ONNX, except activations (activations.ts) and convolutions (convolutions.ts).
// SPDX-License-Identifier: MIT
import { axisOf, flatOrder, inOrder, plain } from '../arranger.js'
import type { Held } from '../arranger.js'
import { countUp, gatherRows, kChannelsFirst } from '../arrange.js'
import type { Block } from '../arrange.js'
import { elementCount } from '../../tensor.js'
import {
  inexpressible,
  inputOf,
  kTrainingOnly,
  numberIn,
  numbersIn,
  responseOf,
  wordIn,
} from '../network.js'
import type { Value } from '../network.js'
import { sidesOf } from '../window.js'
import { activate, activationLayers } from './activations.js'
import { convolutionLayers } from './convolutions.js'
import type { OnnxWriter } from './writer.js'

export type LayerWriter = (to: OnnxWriter, value: Value) => Held

const held = (to: OnnxWriter, value: Value): Held => to.hold(inputOf(value))

/** The input as it is held, with another tensor in its place. */
const likewise = (to: OnnxWriter, value: Value, tensor: string): Held => ({
  ...held(to, value),
  tensor,
})

const passOn: LayerWriter = held

function dropout(to: OnnxWriter, value: Value): Held {
  const rate = to.scalar('ratio', numberIn(value, 'rate'))
  return likewise(to, value, to.add('Dropout', [held(to, value).tensor, rate]))
}

function flatten(to: OnnxWriter, value: Value): Held {
  const from = held(to, value)
  if (from.order !== undefined) return from
  const order = flatOrder(from, inputOf(value))
  const tensor = order === null ? to.plain(from) : from.tensor
  return { ...plain(to.add('Flatten', [tensor], { axis: 1 }), 2), order: order ?? undefined }
}

function reshape(to: OnnxWriter, value: Value): Held {
  const { shape } = value
  const sizes = shape.includes(null) ? numbersIn(value, 'targetShape') : (shape as number[])
  const target = to.constant('shape', [sizes.includes(-1) ? 0 : -1, ...sizes])
  return plain(to.add('Reshape', [to.plain(held(to, value)), target]), shape.length + 1)
}

/** No node: the tensor is the same, and its dimensions are counted in another order. */
function permute(to: OnnxWriter, value: Value): Held {
  const from = held(to, value)
  const dims = [0, ...numbersIn(value, 'dims')]
  return { ...from, axes: from.axes.map((axis) => dims.indexOf(axis)) }
}

function dense(to: OnnxWriter, value: Value): Held {
  const { tensor, order } = held(to, value)
  const how = order === undefined ? '' : `/${inputOf(value).name}`
  const arrange = (block: Block): Block => (order === undefined ? block : gatherRows(block, order))
  const kernel = to.weight(value, 'kernel', arrange, how) as string
  const bias = to.weight(value, 'bias', (block) => block)
  const product = to.add('Gemm', bias === undefined ? [tensor, kernel] : [tensor, kernel, bias])
  return activate(to, plain(product, 2), wordIn(value, 'activation'))
}

/** A weight for each channel, or for each column in the order in which they are held. */
function channelWeight(to: OnnxWriter, value: Value, kind: string, other: number): string {
  const { order } = held(to, value)
  const how = order === undefined ? '' : `/${inputOf(value).name}`
  const found = to.weight(value, kind, (b) => (order === undefined ? b : gatherRows(b, order)), how)
  const channels = inputOf(value).shape.at(-1) ?? 1
  return found ?? to.constant(kind, new Float32Array(channels).fill(other))
}

function batchNormalization(to: OnnxWriter, value: Value): Held {
  const from = to.channelsSecond(held(to, value))
  const weights = [
    channelWeight(to, value, 'gamma', 1),
    channelWeight(to, value, 'beta', 0),
    channelWeight(to, value, 'moving_mean', 0),
    channelWeight(to, value, 'moving_variance', 1),
  ]
  const options = {
    epsilon: { f: numberIn(value, 'epsilon') },
    momentum: { f: numberIn(value, 'momentum') },
  }
  return { ...from, tensor: to.add('BatchNormalization', [from.tensor, ...weights], options) }
}

function layerNormalization(to: OnnxWriter, value: Value): Held {
  const count = numbersIn(value, 'axis').length
  const rank = value.shape.length + 1
  const same = (block: Block): Block => block
  const shape = value.shape.slice(-count) as number[]
  const gamma =
    to.weight(value, 'gamma', same) ??
    to.constant('gamma', new Float32Array(elementCount(shape)).fill(1), shape)
  const beta = to.weight(value, 'beta', same)
  const inputs = [to.plain(held(to, value)), gamma, ...(beta === undefined ? [] : [beta])]
  const options = { axis: -count, epsilon: { f: numberIn(value, 'epsilon') } }
  return plain(to.add('LayerNormalization', inputs, options), rank)
}

/** As PyTorch writes it: groups become channels of an instance normalisation. */
function groupNormalization(to: OnnxWriter, value: Value): Held {
  const given = held(to, value)
  // Groups are neighbours in our order of columns.
  const from = given.order === undefined ? to.channelsSecond(given) : plain(to.plain(given), 2)
  const channels = value.shape.at(-1) as number
  const asked = numberIn(value, 'groups')
  const groups = asked === -1 ? channels : asked
  const epsilon = { f: numberIn(value, 'epsilon') }
  const grouped = to.add('Reshape', [from.tensor, to.constant('grouped', [0, groups, -1])])
  const ones = to.constant('ones', new Float32Array(groups).fill(1))
  const zeros = to.constant('zeros', new Float32Array(groups))
  const normal = to.add('InstanceNormalization', [grouped, ones, zeros], { epsilon })
  let tensor = to.add('Reshape', [normal, to.add('Shape', [from.tensor])])
  const shape = [channels, ...countUp(from.axes.length - 2).map(() => 1)]
  const each = ({ data }: Block): Block => ({ data, shape })
  const gamma = to.weight(value, 'gamma', each)
  const beta = to.weight(value, 'beta', each)
  if (gamma !== undefined) tensor = to.add('Mul', [tensor, gamma])
  if (beta !== undefined) tensor = to.add('Add', [tensor, beta])
  return { ...from, tensor }
}

function localResponseNormalization(to: OnnxWriter, value: Value): Held {
  if (value.shape.length !== 3) {
    throw inexpressible('toOnnx', value, "ONNX's LRN needs an image [height, width, channels].")
  }
  const from = to.channelsSecond(held(to, value))
  const { size, k, alpha, beta } = responseOf(value)
  const options = { size, bias: { f: k }, alpha: { f: alpha * size }, beta: { f: beta } }
  return { ...from, tensor: to.add('LRN', [from.tensor], options) }
}

function zeroPadding(to: OnnxWriter, value: Value): Held {
  const from = held(to, value)
  const [rows, columns] = sidesOf(numbersIn(value, 'padding'))
  const sides = inOrder(from, [[0, 0], rows, columns, [0, 0]])
  const pads = to.constant('pads', [...sides.map(([a]) => a ?? 0), ...sides.map(([, b]) => b ?? 0)])
  return likewise(to, value, to.add('Pad', [from.tensor, pads]))
}

const kToTheEnd = 2 ** 31 - 1

function cropping(to: OnnxWriter, value: Value): Held {
  const from = held(to, value)
  const sides = sidesOf(numbersIn(value, 'cropping'))
  const inputs = [
    to.constant('starts', [sides[0][0], sides[1][0]]),
    to.constant(
      'ends',
      sides.map(([, after]) => (after === 0 ? kToTheEnd : -after)),
    ),
    to.constant('axes', [axisOf(from, 1), axisOf(from, 2)]),
  ]
  return likewise(to, value, to.add('Slice', [from.tensor, ...inputs]))
}

/** `factors`: the size is a multiple of the input's. */
function resize(to: OnnxWriter, value: Value, factors: readonly number[] | null): Held {
  const image = to.arranged(held(to, value), kChannelsFirst)
  const nearest = wordIn(value, 'interpolation') === 'nearest'
  // Half-pixel centres in both cases: of a whole multiple the nearest pixel is i / factor, cut off.
  const exact = nearest && factors !== null
  const options = {
    mode: nearest ? 'nearest' : 'linear',
    coordinate_transformation_mode: exact ? 'asymmetric' : 'half_pixel',
    ...(nearest ? { nearest_mode: exact ? 'floor' : 'round_prefer_ceil' } : {}),
  }
  if (factors !== null) {
    const scales = to.constant('scales', Float32Array.of(1, 1, ...factors))
    return { tensor: to.add('Resize', [image, '', scales], options), axes: kChannelsFirst }
  }
  const wanted = to.constant('sizes', [numberIn(value, 'height'), numberIn(value, 'width')])
  const others = to.add('Shape', [image], { start: 0, end: 2 })
  const sizes = to.add('Concat', [others, wanted], { axis: 0 })
  const tensor = to.add('Resize', [image, '', '', sizes], options)
  return { tensor, axes: kChannelsFirst }
}

function rescaling(to: OnnxWriter, value: Value): Held {
  const { tensor } = held(to, value)
  const scaled = to.add('Mul', [tensor, to.scalar('scale', numberIn(value, 'scale'))])
  return likewise(
    to,
    value,
    to.add('Add', [scaled, to.scalar('offset', numberIn(value, 'offset'))]),
  )
}

function normalization(to: OnnxWriter, value: Value): Held {
  const given = held(to, value)
  const from = given.order === undefined ? given : plain(to.plain(given), given.axes.length)
  const last = from.axes.length - 1
  const axis = axisOf(from, last)
  const constant = (hint: string, numbers: readonly number[]): string =>
    numbers.length === 1
      ? to.scalar(hint, numbers[0] as number)
      : to.constant(hint, Float32Array.from(numbers), [
          numbers.length,
          ...countUp(last - axis).map(() => 1),
        ])
  const deviations = numbersIn(value, 'variance').map((one) => Math.max(Math.sqrt(one), 1e-7))
  const centred = to.add('Sub', [from.tensor, constant('mean', numbersIn(value, 'mean'))])
  return { ...from, tensor: to.add('Div', [centred, constant('deviation', deviations)]) }
}

const merge =
  (op: string): LayerWriter =>
  (to, value) => {
    const { tensors, as } = to.alike(value.inputs)
    const [first, ...rest] = tensors as [string, ...string[]]
    const binary = op === 'Mul' || op === 'Sub'
    const tensor = binary ? rest.reduce((a, b) => to.add(op, [a, b]), first) : to.add(op, tensors)
    return { ...as, tensor }
  }

function concatenate(to: OnnxWriter, value: Value): Held {
  const rank = value.shape.length + 1
  const given = numberIn(value, 'axis')
  const dimension = given < 0 ? given + rank : given
  const order = rank === 2 ? to.joinedOrder(value.inputs) : null
  if (order !== null) {
    const tensors = value.inputs.map((input) => to.hold(input).tensor)
    return { tensor: to.add('Concat', tensors, { axis: 1 }), axes: [0, 1], order }
  }
  const { tensors, as } = to.alike(value.inputs)
  return { ...as, tensor: to.add('Concat', tensors, { axis: axisOf(as, dimension) }) }
}

const table: Record<string, LayerWriter> = {
  dropout,
  flatten,
  reshape,
  permute,
  dense,
  batchNormalization,
  layerNormalization,
  groupNormalization,
  localResponseNormalization,
  zeroPadding2d: zeroPadding,
  cropping2d: cropping,
  upSampling2d: (to, value) => resize(to, value, numbersIn(value, 'size')),
  resizing: (to, value) => resize(to, value, null),
  rescaling,
  normalization,
  add: merge('Sum'),
  subtract: merge('Sub'),
  multiply: merge('Mul'),
  average: merge('Mean'),
  maximum: merge('Max'),
  minimum: merge('Min'),
  concatenate,
  ...activationLayers,
  ...convolutionLayers,
}

/** How a layer is written; undefined where ONNX has nothing for it. */
export const layerWriter = (type: string): LayerWriter | undefined =>
  table[type] ?? (kTrainingOnly.has(type) ? passOn : undefined)
