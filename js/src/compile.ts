// The training text: optimizer, losses and metrics as the engine reads them.
// SPDX-License-Identifier: MIT
import type { PortInfo } from './engine/engine.js'
import { FoveaError } from './errors.js'
import type { OptionRecord } from './graph.js'
import type { CustomLoss, Loss, LossName } from './losses.js'
import type { Metric, MetricName } from './metrics.js'
import { checkNames, describe } from './options.js'
import type { Optimizer, OptimizerName } from './optimizers.js'
import { descriptorLine } from './spec.js'

/** One value for each output: an array, or an object by the outputs' names. */
export type PerOutput<T> = readonly T[] | Readonly<Record<string, T>>

/** A name, a descriptor, or a function of one's own. */
export type LossChoice = LossName | Loss | CustomLoss
/** A name, or a descriptor. */
export type MetricChoice = MetricName | Metric

/** What `compile` takes. */
export interface CompileOptions {
  /** A name, or `fovea.optimizers.adam({ learningRate: 1e-3 })`. */
  optimizer: OptimizerName | Optimizer
  /**
   * A name, `fovea.losses.x(options)`, or a function of one's own; for several outputs an array, or
   * an object by name.
   */
  loss: LossChoice | PerOutput<LossChoice>
  /** What else to measure: on every output, or an array for each by name. Default none. */
  metrics?:
    readonly MetricChoice[] | Readonly<Record<string, MetricChoice | readonly MetricChoice[]>>
  /** What each output's loss is multiplied by before they are added up. Default 1. */
  lossWeights?: PerOutput<number>
}

/** What the engine is told, and what stays here. */
export interface TrainingRecipe {
  /** For `compileModel`. */
  text: string
  /** The losses that JavaScript computes, by the number of their output. */
  customLosses: Map<number, CustomLoss>
}

interface Descriptor {
  kind: string
  type: string
  options: OptionRecord
}

/** Reads what `compile` was given. */
export function trainingRecipe(
  outputs: readonly PortInfo[],
  options: CompileOptions,
): TrainingRecipe {
  const place = 'compile'
  checkNames(place, options, ['optimizer', 'loss', 'metrics', 'lossWeights'])
  const losses = lossList(place, outputs, options.loss)
  const weights = weightList(place, outputs, options.lossWeights)
  const customLosses = new Map<number, CustomLoss>()
  const lossLines = losses.map((loss, k) => {
    const weight: OptionRecord = weights === undefined ? {} : { lossWeight: weights[k] }
    if (typeof loss !== 'function') return line(place, 'loss', loss, weight)
    customLosses.set(k, loss as CustomLoss)
    return descriptorLine('loss', 'custom', weight)
  })
  const lines = [
    line(place, 'optimizer', options.optimizer),
    ...lossLines,
    ...metricLines(place, outputs, options.metrics ?? []),
    '',
  ]
  return { text: lines.join('\n'), customLosses }
}

function lossList(place: string, outputs: readonly PortInfo[], loss: unknown): unknown[] {
  const several = isByOutput(loss)
  return several ? perOutput(place, 'loss', outputs, loss) : outputs.map(() => loss)
}

function weightList(
  place: string,
  outputs: readonly PortInfo[],
  weights: PerOutput<number> | undefined,
): number[] | undefined {
  if (weights === undefined) return undefined
  if (!isByOutput(weights)) throw wrongWeights(place, weights)
  return perOutput(place, 'lossWeights', outputs, weights).map((weight) => {
    if (weight === undefined) return 1
    if (typeof weight === 'number' && weight >= 0 && Number.isFinite(weight)) return weight
    throw wrongWeights(place, weight)
  })
}

function wrongWeights(place: string, value: unknown): FoveaError {
  return new FoveaError(
    'bad-option',
    `${place}: lossWeights needs a number of 0 or more for each output, as an array or by name, but ` +
      `gets ${describe(value)}.`,
  )
}

/** An array, or an object that is no descriptor: an output may be called "kind" too. */
export function isByOutput(given: unknown): given is PerOutput<unknown> {
  return given !== null && typeof given === 'object' && !('kind' in given && 'options' in given)
}

/** In the order of the outputs; undefined where a name is left out. */
function perOutput(
  place: string,
  option: string,
  outputs: readonly PortInfo[],
  given: PerOutput<unknown>,
): unknown[] {
  const names = outputs.map(({ name }) => name)
  if (Array.isArray(given)) {
    if (given.length === outputs.length) return [...(given as readonly unknown[])]
    throw new FoveaError(
      'bad-option',
      `${place}: ${option} needs one entry per output (${names.join(', ')}) but has ${given.length}.`,
    )
  }
  const byName = given as Readonly<Record<string, unknown>>
  checkNames(`${place}: ${option}`, byName, names)
  return names.map((name) => byName[name])
}

function metricLines(
  place: string,
  outputs: readonly PortInfo[],
  metrics: NonNullable<CompileOptions['metrics']>,
): string[] {
  if (Array.isArray(metrics)) {
    return (metrics as readonly unknown[]).map((metric) => line(place, 'metric', metric))
  }
  if (!isByOutput(metrics)) {
    throw new FoveaError(
      'bad-option',
      `${place}: metrics needs an array, such as ['accuracy'], or an object of arrays by output, but ` +
        `gets ${describe(metrics)}.`,
    )
  }
  return perOutput(place, 'metrics', outputs, metrics).flatMap((given, k) => {
    const output = outputs[k]?.name
    const list: readonly unknown[] = Array.isArray(given) ? (given as unknown[]) : [given]
    return list
      .filter((one) => one !== undefined)
      .map((one) => line(place, 'metric', one, { output }))
  })
}

function line(place: string, kind: string, given: unknown, more: OptionRecord = {}): string {
  if (typeof given === 'string') return descriptorLine(kind, given, more)
  if (given !== null && typeof given === 'object' && 'kind' in given) {
    const { kind: actual, type, options } = given as Descriptor
    if (actual === kind) return descriptorLine(kind, type, { ...options, ...more })
  }
  const example = { optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metric: 'accuracy' }
  throw new FoveaError(
    'bad-option',
    `${place}: ${kind} needs a name, such as '${example[kind as keyof typeof example]}', or what ` +
      `fovea.${kind === 'loss' ? 'losses' : `${kind}s`} makes, but gets ${describe(given)}.`,
  )
}
