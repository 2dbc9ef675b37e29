// Looking inside a model: what its layers give, and how its loss or its outputs change with its
// inputs and its weights.
// SPDX-License-Identifier: MIT
import { inputColumns, isOutputGradients, rowCount, targetColumns } from './columns.js'
import type { Targets } from './columns.js'
import type { ParameterInfo } from './engine/engine.js'
import { FoveaError } from './errors.js'
import type { InferenceTarget } from './inference.js'
import { checkNames, describe, wrongValue } from './options.js'
import type { FloatTensor, Tensor } from './tensor.js'
import type { NamedTensor } from './weights.js'

/** Options of `gradients`. */
export interface GradientOptions {
  /** Dropout and its like at work, as in `fit`. Default false: the network as it predicts. */
  training?: boolean
}

/** Gradients that start from numbers of one's own instead of the loss. */
export interface OutputGradients extends GradientOptions {
  /** How what is wanted changes with each number of the output; an array for several outputs. */
  outputGradients: Tensor | readonly Tensor[]
}

/** What `gradients` gives. */
export interface Gradients {
  /** The mean loss of the examples; NaN where `outputGradients` were given. */
  loss: number
  /** Of the shape of x; an array of tensors where the model has several inputs. */
  input: FloatTensor
  /** Of every weight that training may change, named as in `getWeights`. */
  weights: NamedTensor[]
}

/** The outputs of layers, by name. */
export async function runActivations(
  { engine, modelId, place, inputs }: InferenceTarget,
  x: unknown,
  names: readonly string[],
): Promise<Record<string, FloatTensor>> {
  const known = Array.isArray(names) && names.every((one) => typeof one === 'string')
  if (!known || names.length === 0) {
    const expected = "an array of layers' names, such as ['conv2d_1']"
    throw wrongValue(place, 'the second argument', expected, names)
  }
  const columns = inputColumns(place, inputs, x, true)
  rowCount(place, columns)
  const request = { model: modelId, columns, names: [...names] }
  const tensors = await engine.activations(request)
  return Object.fromEntries(names.map((name, k) => [name, tensors[k] as FloatTensor]))
}

/** Gradients of the loss, or of numbers of one's own. */
export async function runGradients(
  { engine, modelId, place, inputs, outputs }: InferenceTarget,
  parameters: readonly ParameterInfo[],
  x: unknown,
  given: Targets | OutputGradients,
  options: GradientOptions,
): Promise<Gradients> {
  const own = isOutputGradients(given)
  const { training = false } = own ? given : options
  checkNames(place, own ? given : options, own ? ['outputGradients', 'training'] : ['training'])
  if (typeof training !== 'boolean') throw wrongValue(place, 'training', 'true or false', training)
  const xs = inputColumns(place, inputs, x, true)
  const rows = rowCount(place, xs)
  const ys = own
    ? gradientColumns(place, given.outputGradients, rows)
    : targetColumns(place, outputs, given, rows)
  const columns = [...xs, ...ys]
  const request = { model: modelId, columns, own, training }
  const found = await engine.gradients(request)
  const trainable = parameters.filter((one) => one.trainable)
  const weights = found.weights.map((data, k) => {
    const { name, shape } = trainable[k] as ParameterInfo
    return { name, shape: [...shape], data }
  })
  const input = (found.inputs.length === 1 ? found.inputs[0] : found.inputs) as FloatTensor
  return { loss: found.loss ?? NaN, input, weights }
}

function gradientColumns(
  place: string,
  given: Tensor | readonly Tensor[],
  rows: number,
): ReturnType<typeof targetColumns> {
  const list = (Array.isArray(given) ? given : [given]) as Tensor[]
  const columns = list.map(({ data, shape } = { data: new Uint8Array(), shape: [] }) => {
    if (!(data instanceof Float32Array) || shape[0] !== rows) {
      throw new FoveaError(
        'bad-shape',
        `${place}: outputGradients needs floats of the shape of the output, with ${rows} ` +
          `example(s), but gets ${describe(given)}. Make it with fovea.tensor(new Float32Array(...), shape).`,
      )
    }
    return { role: 'outputGradients' as const, data, shape: [...shape] }
  })
  return columns
}
