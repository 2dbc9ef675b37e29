// From descriptors to the text that the engine reads: one line per layer, in topological order,
// `type key=value ...`. Names are given and checked here; what the options mean, the engine knows.
// SPDX-License-Identifier: MIT
import { FoveaError } from './errors.js'
import type { Layer, OptionRecord, OptionValue, SymbolicTensor } from './graph.js'
import { describe } from './options.js'

const kName = /^[A-Za-z0-9_./-]+$/

/** The text of a model, from the tensors where it begins and ends. */
export function modelSpec(
  name: string,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
): string {
  checkName('model', name)
  const order = topologicalOrder(inputs, outputs)
  const names = layerNames(order)
  const nameOf = (tensor: SymbolicTensor): string => names.get(tensor) ?? ''
  const lines = [`model name=${name} outputs=${outputs.map(nameOf).join(',')}`]
  for (const tensor of order) {
    const { type, options } = tensor.layer
    const { name: _given, inputShape: _shape, ...rest } = options
    const words = [type, `name=${nameOf(tensor)}`]
    if (tensor.inputs.length > 0) words.push(`from=${tensor.inputs.map(nameOf).join(',')}`)
    words.push(...optionWords(`layer "${nameOf(tensor)}" (${type})`, rest))
    lines.push(words.join(' '))
  }
  return lines.join('\n') + '\n'
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
function topologicalOrder(
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
  checkSharing(done)
  return [...done]
}

function checkSharing(tensors: Iterable<SymbolicTensor>): void {
  const seen = new Set<Layer>()
  for (const { layer } of tensors) {
    if (seen.has(layer)) {
      throw new FoveaError(
        'unsupported',
        `layer (${layer.type}): is applied twice in one model, but weights cannot be shared yet. ` +
          `Make a second layer.`,
      )
    }
    seen.add(layer)
  }
}

/** A name for every tensor: the layer's own, else its type and a number that is still free. */
function layerNames(order: readonly SymbolicTensor[]): Map<SymbolicTensor, string> {
  const names = new Map<SymbolicTensor, string>()
  const taken = new Set<string>()
  for (const tensor of order) {
    const { type, options } = tensor.layer
    const given = options['name']
    if (given === undefined) continue
    const name = checkName(`layer (${type})`, given)
    if (taken.has(name)) {
      throw new FoveaError(
        'bad-option',
        `layer "${name}" (${type}): another layer of the model has this name. Names are given once.`,
      )
    }
    taken.add(name)
    names.set(tensor, name)
  }
  const numbers = new Map<string, number>()
  for (const tensor of order) {
    if (names.has(tensor)) continue
    const stem = snakeCase(tensor.layer.type)
    let number = (numbers.get(stem) ?? 0) + 1
    while (taken.has(`${stem}_${number}`)) ++number
    numbers.set(stem, number)
    names.set(tensor, `${stem}_${number}`)
  }
  return names
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
