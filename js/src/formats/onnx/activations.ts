// Activations in ONNX, where they end a layer and as layers of their own.
// SPDX-License-Identifier: MIT
import { axisOf } from '../arranger.js'
import type { Held } from '../arranger.js'
import { gatherRows, transposed } from '../arrange.js'
import { inexpressible, inputOf, numberIn, wordIn } from '../network.js'
import type { Value } from '../network.js'
import type { LayerWriter } from './layers.js'
import type { OnnxWriter } from './writer.js'

type Formula = (to: OnnxWriter, x: string) => string

const simple =
  (op: string, attributes: Record<string, { f: number }> = {}): Formula =>
  (to, x) =>
    to.add(op, [x], attributes)

function gelu(to: OnnxWriter, x: string): string {
  const bell = to.add('Erf', [to.add('Div', [x, to.scalar('root2', Math.SQRT2)])])
  const share = to.add('Add', [bell, to.scalar('one', 1)])
  return to.add('Mul', [to.add('Mul', [x, share]), to.scalar('half', 0.5)])
}

const swish: Formula = (to, x) => to.add('Mul', [x, to.add('Sigmoid', [x])])

/** Element by element. Formulas and constants as in the engine (src/layers/activation.cpp). */
const kFormulas: Record<string, Formula> = {
  relu: simple('Relu'),
  relu6: (to, x) => to.add('Clip', [x, to.scalar('least', 0), to.scalar('most', 6)]),
  leakyRelu: simple('LeakyRelu', { alpha: { f: 0.2 } }),
  elu: simple('Elu', { alpha: { f: 1 } }),
  selu: simple('Selu', { alpha: { f: 1.6732632423543772 }, gamma: { f: 1.0507009873554805 } }),
  gelu,
  swish,
  silu: swish,
  mish: (to, x) => to.add('Mul', [x, to.add('Tanh', [to.add('Softplus', [x])])]),
  sigmoid: simple('Sigmoid'),
  hardSigmoid: simple('HardSigmoid', { alpha: { f: 1 / 6 }, beta: { f: 0.5 } }),
  tanh: simple('Tanh'),
  softplus: simple('Softplus'),
  softsign: simple('Softsign'),
  exponential: simple('Exp'),
}

/** What an activation by name makes of a value. */
export function activate(to: OnnxWriter, held: Held, name: string): Held {
  if (name === 'linear' || name === '') return held
  const formula = kFormulas[name]
  return formula === undefined
    ? overChannels(to, held, name === 'softmax' ? 'Softmax' : 'LogSoftmax')
    : { ...held, tensor: formula(to, held.tensor) }
}

/** Over our last dimension, wherever it is. */
function overChannels(to: OnnxWriter, held: Held, op: string): Held {
  const axis = axisOf(held, held.axes.length - 1)
  return { ...held, tensor: to.add(op, [held.tensor], { axis }) }
}

/** The largest 32-bit number below x: ONNX's ThresholdedRelu is strict where Keras's is not. */
function below(x: number): number {
  const floats = Float32Array.of(x)
  if (floats[0] === 0) return -1e-45
  const bits = new Int32Array(floats.buffer)
  bits[0] = (bits[0] as number) + (x > 0 ? -1 : 1)
  return floats[0] as number
}

function reLU(to: OnnxWriter, value: Value): Held {
  const held = to.hold(inputOf(value))
  const [slope, threshold] = [numberIn(value, 'negativeSlope'), numberIn(value, 'threshold')]
  const most = value.config['maxValue']
  const bounded = typeof most === 'number'
  let x = held.tensor
  if (threshold === 0 && slope === 0) {
    x = bounded
      ? to.add('Clip', [x, to.scalar('least', 0), to.scalar('most', most)])
      : to.add('Relu', [x])
    return { ...held, tensor: x }
  }
  if (bounded && most < threshold) {
    const why = `maxValue ${most} below threshold ${threshold} has no counterpart in ONNX.`
    throw inexpressible('toOnnx', value, why)
  }
  if (bounded) x = to.add('Min', [x, to.scalar('most', most)])
  if (threshold === 0 && !bounded) {
    return { ...held, tensor: to.add('LeakyRelu', [x], { alpha: { f: slope } }) }
  }
  x = to.add('ThresholdedRelu', [x], { alpha: { f: below(threshold) } })
  if (slope === 0) return { ...held, tensor: x }
  const lower = to.add('Sub', [held.tensor, to.scalar('threshold', threshold)])
  const least = to.add('Min', [lower, to.scalar('zero', 0)])
  const sloped = to.add('Mul', [least, to.scalar('slope', slope)])
  return { ...held, tensor: to.add('Add', [x, sloped]) }
}

function prelu(to: OnnxWriter, value: Value): Held {
  const given = to.hold(inputOf(value))
  const { order } = given
  const rows = given.axes.slice(1).map((axis) => axis - 1)
  const how = order === undefined ? `/${rows.join('')}` : `/${inputOf(value).name}`
  const slopes = to.weight(
    value,
    'alpha',
    (block) =>
      order === undefined || block.shape[0] === 1
        ? transposed(block, rows)
        : gatherRows(block, order),
    how,
  ) as string
  return { ...given, tensor: to.add('PRelu', [given.tensor, slopes]) }
}

const withFraction =
  (op: string, attribute: string, option: string): LayerWriter =>
  (to, value) => {
    const held = to.hold(inputOf(value))
    const fraction = { [attribute]: { f: numberIn(value, option) } }
    return { ...held, tensor: to.add(op, [held.tensor], fraction) }
  }

/** Activations that are layers. */
export const activationLayers: Record<string, LayerWriter> = {
  activation: (to, value) => activate(to, to.hold(inputOf(value)), wordIn(value, 'activation')),
  softmax: (to, value) => activate(to, to.hold(inputOf(value)), 'softmax'),
  elu: withFraction('Elu', 'alpha', 'alpha'),
  leakyReLU: withFraction('LeakyRelu', 'alpha', 'negativeSlope'),
  reLU,
  prelu,
}
