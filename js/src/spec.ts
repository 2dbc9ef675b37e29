// From descriptors to the text that the engine reads: one line per layer, in topological order,
// `type key=value ...`. Names are given and checked here; what the options mean, the engine knows.
// SPDX-License-Identifier: MIT
import { FoveaError } from './errors.js'
import type { Layer, OptionRecord, OptionValue, SymbolicTensor } from './graph.js'
import { describe } from './options.js'

const kName = /^[A-Za-z0-9_./-]+$/

/** A model's graph: every value has a name, and stands after all that it is made of. */
export interface Graph {
  name: string
  inputs: readonly SymbolicTensor[]
  outputs: readonly SymbolicTensor[]
  names: ReadonlyMap<SymbolicTensor, string>
}

/** What a layer shares with a model that lives already. */
export interface Share {
  /** The layer's name there. */
  name: string
  /** Number of the model and name of the layer, for the engine: `3/conv2d_1`. */
  weights: string
  trainable: boolean
}

/** What each layer shares; undefined where it is new. */
export type Shares = (layer: Layer) => Share | undefined

/** Orders and names what lies between inputs and outputs. */
export function modelGraph(
  name: string,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
  shares: Shares,
): Graph {
  checkName('model', name)
  return { name, inputs, outputs, names: valueNames(topologicalOrder(inputs, outputs), shares) }
}

/** The text of a model. */
export function modelSpec({ name, outputs, names }: Graph, shares: Shares): string {
  const nameOf = (tensor: SymbolicTensor): string => names.get(tensor) ?? ''
  const lines = [`model name=${name} outputs=${outputs.map(nameOf).join(',')}`]
  const made = new Map<Layer, string>()
  for (const [{ layer, inputs }, own] of names) {
    const { type, options } = layer
    const from = inputs.length > 0 ? [`from=${inputs.map(nameOf).join(',')}`] : []
    const first = made.get(layer)
    if (first !== undefined) {
      lines.push(['again', `name=${own}`, `layer=${first}`, ...from].join(' '))
      continue
    }
    made.set(layer, own)
    const { name: _given, inputShape: _shape, ...rest } = options
    const share = shares(layer)
    const { weights, trainable } = share ?? { weights: undefined, trainable: rest['trainable'] }
    const words = optionWords(`layer "${own}" (${type})`, {
      ...(type === 'input' ? inputSizes(rest['shape']) : rest),
      weights,
      trainable,
    })
    lines.push([type, `name=${own}`, ...from, ...words].join(' '))
  }
  return lines.join('\n') + '\n'
}

/** Sizes that can be any, null in a shape, are told apart by the numbers of their dimensions. */
function inputSizes(shape: OptionValue): OptionRecord {
  if (!Array.isArray(shape) || !shape.includes(null)) return { shape }
  const unknown = shape.flatMap((size, k) => (size === null ? [k] : []))
  return { shape: shape.map((size: OptionValue) => size ?? 1), unknown }
}

/** One line of the training text: `optimizer type=adam learningRate=0.001`. */
export function descriptorLine(kind: string, type: string, options: OptionRecord): string {
  checkName(kind, type)
  return [kind, `type=${type}`, ...optionWords(`${kind} ${type}`, options)].join(' ')
}

/** `key=value` for every option that was given; nested ones by dotted keys. */
function optionWords(place: string, options: OptionRecord): string[] {
  const words: string[] = []
  const add = (key: string, value: OptionValue): void => {
    if (value === undefined) return
    if (isRecord(value)) {
      for (const [name, inner] of Object.entries(value)) add(`${key}.${name}`, inner)
    } else {
      words.push(`${key}=${valueText(place, key, value)}`)
    }
  }
  for (const [key, value] of Object.entries(options)) {
    if (!kName.test(key)) throw unknownOption(place, key)
    add(key, value)
  }
  return words
}

function isRecord(value: OptionValue): value is OptionRecord {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function valueText(place: string, key: string, value: OptionValue): string {
  if (Array.isArray(value)) {
    const flat = (value as readonly OptionValue[]).flat(4) as OptionValue[]
    return flat.map((one) => valueText(place, key, one)).join(',')
  }
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  if (typeof value === 'string' && kName.test(value)) return value
  throw new FoveaError(
    'bad-option',
    `${place}: ${key} needs a finite number, true or false, a plain word, or an array of these ` +
      `but gets ${describe(value)}.`,
  )
}

function unknownOption(place: string, key: string): FoveaError {
  return new FoveaError(
    'bad-option',
    `${place}: ${describe(key)} is not the name of an option. Names are made of letters, digits, ` +
      `_, ., / and -.`,
  )
}

/** Inputs first, in the order given; then every layer after all that it reads. */
export function topologicalOrder(
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
): SymbolicTensor[] {
  const done = new Set<SymbolicTensor>(inputs)
  const waiting = [...outputs].reverse()
  for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
    if (done.has(tensor)) continue
    if (tensor.layer.type === 'input') {
      throw new FoveaError(
        'bad-option',
        `model: an output reads an input that is not in the list of inputs. Put it into ` +
          `model({ inputs: [...], outputs }).`,
      )
    }
    const missing = tensor.inputs.filter((one) => !done.has(one))
    if (missing.length === 0) done.add(tensor)
    else waiting.push(tensor, ...missing.reverse())
  }
  return [...done]
}

/**
 * A name for every value: its layer's own, else the one that the layer has in the model it comes
 * from, else its type and a number that is free; `dense_1.2` where a layer is applied again.
 */
function valueNames(order: readonly SymbolicTensor[], shares: Shares): Map<SymbolicTensor, string> {
  const layers = new Set(order.map(({ layer }) => layer))
  const names = new Map<Layer, string>()
  const taken = new Set<string>()
  const give = (layer: Layer, name: string): void => void (taken.add(name), names.set(layer, name))
  for (const layer of layers) {
    const given = layer.options['name']
    if (given === undefined) continue
    const name = checkName(`layer (${layer.type})`, given)
    if (taken.has(name)) {
      throw new FoveaError(
        'bad-option',
        `layer "${name}" (${layer.type}): another layer of the model has this name. Names are given once.`,
      )
    }
    give(layer, name)
  }
  for (const layer of layers) {
    const there = names.has(layer) ? undefined : shares(layer)?.name
    if (there !== undefined && !taken.has(there)) give(layer, there)
  }
  const free = (stem: string, from: number): string => {
    let number = from
    while (taken.has(`${stem}${number}`)) ++number
    return `${stem}${number}`
  }
  for (const layer of layers) {
    if (!names.has(layer)) give(layer, free(`${snakeCase(layer.type)}_`, 1))
  }
  return new Map(
    order.map((tensor) => {
      const own = names.get(tensor.layer) ?? ''
      const name = layers.delete(tensor.layer) ? own : free(`${own}.`, 2)
      taken.add(name)
      return [tensor, name]
    }),
  )
}

function checkName(place: string, name: unknown): string {
  if (typeof name === 'string' && kName.test(name)) return name
  throw new FoveaError(
    'bad-option',
    `${place}: name needs letters, digits, _, ., / or - without spaces but gets ${describe(name)}.`,
  )
}

/** maxPooling2d -> max_pooling2d, as Keras names its layers. */
export function snakeCase(type: string): string {
  return type.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
