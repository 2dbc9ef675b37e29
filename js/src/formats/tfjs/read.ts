// A layers model of TensorFlow.js as a model: the topology of a model.json in Keras 2's dialect, which
// TensorFlow.js writes, or Keras 3's, and the weights beside it. Models inside models are laid open.
// SPDX-License-Identifier: MIT
import type { Model } from '../../model.js'
import type { Block } from '../arrange.js'
import { ModelBuilder } from '../builder.js'
import type { Part, Place } from '../builder.js'
import { isRecord } from './json.js'
import type { Json } from './json.js'
import { KerasReader } from './keras.js'
import type { Dialect, KerasEntry, Step } from './keras.js'
import { readWeights } from './weights.js'
import type { WeightSource } from './weights.js'

/** What makes outputs from inputs; called again, it uses the same weights again. */
type Applied = (inputs: readonly Place[]) => Place[]

const kModels = new Set(['Sequential', 'Functional', 'Model'])
const kDeepest = 20

/**
 * Reads a layers model.
 *
 * @param json the parsed model.json, or what `toTfjs` gave
 * @param weightsOf the bytes of the files that the manifest names, one behind the other
 * @throws FoveaError `bad-file`; `unsupported` for a layer that Fovea lacks, by its name
 */
export async function readTfjs(json: unknown, weightsOf: WeightSource): Promise<Model> {
  const to = new ModelBuilder('loadModel')
  const root = isRecord(json) ? json : {}
  let topology = root['modelTopology']
  if (root['format'] === 'graph-model') {
    throw to.unsupported(
      'the model.json holds a graph model, which has no layers. Convert it as a layers model.',
    )
  }
  if (!isRecord(topology)) throw to.badFile('the model.json has no modelTopology.')
  const { keras_version: version, backend } = topology
  let config = topology['model_config'] ?? topology
  if (typeof config === 'string') {
    try {
      config = JSON.parse(config)
    } catch (cause) {
      throw to.badFile('its model_config is no JSON.', cause)
    }
  }
  topology = config
  if (!isRecord(topology)) throw to.badFile('its model_config is no object.')
  const dialect = dialectOf(topology, String(version ?? ''), String(backend ?? ''))
  const reader = new TopologyReader(to, dialect, await readWeights(to, root, weightsOf))
  return reader.model(topology)
}

function dialectOf(topology: Json, version: string, backend: string): Dialect {
  if (/tensor_?flow\.js/.test(backend) || /tfjs/.test(version)) return 'tfjs'
  return version.startsWith('3') || 'registered_name' in topology ? 'keras3' : 'keras2'
}

class TopologyReader {
  constructor(
    private readonly to: ModelBuilder,
    private readonly dialect: Dialect,
    private readonly weights: Map<string, Block>,
  ) {}

  async model(topology: Json): Promise<Model> {
    const { config, name } = this.checked(topology, 'the model')
    const layers = this.layersOf(config)
    if (topology['class_name'] === 'Sequential') {
      const input = this.firstInput(config, layers)
      const outputs = this.sequential(layers, [], 0)([input])
      return this.to.finish(name, [input], outputs)
    }
    const inputs = references(config['input_layers']).map(([layer]) => {
      const entry = layers.find((one) => one['name'] === layer || nameOf(one) === layer)
      return this.input(entry ?? {}, layer)
    })
    const outputs = this.functional(config, [], 0)(inputs)
    return this.to.finish(name, inputs, outputs)
  }

  private checked(given: Json, what: string): { config: Json; name: string } {
    const { class_name: type, config } = given
    if (!kModels.has(String(type))) {
      throw this.to.unsupported(
        `${what} is a ${String(type)}. Only Sequential and Functional models say what they are made of.`,
      )
    }
    // Sequential models of old hold their layers alone.
    const record = Array.isArray(config) ? { layers: config } : config
    if (!isRecord(record)) throw this.to.badFile(`${what} has no config.`)
    return { config: record, name: String(record['name'] ?? 'model') }
  }

  private layersOf({ layers }: Json): Json[] {
    if (Array.isArray(layers) && layers.every(isRecord)) return layers
    throw this.to.badFile('a model in it has no list of layers.')
  }

  private input(entry: Json, wanted: string): Place {
    const config = isRecord(entry['config']) ? entry['config'] : {}
    return this.to.input(wanted, this.shapeOf(config, wanted))
  }

  private shapeOf(config: Json, name: string): (number | null)[] {
    const { batch_input_shape: old, batch_shape: now } = config
    const shape = old ?? now ?? config['build_input_shape']
    if (Array.isArray(shape) && shape.every((one) => one === null || typeof one === 'number')) {
      return shape.slice(1) as (number | null)[]
    }
    throw this.to.badFile(`"${name}" does not say the shape of its input.`)
  }

  private firstInput(model: Json, layers: readonly Json[]): Place {
    const [first = {}] = layers
    const config = isRecord(first['config']) ? first['config'] : {}
    const known = ['batch_input_shape', 'batch_shape'].some((key) => key in config)
    if (kModels.has(String(first['class_name']))) {
      const inner = this.checked(first, nameOf(first)).config
      return this.firstInput(inner, this.layersOf(inner))
    }
    const name = first['class_name'] === 'InputLayer' ? nameOf(first) : `${nameOf(first)}_input`
    return this.to.input(name, this.shapeOf(known ? config : model, name))
  }

  private sequential(layers: readonly Json[], path: readonly string[], depth: number): Applied {
    const all = layers
      .filter((one) => one['class_name'] !== 'InputLayer')
      .map((one) => this.layer(one, path, depth))
    return (inputs) => all.reduce<Place[]>((places, apply) => apply(places), [...inputs])
  }

  /** A graph: each value is made when somebody asks for it. */
  private functional(config: Json, path: readonly string[], depth: number): Applied {
    const layers = this.layersOf(config)
    const entries = new Map(layers.map((one) => [nameOf(one), one]))
    const applied = new Map<string, Applied>()
    const ends = references(config['output_layers'])
    const starts = references(config['input_layers'])
    const all = layers.flatMap((one) => nodesOf(one).flatMap(references)).concat(ends)
    return (inputs) => {
      const made = new Map<string, Place[]>()
      starts.forEach(([name], k) => made.set(`${name} 0`, [inputs[k] as Place]))
      const open = new Set<string>()
      const values = ([name, index, tensor]: Reference): Place => {
        const key = `${name} ${index}`
        const there = made.get(key)?.[tensor]
        if (there !== undefined) return there
        const entry = entries.get(name)
        // Networks count a use more: the one that they were made with.
        const network = entry !== undefined && kModels.has(String(entry['class_name']))
        const counts = network && !all.some(([one, at]) => one === name && at === 0)
        const node = entry && nodesOf(entry)[counts ? index - 1 : index]
        if (entry === undefined || node === undefined || open.has(key)) {
          throw this.to.badFile(`something reads "${name}" (use ${index}), which is not there.`)
        }
        open.add(key)
        const from = references(node).map(values)
        const apply = applied.get(name) ?? this.layer(entry, path, depth)
        applied.set(name, apply)
        made.set(key, apply(from))
        const value = made.get(key)?.[tensor]
        if (value !== undefined) return value
        throw this.to.badFile(`"${name}" has no output ${tensor}.`)
      }
      return ends.map(values)
    }
  }

  private layer(given: Json, path: readonly string[], depth: number): Applied {
    const name = nameOf(given)
    const className = String(given['class_name'])
    if (kModels.has(className)) {
      if (depth > kDeepest) throw this.to.badFile('its models are nested too deeply.')
      const { config } = this.checked(given, `"${name}"`)
      const inside = [...path, name]
      return className === 'Sequential'
        ? this.sequential(this.layersOf(config), inside, depth + 1)
        : this.functional(config, inside, depth + 1)
    }
    const config = isRecord(given['config']) ? given['config'] : {}
    const entry = { className, name, config, dialect: this.dialect }
    let parts: Part[] | undefined
    return (inputs) => {
      parts ??= this.parts(entry, path, inputs)
      const chain = (places: readonly Place[], part: Part): Place[] => [this.to.apply(part, places)]
      return parts.reduce<readonly Place[]>(chain, inputs) as Place[]
    }
  }

  private parts(entry: KerasEntry, path: readonly string[], inputs: readonly Place[]): Part[] {
    const steps = new KerasReader(this.to, entry, inputs).steps()
    const frozen = entry.config['trainable'] === false ? { trainable: false } : {}
    return steps.map((step, k) => {
      const name = k === 0 ? entry.name : `${entry.name}_${k + 1}`
      const weights = this.weightsOf(entry, path, step)
      return this.to.part(step.type, name, { ...step.options, ...frozen }, weights)
    })
  }

  /** Weights are found by the end of their names; before it there may be the names of models. */
  private weightsOf(
    { name }: KerasEntry,
    path: readonly string[],
    { weights = {}, arrange }: Step,
  ): Record<string, Block> {
    const found: Record<string, Block> = {}
    Object.entries(weights).forEach(([kind, theirs], index) => {
      for (const word of [...theirs, `vars/${index}`]) {
        const ending = `${name}/${word}`
        const full = [...path, ending].join('/')
        const names = [...this.weights.keys()]
        const key =
          [full, ending].find((one) => this.weights.has(one)) ??
          names.find((one) => one.endsWith(`/${full}`)) ??
          names.find((one) => one.endsWith(`/${ending}`))
        const block = key === undefined ? undefined : this.weights.get(key)
        if (block === undefined) continue
        found[kind] = arrange?.(kind, block) ?? block
        return
      }
    })
    return found
  }
}

const nameOf = ({ name, config }: Json): string =>
  String((isRecord(config) ? config['name'] : undefined) ?? name ?? 'layer')

const nodesOf = ({ inbound_nodes: nodes }: Json): unknown[] => (Array.isArray(nodes) ? nodes : [])

type Reference = readonly [name: string, use: number, output: number]

/**
 * All values that are named in a piece of JSON, in order: Keras 2's `[name, use, output]`, Keras 3's
 * `{ class_name: '__keras_tensor__', config: { keras_history: [...] } }`, however deep they stand.
 */
function references(given: unknown, depth = 0): Reference[] {
  if (depth > 8) return []
  if (Array.isArray(given)) {
    const [name, use, output] = given as unknown[]
    if (typeof name === 'string' && typeof use === 'number' && typeof output === 'number') {
      return [[name, use, output]]
    }
    return given.flatMap((one) => references(one, depth + 1))
  }
  if (!isRecord(given)) return []
  const { config } = given
  if (isRecord(config) && 'keras_history' in config) {
    return references(config['keras_history'], depth + 1)
  }
  return references(given['args'], depth + 1)
}
