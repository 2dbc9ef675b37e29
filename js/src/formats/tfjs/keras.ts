// A layer of Keras as it stands in a file: its options, its activation and penalties, in the words of
// Keras 2 (TensorFlow.js writes these) or Keras 3. What each layer is here, keras-layers.ts says.
// SPDX-License-Identifier: MIT
import type { OptionRecord, OptionValue } from '../../graph.js'
import type { Block } from '../arrange.js'
import type { ModelBuilder, Place } from '../builder.js'
import { isRecord } from './json.js'
import type { Json } from './json.js'
import { kerasLayer } from './keras-layers.js'

/** Who wrote the model: the same words mean other numbers. */
export type Dialect = 'tfjs' | 'keras2' | 'keras3'

/** A layer of the file. */
export interface KerasEntry {
  className: string
  name: string
  config: Json
  dialect: Dialect
}

/** One layer of ours for it, or several in a row. */
export interface Step {
  type: string
  options: OptionRecord
  /** Our weights' names, and theirs, each with what it may be called. */
  weights?: Readonly<Record<string, readonly string[]>>
  /** Instead of weights of the file: made of them. */
  arrange?: (kind: string, block: Block) => Block
}

const kActivations: Record<string, string> = {
  ...Object.fromEntries(
    ['linear', 'relu', 'relu6', 'elu', 'selu', 'gelu', 'swish', 'silu', 'mish', 'sigmoid'].map(
      (name) => [name, name],
    ),
  ),
  tanh: 'tanh',
  softplus: 'softplus',
  softsign: 'softsign',
  softmax: 'softmax',
  exponential: 'exponential',
  leaky_relu: 'leakyRelu',
  log_softmax: 'logSoftmax',
}

export class KerasReader {
  constructor(
    private readonly to: ModelBuilder,
    private readonly entry: KerasEntry,
    private readonly inputs: readonly Place[],
  ) {}

  unsupported(why: string): Error {
    const { name, className } = this.entry
    return this.to.unsupported(`layer "${name}" (${className}): ${why}`)
  }

  get<Type>(key: string, usual: Type): Type {
    const value = this.entry.config[key]
    return value === undefined || value === null ? usual : (value as Type)
  }

  has(key: string): boolean {
    const value = this.entry.config[key]
    return value !== undefined && value !== null
  }

  number(key: string, usual?: number): number {
    const value = this.get<unknown>(key, usual)
    if (typeof value === 'number' && Number.isFinite(value)) return value
    const { name, className } = this.entry
    throw this.to.badFile(`layer "${name}" (${className}): ${key} is not a number.`)
  }

  numbers(key: string, usual: readonly number[]): number[] {
    const list = [this.get<unknown>(key, usual)].flat(3)
    if (list.every((one) => typeof one === 'number' && Number.isFinite(one))) {
      return list as number[]
    }
    const { name, className } = this.entry
    throw this.to.badFile(`layer "${name}" (${className}): ${key} holds what is no number.`)
  }

  /** The layers that stand for this one. */
  steps(): Step[] {
    if (/^channels_?first$/i.test(this.get('data_format', ''))) {
      throw this.unsupported('data_format must be channels_last.')
    }
    const make = kerasLayer(this.entry.className)
    if (make === undefined) throw this.unsupported('Fovea has no such layer.')
    return [make(this)].flat()
  }

  get dialect(): Dialect {
    return this.entry.dialect
  }

  /** Dimensions of the input, the batch among them. */
  get rank(): number {
    return (this.inputs[0]?.shape.length ?? 0) + 1
  }

  /** An axis counted from the last, which is -1. */
  fromLast(axis: number): number {
    return axis < 0 ? axis : axis - this.rank
  }

  /** Refuses an axis that is not the last. */
  lastAxis(usual = -1): void {
    const axes = this.numbers('axis', [usual])
    if (axes.length === 1 && this.fromLast(axes[0] as number) === -1) return
    throw this.unsupported('its axis must be the last one.')
  }

  /** The layer with its activation: as an option, or as layers behind it. */
  activated(step: Step): Step[] {
    const given = this.get<unknown>('activation', 'linear')
    const inner = isRecord(given) ? given['config'] : given
    const word = typeof inner === 'string' ? inner : String((given as Json)['class_name'])
    const name = word.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/^_/, '')
    if (name === 'hard_sigmoid') {
      if (this.dialect === 'keras3') return ended(step, 'hardSigmoid')
      // Until Keras 2 and in TensorFlow.js: clip(0.2 x + 0.5, 0, 1).
      const line = { type: 'rescaling', options: { scale: 0.2, offset: 0.5 } }
      return [step, line, { type: 'reLU', options: { maxValue: 1 } }]
    }
    const known = Object.hasOwn(kActivations, name) ? kActivations[name] : undefined
    if (known === undefined) throw this.unsupported(`Fovea has no activation "${word}".`)
    return ended(step, known)
  }

  /** Regularizers and constraints of these weights: `kernel` -> `kernel_regularizer`. */
  penalties(...words: readonly string[]): OptionRecord {
    const options: Record<string, OptionValue> = {}
    for (const word of words) {
      const price = regularizerOf(this.entry.config[`${word}_regularizer`])
      if (price !== undefined) options[`${word}Regularizer`] = price
      const bound = constraintOf(this.entry.config[`${word}_constraint`])
      if (bound !== undefined) options[`${word}Constraint`] = bound
    }
    return options
  }
}

const ended = (step: Step, activation: string): Step[] =>
  activation === 'linear' ? [step] : [{ ...step, options: { ...step.options, activation } }]

function regularizerOf(given: unknown): OptionRecord | undefined {
  const config = isRecord(given) && isRecord(given['config']) ? given['config'] : undefined
  if (config === undefined) return undefined
  const amount = (key: string): number => (typeof config[key] === 'number' ? config[key] : 0)
  const [l1, l2] = [amount('l1'), amount('l2')]
  return l1 === 0 && l2 === 0 ? undefined : { type: 'l1l2', l1, l2 }
}

const kConstraints: Record<string, string> = {
  MaxNorm: 'maxNorm',
  UnitNorm: 'unitNorm',
  NonNeg: 'nonNeg',
  MinMaxNorm: 'minMaxNorm',
}

function constraintOf(given: unknown): OptionRecord | undefined {
  if (!isRecord(given)) return undefined
  const type = kConstraints[String(given['class_name'])]
  const config = isRecord(given['config']) ? given['config'] : {}
  const words: Record<string, string> = { max_value: 'maxValue', min_value: 'minValue' }
  const options = Object.entries(config).flatMap(([key, value]) =>
    ['max_value', 'min_value', 'rate', 'axis'].includes(key) && value !== null
      ? [[words[key] ?? key, value as OptionValue] as const]
      : [],
  )
  return type === undefined ? undefined : { type, ...Object.fromEntries(options) }
}
