// What each layer is in PyTorch, except activations (activations.ts), convolutions and pooling
// (convolutions.ts).
// SPDX-License-Identifier: MIT
import { axisOf, flatOrder, plain } from '../arranger.js'
import type { Held } from '../arranger.js'
import { countUp, kChannelsFirst, transposed } from '../arrange.js'
import type { Block } from '../arrange.js'
import { inexpressible, inputOf, numberIn, numbersIn, responseOf, wordIn } from '../network.js'
import type { Value } from '../network.js'
import { sidesOf } from '../window.js'
import { activate, activationLayers } from './activations.js'
import { convolutionLayers, cropped, padded } from './convolutions.js'
import { real, tuple } from './writer.js'
import type { TorchWriter } from './writer.js'

export type LayerWriter = (to: TorchWriter, value: Value) => Held

const input = (to: TorchWriter, value: Value): Held => to.hold(inputOf(value))

const image = (to: TorchWriter, value: Value): string =>
  to.arranged(input(to, value), kChannelsFirst)

function flatten(to: TorchWriter, value: Value): Held {
  const from = input(to, value)
  if (from.order !== undefined) return from
  const order = flatOrder(from, inputOf(value))
  const tensor = order === null ? to.plain(from) : from.tensor
  return { ...plain(`${tensor}.flatten(1)`, 2), order: order ?? undefined }
}

function reshape(to: TorchWriter, value: Value): Held {
  const { shape } = value
  const sizes = shape.includes(null) ? numbersIn(value, 'targetShape') : (shape as number[])
  const x = to.plain(input(to, value))
  return plain(`${x}.reshape${tuple([`${x}.shape[0]`, ...sizes])}`, shape.length + 1)
}

function permute(to: TorchWriter, value: Value): Held {
  const from = input(to, value)
  const dims = [0, ...numbersIn(value, 'dims')]
  return { ...from, axes: from.axes.map((axis) => dims.indexOf(axis)) }
}

function dense(to: TorchWriter, value: Value): Held {
  const { tensor, order } = to.columns(value)
  const weight = transposed(to.weight(value, 'kernel', order) as Block, [1, 0])
  const bias = to.weight(value, 'bias')
  const without = bias === undefined ? ', bias=False' : ''
  const text = `nn.Linear(${weight.shape[1]}, ${weight.shape[0]}${without})`
  const module = to.module(value, text, { weight, bias })
  return activate(plain(`${module}(${tensor})`, 2), wordIn(value, 'activation'))
}

/** gamma and beta as `weight` and `bias`. PyTorch has both or none: what is missing is held fixed. */
function affine(
  to: TorchWriter,
  value: Value,
  shape: readonly number[],
  order?: Int32Array,
): { words: string; weights: Record<string, Block | undefined>; fixed: string[] } {
  const [gamma, beta] = [to.weight(value, 'gamma', order), to.weight(value, 'beta', order)]
  if (gamma === undefined && beta === undefined) return { words: '', weights: {}, fixed: [] }
  const filled = (fill: number): Block => {
    const length = shape.reduce((product, one) => product * one, 1)
    return { shape, data: new Float32Array(length).fill(fill) }
  }
  return {
    words: ', affine',
    weights: { weight: gamma ?? filled(1), bias: beta ?? filled(0) },
    fixed: [...(gamma ? [] : ['weight']), ...(beta ? [] : ['bias'])],
  }
}

function normalized(
  to: TorchWriter,
  value: Value,
  given: {
    text: (affine: boolean) => string
    order?: Int32Array | undefined
    more?: Record<string, Block>
  },
  shape: readonly number[],
): string {
  const { words, weights, fixed } = affine(to, value, shape, given.order)
  const module = to.module(value, given.text(words !== ''), { ...weights, ...given.more })
  for (const kind of fixed) to.make(`${module}.${kind}.requires_grad_(False)`)
  return module
}

function batchNormalization(to: TorchWriter, value: Value): Held {
  const held = to.columns(value)
  const from = to.channelsSecond(held)
  const channels = value.shape.at(-1) as number
  const rank = from.axes.length
  const kind = rank === 4 ? 'BatchNorm2d' : rank === 5 ? 'BatchNorm3d' : 'BatchNorm1d'
  const momentum = Number((1 - numberIn(value, 'momentum')).toPrecision(12))
  const options = `eps=${numberIn(value, 'epsilon')}, momentum=${momentum}`
  const { order } = held
  const module = normalized(
    to,
    value,
    {
      text: (both) => `nn.${kind}(${channels}, ${options}${both ? '' : ', affine=False'})`,
      order,
      more: {
        running_mean: to.weight(value, 'moving_mean', order) as Block,
        running_var: to.weight(value, 'moving_variance', order) as Block,
      },
    },
    [channels],
  )
  // As in Fovea, a frozen one goes by its moving averages in training too.
  const call = value.trainable ? module : `${module}.eval()`
  return { ...from, order, tensor: `${call}(${from.tensor})` }
}

function layerNormalization(to: TorchWriter, value: Value): Held {
  const count = numbersIn(value, 'axis').length
  const shape = value.shape.slice(-count) as number[]
  const x = to.plain(input(to, value))
  const text = (both: boolean): string =>
    `nn.LayerNorm(${tuple(shape)}, eps=${numberIn(value, 'epsilon')}` +
    `${both ? '' : ', elementwise_affine=False'})`
  return plain(`${normalized(to, value, { text }, shape)}(${x})`, value.shape.length + 1)
}

function groupNormalization(to: TorchWriter, value: Value): Held {
  const given = input(to, value)
  const from = given.order === undefined ? to.channelsSecond(given) : plain(to.plain(given), 2)
  const channels = value.shape.at(-1) as number
  const asked = numberIn(value, 'groups')
  const groups = asked === -1 ? channels : asked
  const text = (both: boolean): string =>
    `nn.GroupNorm(${groups}, ${channels}, eps=${numberIn(value, 'epsilon')}` +
    `${both ? '' : ', affine=False'})`
  return { ...from, tensor: `${normalized(to, value, { text }, [channels])}(${from.tensor})` }
}

function localResponseNormalization(to: TorchWriter, value: Value): Held {
  const { size, k, alpha, beta } = responseOf(value)
  if (value.shape.length < 2) {
    throw inexpressible('toPyTorch', value, "PyTorch's layer needs at least 3 dimensions.")
  }
  const from = to.channelsSecond(input(to, value))
  // PyTorch divides alpha by size.
  const text = `nn.LocalResponseNorm(${size}, alpha=${alpha * size}, beta=${beta}, k=${real(k)})`
  return { ...from, tensor: `${to.module(value, text, {})}(${from.tensor})` }
}

const dropout =
  (kind: string): LayerWriter =>
  (to, value) => {
    const held = kind === 'Dropout' ? input(to, value) : to.channelsSecond(input(to, value))
    const module = to.module(value, `nn.${kind}(${numberIn(value, 'rate')})`, {})
    return { ...held, tensor: `${module}(${held.tensor})` }
  }

/** `noise` in training; x stands for the input. */
const noisy =
  (noise: (value: Value) => string): LayerWriter =>
  (to, value) => {
    const held = input(to, value)
    const changed = noise(value).replace(/\bx\b/g, () => held.tensor)
    return { ...held, tensor: `${changed} if self.training else ${held.tensor}` }
  }

const gaussianNoise = noisy(
  (value) => `x + ${real(numberIn(value, 'stddev'))} * torch.randn_like(x)`,
)

const gaussianDropout = noisy((value) => {
  const rate = numberIn(value, 'rate')
  return `x * (1 + ${real(Math.sqrt(rate / (1 - rate)))} * torch.randn_like(x))`
})

function rescaling(to: TorchWriter, value: Value): Held {
  const held = input(to, value)
  const [scale, offset] = [numberIn(value, 'scale'), numberIn(value, 'offset')]
  return { ...held, tensor: `${held.tensor} * ${real(scale)} + ${real(offset)}` }
}

function normalization(to: TorchWriter, value: Value): Held {
  const given = input(to, value)
  const from = given.order === undefined ? given : plain(to.plain(given), 2)
  const last = from.axes.length - 1
  const ones = countUp(last - axisOf(from, last)).map(() => 1)
  const buffer = (kind: string, list: readonly number[]): string =>
    to.buffer(value, kind, list, list.length === 1 ? [1] : [list.length, ...ones])
  const deviations = numbersIn(value, 'variance').map((one) => Math.max(Math.sqrt(one), 1e-7))
  const mean = buffer('mean', numbersIn(value, 'mean'))
  return { ...from, tensor: `(${from.tensor} - ${mean}) / ${buffer('deviation', deviations)}` }
}

/** `join` makes one expression of several. */
const merge =
  (join: (tensors: readonly string[]) => string): LayerWriter =>
  (to, value) => {
    const { tensors, as } = to.alike(value.inputs)
    return { ...as, tensor: join(tensors) }
  }

const nested =
  (call: string) =>
  ([first = '', ...rest]: readonly string[]): string =>
    rest.reduce((a, b) => `torch.${call}(${a}, ${b})`, first)

function concatenate(to: TorchWriter, value: Value): Held {
  const rank = value.shape.length + 1
  const given = numberIn(value, 'axis')
  const order = rank === 2 ? to.joinedOrder(value.inputs) : null
  if (order !== null) {
    const tensors = value.inputs.map((one) => to.hold(one).tensor)
    return { tensor: `torch.cat((${tensors.join(', ')}), dim=1)`, axes: [0, 1], order }
  }
  const { tensors, as } = to.alike(value.inputs)
  const dim = axisOf(as, given < 0 ? given + rank : given)
  return { ...as, tensor: `torch.cat((${tensors.join(', ')}), dim=${dim})` }
}

const table: Record<string, LayerWriter> = {
  flatten,
  reshape,
  permute,
  dense,
  batchNormalization,
  layerNormalization,
  groupNormalization,
  localResponseNormalization,
  dropout: dropout('Dropout'),
  spatialDropout2d: dropout('Dropout2d'),
  gaussianNoise,
  gaussianDropout,
  zeroPadding2d: (to, value) => ({
    tensor: padded(image(to, value), sidesOf(numbersIn(value, 'padding'))),
    axes: kChannelsFirst,
  }),
  cropping2d: (to, value) => ({
    tensor: cropped(image(to, value), sidesOf(numbersIn(value, 'cropping'))),
    axes: kChannelsFirst,
  }),
  rescaling,
  normalization,
  add: merge((all) => all.join(' + ')),
  subtract: merge((all) => all.join(' - ')),
  multiply: merge((all) => all.join(' * ')),
  average: merge((all) => `(${all.join(' + ')}) / ${all.length}`),
  maximum: merge(nested('maximum')),
  minimum: merge(nested('minimum')),
  concatenate,
  ...activationLayers,
  ...convolutionLayers,
}

/** How a layer is written; undefined where there is nothing for it in PyTorch itself. */
export const layerWriter = (type: string): LayerWriter | undefined => table[type]
