// Making models: the chain of a sequential model or a graph of inputs and outputs becomes a text,
// and the engine makes the model from it.
// SPDX-License-Identifier: MIT
import { nextSeed, runtime } from './engine/runtime.js'
import { FoveaError } from './errors.js'
import { Layer, SymbolicTensor } from './graph.js'
import { Model } from './model.js'
import { checkNames, describe, seedNumber } from './options.js'
import { modelSpec } from './spec.js'

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
  /** What `fovea.input` gave; an array for several inputs. */
  inputs: SymbolicTensor | readonly SymbolicTensor[]
  /** What `apply` gave; an array for several outputs. */
  outputs: SymbolicTensor | readonly SymbolicTensor[]
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
  const output = layers.reduce((tensor: SymbolicTensor, layer: Layer) => layer.apply(tensor), start)
  return create('sequential', modelSpec(name, [start], [output]), seed)
}

/**
 * A graph of layers as a model: branches, several inputs, several outputs.
 *
 * @throws FoveaError as {@link sequential}
 * @example
 * ```ts
 * const x = fovea.input({ shape: [28, 28, 1] })
 * const y = fovea.layers.dense({ units: 10 }).apply(fovea.layers.flatten().apply(x))
 * const model = await fovea.model({ inputs: x, outputs: y })
 * ```
 */
export async function model(options: ModelOptions): Promise<Model> {
  checkNames('model', options, ['inputs', 'outputs', 'name', 'seed'])
  const { name = 'model', seed } = options
  const inputs = tensorList('inputs', options.inputs)
  if (inputs.some((one) => one.layer.type !== 'input')) {
    throw new FoveaError('bad-option', 'model: inputs needs what fovea.input gave.')
  }
  return create('model', modelSpec(name, inputs, tensorList('outputs', options.outputs)), seed)
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

function tensorList(what: string, given: unknown): SymbolicTensor[] {
  const list: unknown = given instanceof SymbolicTensor ? [given] : given
  const fits = Array.isArray(list) && list.length > 0
  if (fits && list.every((one) => one instanceof SymbolicTensor)) return [...list]
  throw new FoveaError(
    'bad-option',
    `model: ${what} needs what fovea.input or a layer's apply gave, or an array of them, but gets ` +
      `${describe(given)}.`,
  )
}

async function create(place: string, spec: string, given: number | undefined): Promise<Model> {
  if (given !== undefined) seedNumber(place, given)
  const running = await runtime()
  const seed = given ?? nextSeed()
  return new Model(running, await running.engine.createModel({ spec, seed }), seed)
}
