// Regularizers and constraints, which matter when training goes on elsewhere. Initial values do not:
// the weights are there.
// SPDX-License-Identifier: MIT
import type { OptionRecord, OptionValue } from '../../graph.js'
import type { Value } from '../network.js'

type Config = Record<string, unknown>

const kConstraints: Record<string, string> = {
  maxNorm: 'MaxNorm',
  unitNorm: 'UnitNorm',
  nonNeg: 'NonNeg',
  minMaxNorm: 'MinMaxNorm',
}

function regularizer({ l1 = 0, l2 = 0 }: OptionRecord): Config {
  return { class_name: 'L1L2', config: { l1, l2 } }
}

function constraint({ type, maxValue, minValue, rate, axis }: OptionRecord): Config {
  const axes = Array.isArray(axis) && axis.length === 1 ? (axis[0] as OptionValue) : axis
  const config = { max_value: maxValue, min_value: minValue, rate, axis: axes }
  const given = Object.entries(config).filter(([, value]) => value !== undefined)
  return { class_name: kConstraints[String(type)], config: Object.fromEntries(given) }
}

const isRecord = (value: unknown): value is OptionRecord =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** Options such as `kernel_regularizer`; `kinds` are the weights' names here. */
export function trainingConfig({ type, config }: Value, kinds: readonly string[]): Config {
  const result: Config = {}
  const words = kinds.map((kind) => {
    const stem = kind.replace(/_kernel$/, '')
    return type === 'depthwiseConv2d' && kind === 'kernel' ? 'depthwise' : stem
  })
  for (const word of [...words, 'bias', 'activity']) {
    const price = config[`${word}Regularizer`]
    const bound = config[`${word}Constraint`]
    if (isRecord(price)) result[`${word}_regularizer`] = regularizer(price)
    if (isRecord(bound)) result[`${word}_constraint`] = constraint(bound)
  }
  return result
}
