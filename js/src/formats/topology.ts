// A model's graph as JSON, and models from such JSON: names, layers with the options that were given,
// and what reads what. What the options mean, the engine knows. Stands in Fovea's own files.
// SPDX-License-Identifier: MIT
import { create } from '../create.js'
import { FoveaError } from '../errors.js'
import { Layer, SymbolicTensor } from '../graph.js'
import type { OptionRecord, OptionValue } from '../graph.js'
import type { Model } from '../model.js'
import type { ModelBase } from '../model-base.js'
import { describe } from '../options.js'

/** One value of the graph: an input, what a layer gives, or what it gives when applied again. */
export interface TopologyLayer {
  /** The layer's name; `dense_1.2` where `dense_1` is applied for the second time. */
  name: string
  /** The layer's type, such as `conv2d` or `input`. Left out where a layer is applied again. */
  type?: string
  /** The layer that is applied again, with the same weights. */
  again?: string
  /** As given to the factory: `{ filters: 8, kernelSize: 3 }`; of an input `{ shape: [28, 28, 1] }`. */
  options?: OptionRecord
  /** What it reads, by name. Left out for inputs. */
  from?: string[]
}

/** A network without its weights. Every layer stands after all that it reads. */
export interface Topology {
  name: string
  /** Names of inputs, in the order of the model's inputs. */
  inputs: string[]
  /** Names of layers, in the order of the model's outputs. */
  outputs: string[]
  layers: TopologyLayer[]
}

/** What a model is made of, as JSON. Layers that are frozen now have `trainable: false`. */
export function describeTopology({ graph, layers: infos }: ModelBase): Topology {
  const nameOf = (tensor: SymbolicTensor): string => graph.names.get(tensor) ?? ''
  const frozen = new Set(infos.filter((one) => !one.trainable).map(({ name }) => name))
  const firsts = new Map<Layer, string>()
  const layers = [...graph.names].map(([{ layer, inputs }, name]): TopologyLayer => {
    const from = inputs.length > 0 ? { from: inputs.map(nameOf) } : {}
    const first = firsts.get(layer)
    if (first !== undefined) return { name, again: first, ...from }
    firsts.set(layer, name)
    const { name: _name, inputShape: _shape, trainable: _trainable, ...given } = layer.options
    const options = { ...given, ...(frozen.has(name) ? { trainable: false } : {}) }
    return { name, type: layer.type, options, ...from }
  })
  const { name, inputs, outputs } = graph
  return { name, inputs: inputs.map(nameOf), outputs: outputs.map(nameOf), layers }
}

/** How {@link buildFromTopology} is to make the model. */
export interface BuildOptions {
  /** Decides initial weights, and by default shuffling and dropout. */
  seed?: number
  /** Opens every sentence. Default `loadModel`. */
  place?: string
  /** How many numbers the weights must have, so that no damaged file makes a giant. Default: any. */
  numbers?: number
}

/**
 * Makes a model from JSON of the form of {@link Topology}, with new weights.
 *
 * @throws FoveaError `bad-file` where it is no such JSON, or describes a network that cannot be;
 * `out-of-memory`
 * @example
 * ```ts
 * const twin = await buildFromTopology(describeTopology(model), { seed: 1 })
 * ```
 */
export async function buildFromTopology(
  json: unknown,
  { seed, place = 'loadModel', numbers }: BuildOptions = {},
): Promise<Model> {
  const { name, inputs, outputs } = readGraph(json, place)
  try {
    return await create(place, name, inputs, outputs, seed, numbers)
  } catch (cause) {
    // Far too deep a nesting ends in a RangeError; what the engine says of options is a good sentence.
    // A single layer that "would need" more than there can ever be was never in a file.
    const known = cause instanceof FoveaError && !/^bad-/.test(cause.code)
    if (known && !(numbers !== undefined && cause.message.includes('would need'))) throw cause
    throw wrong(place, `describes a network that cannot be: ${(cause as Error).message}`, cause)
  }
}

interface Joints {
  name: string
  inputs: SymbolicTensor[]
  outputs: SymbolicTensor[]
}

function readGraph(json: unknown, place: string): Joints {
  const { name, inputs, outputs, layers } = record(json, place, 'it')
  if (!Array.isArray(layers))
    throw wrong(place, `needs an array of layers but has ${describe(layers)}.`)
  const made = new Map<string, SymbolicTensor>()
  const joints = (names: unknown, what: string): SymbolicTensor[] => {
    if (!Array.isArray(names)) {
      throw wrong(place, `needs an array of names as ${what} but has ${describe(names)}.`)
    }
    return names.map((one: unknown) => {
      const found = typeof one === 'string' ? made.get(one) : undefined
      if (found !== undefined) return found
      throw wrong(place, `has ${describe(one)} among ${what}, but no layer before is called so.`)
    })
  }
  layers.forEach((given: unknown, k) => {
    const entry = record(given, place, `layers[${k}]`)
    const own = word(entry['name'], place, `the name of layers[${k}]`)
    const from = joints(entry['from'] ?? [], `what "${own}" reads`)
    if (made.has(own)) throw wrong(place, `has two layers called "${own}".`)
    made.set(own, new SymbolicTensor(layerOf(entry, own, place, made), from))
  })
  return {
    name: word(name, place, 'its name'),
    inputs: joints(inputs, 'its inputs'),
    outputs: joints(outputs, 'its outputs'),
  }
}

function layerOf(
  { type, again, options = {} }: Record<string, unknown>,
  name: string,
  place: string,
  made: ReadonlyMap<string, SymbolicTensor>,
): Layer {
  if (again === undefined) {
    const given = record(options, place, `the options of "${name}"`) as OptionRecord
    return new Layer(word(type, place, `the type of "${name}"`), { ...given, name })
  }
  const first = typeof again === 'string' ? made.get(again)?.layer : undefined
  if (first !== undefined && first.type !== 'input') return first
  throw wrong(
    place,
    `applies ${describe(again)} again as "${name}", but that is no layer before it.`,
  )
}

function record(value: unknown, place: string, what: string): Record<string, OptionValue> {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return value as Record<string, OptionValue>
  }
  throw wrong(place, `needs an object as ${what} but has ${describe(value)}.`)
}

function word(value: unknown, place: string, what: string): string {
  if (typeof value === 'string') return value
  throw wrong(place, `needs a word as ${what} but has ${describe(value)}.`)
}

function wrong(place: string, what: string, cause?: unknown): FoveaError {
  return new FoveaError('bad-file', `${place}: the topology ${what}`, { cause })
}
