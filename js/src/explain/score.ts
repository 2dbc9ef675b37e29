// The slope of a class's score: with respect to the image, or to what a layer makes of it. For that
// the model's graph is applied once more, with the same weights: without the activation at its end,
// since probabilities near 0 and 1 are flat; frozen, so that no gradient of a weight is computed;
// and with a tensor of zeros added where the slope is wanted.
// SPDX-License-Identifier: MIT
import { model as makeModel } from '../create.js'
import { Layer, input, jointList } from '../graph.js'
import type { SymbolicTensor } from '../graph.js'
import { add } from '../layers.js'
import type { Model } from '../model.js'
import { shareWeights } from '../sharing.js'
import { elementCount } from '../tensor.js'
import type { FloatTensor } from '../tensor.js'
import { lastActivation } from './question.js'
import type { Question } from './question.js'

/** A model that gives scores; a layer's zeros are its second input. Dispose of it. */
export async function scoreModel(
  question: Question,
  layer?: { name: string; shape: readonly number[] },
): Promise<Model> {
  const { place, model, output } = question
  const image = input({ shape: [question.height, question.width, question.channels] })
  const made = new Map<SymbolicTensor, SymbolicTensor>([[question.input, image]])
  const inputs = [image]
  const copy = (tensor: SymbolicTensor): SymbolicTensor => {
    const known = made.get(tensor)
    if (known !== undefined) return known
    const again = tensor.layer.apply(tensor.inputs.map(copy))
    made.set(tensor, again)
    return again
  }
  if (layer !== undefined) {
    const zeros = input({ shape: layer.shape })
    inputs.push(zeros)
    const [there] = jointList(place, model.layer(layer.name).output) as [SymbolicTensor]
    made.set(there, add().apply([copy(there), zeros]))
  }
  const probe = await makeModel({ inputs, outputs: scores(output, copy), name: 'explain', seed: 0 })
  for (const { name, params } of probe.layers) {
    if (params > 0) await probe.setTrainable(name, false)
  }
  return probe
}

/** The output before softmax or sigmoid. */
function scores(
  output: SymbolicTensor,
  copy: (tensor: SymbolicTensor) => SymbolicTensor,
): SymbolicTensor {
  const { layer, inputs } = output
  if (lastActivation(output) === undefined) return copy(output)
  if (['softmax', 'activation'].includes(layer.type)) return copy(inputs[0] as SymbolicTensor)
  const bare = new Layer(layer.type, { ...layer.options, activation: 'linear' })
  return shareWeights(layer, bare).apply(inputs.map(copy))
}

/** The slopes of the score at some images, with respect to each of the probe's inputs. */
export async function slopes(
  { outputShape, classIndex, yesOrNo }: Question,
  probe: Model,
  inputs: FloatTensor[],
): Promise<FloatTensor[]> {
  const count = inputs[0]?.shape[0] ?? 0
  const shape = [count, ...outputShape]
  const classes = shape.at(-1) ?? 1
  const direction = yesOrNo && classIndex === 0 ? -1 : 1
  const chosen = yesOrNo ? 0 : classIndex
  const data = Float32Array.from({ length: elementCount(shape) }, (_, i) =>
    i % classes === chosen ? direction : 0,
  )
  const { input: found } = await probe.gradients(inputs, { outputGradients: { data, shape } })
  return ([] as FloatTensor[]).concat(found)
}
