// Activations in PyTorch's words.
// SPDX-License-Identifier: MIT
import { axisOf } from '../arranger.js'
import type { Held } from '../arranger.js'
import { transposed } from '../arrange.js'
import type { Block } from '../arrange.js'
import { inputOf, numberIn, wordIn } from '../network.js'
import type { Value } from '../network.js'
import { real, tuple } from './writer.js'
import type { TorchWriter } from './writer.js'

type LayerWriter = (to: TorchWriter, value: Value) => Held

/** Element by element; x stands for the expression. */
const kFormulas: Record<string, string> = {
  relu: 'F.relu(x)',
  relu6: 'F.relu6(x)',
  leakyRelu: 'F.leaky_relu(x, 0.2)',
  elu: 'F.elu(x)',
  selu: 'F.selu(x)',
  gelu: 'F.gelu(x)',
  swish: 'F.silu(x)',
  silu: 'F.silu(x)',
  mish: 'F.mish(x)',
  sigmoid: 'torch.sigmoid(x)',
  hardSigmoid: 'F.hardsigmoid(x)',
  tanh: 'torch.tanh(x)',
  softplus: 'F.softplus(x)',
  softsign: 'F.softsign(x)',
  exponential: 'torch.exp(x)',
}

/** What an activation by name makes of a value. */
export function activate(held: Held, name: string): Held {
  if (name === 'linear' || name === '') return held
  const formula = kFormulas[name]
  if (formula !== undefined) return { ...held, tensor: formula.replace(/\bx\b/, () => held.tensor) }
  const dim = axisOf(held, held.axes.length - 1)
  const call = name === 'softmax' ? 'softmax' : 'log_softmax'
  return { ...held, tensor: `F.${call}(${held.tensor}, dim=${dim})` }
}

const input = (to: TorchWriter, value: Value): Held => to.hold(inputOf(value))

function reLU(to: TorchWriter, value: Value): Held {
  const held = input(to, value)
  const [slope, threshold] = [numberIn(value, 'negativeSlope'), numberIn(value, 'threshold')]
  const most = value.config['maxValue']
  const x = held.tensor
  const bounded = typeof most === 'number'
  if (threshold === 0 && !bounded) {
    return { ...held, tensor: slope === 0 ? `F.relu(${x})` : `F.leaky_relu(${x}, ${slope})` }
  }
  const upper = bounded ? `${x}.clamp(max=${real(most)})` : x
  const lower = `${real(slope)} * (${x} - ${real(threshold)})`
  return { ...held, tensor: `torch.where(${x} >= ${real(threshold)}, ${upper}, ${lower})` }
}

function prelu(to: TorchWriter, value: Value): Held {
  const held = to.columns(value)
  const rows = held.axes.slice(1).map((axis) => axis - 1)
  const given = to.weight(value, 'alpha') as Block
  const single = given.shape[0] === 1
  const alpha =
    held.order === undefined || single
      ? transposed(given, rows)
      : (to.weight(value, 'alpha', held.order) as Block)
  const x = held.tensor
  if (held.axes[1] === held.axes.length - 1 && alpha.shape.slice(1).every((size) => size === 1)) {
    const weight = { data: alpha.data, shape: [alpha.data.length] }
    const module = to.module(value, `nn.PReLU(${alpha.data.length})`, { weight })
    return { ...held, tensor: `${module}(${x})` }
  }
  // Uses of one layer may hold their images in different ways: its slopes stand in our order.
  const slopes = to.parameter(value, 'alpha', held.order === undefined ? given : alpha)
  const moved = held.order === undefined ? `${slopes}.permute${tuple(rows)}` : slopes
  return { ...held, tensor: `torch.where(${x} > 0, ${x}, ${moved} * ${x})` }
}

/** Activations that are layers. */
export const activationLayers: Record<string, LayerWriter> = {
  activation: (to, value) => activate(input(to, value), wordIn(value, 'activation')),
  softmax: (to, value) => activate(input(to, value), 'softmax'),
  elu: (to, value) => {
    const held = input(to, value)
    return { ...held, tensor: `F.elu(${held.tensor}, ${real(numberIn(value, 'alpha'))})` }
  },
  leakyReLU: (to, value) => {
    const held = input(to, value)
    return {
      ...held,
      tensor: `F.leaky_relu(${held.tensor}, ${real(numberIn(value, 'negativeSlope'))})`,
    }
  },
  reLU,
  prelu,
}
