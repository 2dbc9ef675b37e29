// Activations in TensorFlow.js's words. Those that it lacks, or computes by another formula, become
// layers behind the one that they end.
// SPDX-License-Identifier: MIT
import { inexpressible, wordIn } from '../network.js'
import type { Value } from '../network.js'
import type { KerasWriter, Reference } from './writer.js'

const kNames: Record<string, string> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  elu: 'elu',
  selu: 'selu',
  gelu: 'gelu',
  swish: 'swish',
  silu: 'swish',
  mish: 'mish',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  softplus: 'softplus',
  softsign: 'softsign',
  softmax: 'softmax',
  logSoftmax: 'log_softmax',
}

/** The activation as an option of the layer. */
export function activationConfig(value: Value): { activation: string } {
  return { activation: kNames[wordIn(value, 'activation')] ?? 'linear' }
}

/** What comes after the layer: nothing where the activation is an option of it. */
export function activated(to: KerasWriter, value: Value, from: Reference): Reference {
  const name = wordIn(value, 'activation')
  if (name in kNames || name === '') return from
  if (name === 'leakyRelu') {
    return to.helper('LeakyReLU', value, 'activation', { alpha: 0.2 }, [from])
  }
  if (name === 'hardSigmoid') {
    // Theirs is clip(0.2 x + 0.5, 0, 1).
    const line = to.helper('Rescaling', value, 'line', { scale: 1 / 6, offset: 0.5 }, [from])
    return to.helper('ReLU', value, 'activation', { max_value: 1 }, [line])
  }
  throw inexpressible('toTfjs', value, `TensorFlow.js has no activation "${name}".`)
}
