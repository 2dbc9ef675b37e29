// The training text: optimizer, losses and metrics as the engine reads them.
// SPDX-License-Identifier: MIT
import type { LossFunction } from './custom-loss.js'
import type { PortInfo } from './engine/engine.js'
import { FoveaError } from './errors.js'
import type { OptionRecord } from './graph.js'
import type { Loss, LossName } from './losses.js'
import type { Metric, MetricName } from './metrics.js'
import { checkNames, describe } from './options.js'
import type { Optimizer } from './optimizers.js'
import { descriptorLine } from './spec.js'

/** A loss by its name, with options, or as a function. */
export type AnyLoss = LossName | Loss | LossFunction

/** What `compile` takes. */
export interface CompileOptions {
  /** A name, or `fovea.optimizers.adam({ learningRate: 1e-3 })`. */
  optimizer: 'sgd' | 'adam' | Optimizer
  /** A name or `fovea.losses.x(options)`; for several outputs an array, or an object by name. */
  loss: AnyLoss | readonly AnyLoss[] | Readonly<Record<string, AnyLoss>>
  /** What else to measure. Default none. */
  metrics?: readonly (MetricName | Metric)[]
  /** Not yet. */
  lossWeights?: never
}

interface Descriptor {
  kind: string
  type: string
  options: OptionRecord
}

/** The text for `compileModel`, and the losses of the user's own in the order of their outputs. */
export function trainingText(
  outputs: readonly PortInfo[],
  options: CompileOptions,
): { text: string; customLosses: LossFunction[] } {
  const place = 'compile'
  checkNames(place, options, ['optimizer', 'loss', 'metrics', 'lossWeights'])
  if (options.lossWeights !== undefined) {
    throw new FoveaError('unsupported', `${place}: lossWeights are not supported yet.`)
  }
  const losses = lossList(place, outputs, options.loss)
  const metrics = options.metrics ?? []
  if (!Array.isArray(metrics)) {
    throw new FoveaError(
      'bad-option',
      `${place}: metrics needs an array, such as ['accuracy'], but gets ${describe(metrics)}.`,
    )
  }
  const text = [
    line(place, 'optimizer', options.optimizer),
    ...losses.map((loss) => line(place, 'loss', typeof loss === 'function' ? 'custom' : loss)),
    ...metrics.map((metric) => line(place, 'metric', metric)),
    '',
  ].join('\n')
  const customLosses = losses.filter((loss): loss is LossFunction => typeof loss === 'function')
  return { text, customLosses }
}

function lossList(
  place: string,
  outputs: readonly PortInfo[],
  loss: CompileOptions['loss'],
): unknown[] {
  const names = outputs.map(({ name }) => name)
  if (Array.isArray(loss)) {
    if (loss.length === outputs.length) return [...(loss as readonly unknown[])]
    throw new FoveaError(
      'bad-option',
      `${place}: loss needs one entry per output (${names.join(', ')}) but has ${loss.length}.`,
    )
  }
  if (loss !== null && typeof loss === 'object' && !('kind' in loss)) {
    const byName = loss as Readonly<Record<string, unknown>>
    checkNames(`${place}: loss`, byName, names)
    return names.map((name) => byName[name])
  }
  return outputs.map(() => loss)
}

function line(place: string, kind: string, given: unknown): string {
  if (typeof given === 'string') return descriptorLine(kind, given, {})
  if (given !== null && typeof given === 'object' && 'kind' in given) {
    const { kind: actual, type, options } = given as Descriptor
    if (actual === kind) return descriptorLine(kind, type, options)
  }
  const example = { optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metric: 'accuracy' }
  throw new FoveaError(
    'bad-option',
    `${place}: ${kind} needs a name, such as '${example[kind as keyof typeof example]}', or what ` +
      `fovea.${kind === 'loss' ? 'losses' : `${kind}s`} makes, but gets ${describe(given)}.`,
  )
}
