// A model as those see it who write it in another format: every value with the options of its layer
// filled in, its shape and what it reads, in an order in which it can be computed; and the weights.
// SPDX-License-Identifier: MIT
import type { ModelDescription } from '../engine/engine.js'
import { FoveaError } from '../errors.js'
import type { Layer, SymbolicTensor } from '../graph.js'
import type { Graph } from '../spec.js'
import type { NamedTensor } from '../weights.js'

/** What a model hands over to be written. */
export interface Writable {
  graph: Graph
  description: ModelDescription
  weights: readonly NamedTensor[]
}

/** A shape without the batch; null where a size can be any. */
export type RowShape = readonly (number | null)[]

/** What a layer gives where it is applied. */
export interface Value {
  /** `dense_1`, or `dense_1.2` where the layer is applied for the second time. */
  name: string
  /** The layer's own name. */
  layer: string
  type: string
  config: Readonly<Record<string, unknown>>
  trainable: boolean
  inputs: readonly Value[]
  shape: RowShape
}

/** A model's graph, ready to be written. */
export interface Network {
  name: string
  inputs: readonly Value[]
  outputs: readonly Value[]
  /** All of them, inputs first, each after what it reads. */
  values: readonly Value[]
  /** By name: `conv2d_1/kernel`. */
  weights: ReadonlyMap<string, NamedTensor>
}

/** Gathers what a writer needs to know. */
export function networkOf({ graph, description, weights }: Writable): Network {
  const made = new Map<SymbolicTensor, Value>()
  const firsts = new Map<Layer, string>()
  const find = (tensor: SymbolicTensor): Value => made.get(tensor) as Value
  for (const [tensor, name] of graph.names) {
    const { layer, inputs } = tensor
    const own = firsts.get(layer) ?? name
    firsts.set(layer, own)
    const info = description.layers.find((one) => one.name === own)
    const port = description.values.find((one) => one.name === name)
    made.set(tensor, {
      name,
      layer: own,
      type: layer.type,
      config: info?.config ?? {},
      trainable: info?.trainable ?? true,
      inputs: inputs.map(find),
      shape: port?.shape ?? [],
    })
  }
  return {
    name: graph.name,
    inputs: graph.inputs.map(find),
    outputs: graph.outputs.map(find),
    values: [...made.values()],
    weights: new Map(weights.map((one) => [one.name, one])),
  }
}

/**
 * Whether an input or output is [channels, height, width] here too: where layers are channels first, a
 * permute stands behind every image that comes in and before those that go out.
 */
export function isTurned({ inputs, values }: Network, value: Value): boolean {
  const dims = (one: Value): string => (one.type === 'permute' ? String(one.config['dims']) : '')
  const images = inputs.filter(({ shape }) => shape.length === 3)
  const readers = values.filter((one) => one.inputs.some((from) => images.includes(from)))
  if (readers.length === 0 || readers.some((one) => dims(one) !== '2,3,1')) return false
  return value.type === 'input' ? images.includes(value) : dims(value) === '3,1,2'
}

/** A layer's weight, or undefined where it has none of this name (`useBias: false`). */
export function weightOf(
  { weights }: Network,
  value: Value,
  kind: string,
): NamedTensor | undefined {
  return weights.get(`${value.layer}/${kind}`)
}

/** A number among the options. */
export const numberIn = (value: Value, key: string): number => Number(value.config[key])

/** A list of numbers among the options. */
export const numbersIn = (value: Value, key: string): number[] =>
  [value.config[key]].flat(2).map(Number)

/** A word among the options. */
export const wordIn = (value: Value, key: string): string => String(value.config[key] ?? '')

/** What is read by a layer of one input. */
export const inputOf = (value: Value): Value => value.inputs[0] as Value

/** The sentence for a layer that a format cannot express. */
export function inexpressible(
  format: string,
  { name, type }: Value,
  why: string,
  remedy = 'Cut the model before it with fovea.model({ inputs, outputs }), or save it as safetensors.',
): FoveaError {
  return new FoveaError('unsupported', `${format}: layer "${name}" (${type}): ${why} ${remedy}`)
}

/** Layers that change something only while a model trains; otherwise they pass their input on. */
export const kTrainingOnly: ReadonlySet<string> = new Set([
  'dropout',
  'spatialDropout2d',
  'gaussianNoise',
  'gaussianDropout',
  'randomFlip',
  'randomTranslation',
  'randomRotation',
  'randomZoom',
  'randomContrast',
  'randomBrightness',
  'randomErasing',
])

/** Options of localResponseNormalization under one name each, whichever were given. */
export function responseOf(value: Value): { size: number; k: number; alpha: number; beta: number } {
  const { depthRadius, bias } = value.config
  return {
    size: depthRadius === undefined ? numberIn(value, 'size') : 2 * Number(depthRadius) + 1,
    k: bias === undefined ? numberIn(value, 'k') : Number(bias),
    alpha: numberIn(value, 'alpha'),
    beta: numberIn(value, 'beta'),
  }
}
