// Making models: the chain of a sequential model or a graph of inputs and outputs becomes a text,
// and the engine makes the model from it.
// SPDX-License-Identifier: MIT
import { nextSeed, runtime } from './engine/runtime.js'
import { FoveaError } from './errors.js'
import { Layer, SymbolicTensor, jointList } from './graph.js'
import type { Joint } from './graph.js'
import { late } from './late.js'
import { Model } from './model.js'
import { checkNames, describe, seedNumber } from './options.js'
import { settle, sharesIn } from './sharing.js'
import { modelGraph, modelSpec } from './spec.js'

/** Options of {@link sequential}. */
export interface SequentialOptions {
  /** The layers, from the input to the output; the first has an `inputShape`. */
  layers: readonly Layer[]
  /** Default `sequential`. */
  name?: string
  /** Decides initial weights, shuffling and dropout. Default: from `init({ seed })`, else random. */
  seed?: number
}

/** Options of {@link model}. */
export interface ModelOptions {
  /** What `fovea.input` gave, or another model's `inputs`; an array for several inputs. */
  inputs: Joint | readonly Joint[]
  /** What `apply` gave, or the output of another model's layer; an array for several outputs. */
  outputs: Joint | readonly Joint[]
  /** Default `model`. */
  name?: string
  /** Decides initial weights, shuffling and dropout. Default: from `init({ seed })`, else random. */
  seed?: number
}

/**
 * A chain of layers as a model.
 *
 * @throws FoveaError `bad-option` for unknown options and layers, `bad-shape` where two layers do not
 * fit together, `out-of-memory` with the bytes wanted
 * @example
 * ```ts
 * const model = await fovea.sequential({
 *   layers: [
 *     fovea.layers.conv2d({ inputShape: [28, 28, 1], filters: 16, kernelSize: 3, activation: 'relu' }),
 *     fovea.layers.maxPooling2d({ poolSize: 2 }),
 *     fovea.layers.flatten(),
 *     fovea.layers.dense({ units: 10, activation: 'softmax' }),
 *   ],
 * })
 * ```
 */
export async function sequential(options: SequentialOptions): Promise<Model> {
  checkNames('sequential', options, ['layers', 'name', 'seed'])
  const { layers, name = 'sequential', seed } = options
  if (
    !Array.isArray(layers) ||
    !layers.every((one) => one instanceof Layer) ||
    layers.length === 0
  ) {
    throw new FoveaError(
      'bad-option',
      `sequential: layers needs an array of layers, such as [fovea.layers.dense({ units: 10 })], ` +
        `but gets ${describe(layers)}.`,
    )
  }
  const start = inputOf(layers[0] as Layer)
  // Descriptions, not layers of other models: each sequential model has weights of its own. Only
  // what stands in the list twice is one layer.
  const own = new Map(layers.map((one: Layer) => [one, new Layer(one.type, one.options)]))
  let output = start
  for (const layer of layers as Layer[]) output = (own.get(layer) as Layer).apply(output)
  return create('sequential', name, [start], [output], seed)
}

/**
 * A graph of layers as a model: branches, several inputs, several outputs.
 *
 * A layer that is part of a living model already keeps its weights: both models share them, and
 * training either changes both. So a trained network can be cut and continued.
 *
 * @throws FoveaError as {@link sequential}; `disposed` where a layer's model lives no more
 * @example
 * ```ts
 * const x = fovea.input({ shape: [28, 28, 1] })
 * const y = fovea.layers.dense({ units: 10 }).apply(fovea.layers.flatten().apply(x))
 * const model = await fovea.model({ inputs: x, outputs: y })
 * const body = await fovea.model({ inputs: model.inputs, outputs: model.layer('flatten_1').output })
 * ```
 */
export async function model(options: ModelOptions): Promise<Model> {
  checkNames('model', options, ['inputs', 'outputs', 'name', 'seed'])
  const { name = 'model', seed } = options
  const inputs = jointList('model: inputs', options.inputs)
  if (inputs.some((one) => one.layer.type !== 'input')) {
    throw new FoveaError(
      'bad-option',
      "model: inputs needs what fovea.input gave, or another model's inputs.",
    )
  }
  return create('model', name, inputs, jointList('model: outputs', options.outputs), seed)
}

function inputOf(first: Layer): SymbolicTensor {
  const { inputShape } = first.options
  if (Array.isArray(inputShape)) {
    return new SymbolicTensor(new Layer('input', { shape: inputShape }), [])
  }
  throw new FoveaError(
    'bad-option',
    `sequential: the first layer (${first.type}) needs an inputShape, the shape of one example ` +
      `without the batch, such as inputShape: [28, 28, 1].`,
  )
}

/** Makes a model. `numbers`: how many its weights must have; undefined: any. @internal */
export async function create(
  place: string,
  name: string,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
  given: number | undefined,
  numbers?: number,
): Promise<Model> {
  if (given !== undefined) seedNumber(place, given)
  const running = await runtime()
  const shares = sharesIn(running)
  let graph = modelGraph(name, inputs, outputs, shares)
  if ([...graph.names.keys()].some(({ layer }) => layer.options['dataFormat'] !== undefined)) {
    graph = modelGraph(name, inputs, await late('channelsLastOutputs')(inputs, outputs), shares)
  }
  const spec = modelSpec(graph, shares)
  if (numbers !== undefined) await late('checkWeight')(running.engine, spec, numbers)
  const seed = given ?? nextSeed()
  const description = await running.engine.createModel({ spec, seed })
  const home = { runtime: running, description, disposed: false }
  const made = new Model(home, graph, seed)
  settle(graph, home, made)
  // Its weights are not those that its seed makes.
  if (spec.includes(' weights=')) await made.keep(true)
  return made
}
