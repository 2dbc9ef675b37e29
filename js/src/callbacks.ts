// What a program can do while a model trains: objects with any of the hooks below, and the
// ready-made ones.
// SPDX-License-Identifier: MIT
import { Monitor } from './callbacks/monitor.js'
import type { MonitorOptions } from './callbacks/monitor.js'
import type { Model } from './model.js'
import { checkNames, wholeNumber } from './options.js'
import { platform } from './platform.js'
import type { Logs, TrainingStep } from './training.js'
import type { NamedTensor } from './weights.js'

export { modelCheckpoint } from './callbacks/checkpoint.js'
export type { Checkpoint, ModelCheckpointOptions } from './callbacks/checkpoint.js'
export { csvLogger } from './callbacks/csv.js'
export type { CsvLoggerOptions } from './callbacks/csv.js'
export type { MonitorOptions } from './callbacks/monitor.js'
export { reduceLROnPlateau } from './callbacks/plateau.js'
export type { ReduceLROnPlateauOptions } from './callbacks/plateau.js'

/** What a hook can reach. */
export interface TrainingContext {
  /** The model that trains. `model.stop()` ends the training after the current batch. */
  model: Model
  /** The last epoch's number plus one. */
  epochs: number
  /** Batches per epoch. */
  batches: number
  /** Examples per epoch. */
  samples: number
  /** Epochs from one validation to the next; 0 without any. */
  validationFreq: number
}

/**
 * Hooks of the training. Each may be asynchronous and is awaited. Where the engine lives in a worker,
 * the batch hooks arrive in bundles, at most every 16 ms, in order and complete.
 */
export interface Callback {
  /** Before the first epoch. */
  onTrainBegin?(logs: Logs, context: TrainingContext): void | Promise<void>
  /** After the last epoch, with its logs; also after `stop`. */
  onTrainEnd?(logs: Logs, context: TrainingContext): void | Promise<void>
  /** Before an epoch, counted from 0. */
  onEpochBegin?(epoch: number, logs: Logs, context: TrainingContext): void | Promise<void>
  /** `logs` holds loss, the metrics, and both with `val_` before them after a validation. */
  onEpochEnd?(epoch: number, logs: Logs, context: TrainingContext): void | Promise<void>
  /** Before a batch, counted from 0 in each epoch. */
  onBatchBegin?(batch: number, logs: Logs, context: TrainingContext): void | Promise<void>
  /** After a batch, with what the step came to. */
  onBatchEnd?(batch: number, step: TrainingStep, context: TrainingContext): void | Promise<void>
}

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** The least change that counts. Default 0. */
  minDelta?: number
  /** It stops when so many epochs in a row have brought no improvement; 0 means 1. Default 0. */
  patience?: number
  /** Go back to the weights of the best epoch. Default false. */
  restoreBestWeights?: boolean
}

/**
 * Stops the training when a value no longer improves.
 *
 * @example
 * ```ts
 * await model.fit(x, y, {
 *   epochs: 100,
 *   validationSplit: 0.1,
 *   callbacks: [fovea.callbacks.earlyStopping({ patience: 3, restoreBestWeights: true })],
 * })
 * ```
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const known = ['monitor', 'minDelta', 'patience', 'mode', 'restoreBestWeights']
  checkNames('earlyStopping', options, known)
  const { restoreBestWeights = false } = options
  const patience = wholeNumber('earlyStopping', 'patience', options.patience ?? 0, 0)
  const watched = new Monitor('earlyStopping', options, 0)
  let waited = 0
  let bestWeights: NamedTensor[] | undefined
  return {
    onTrainBegin() {
      watched.reset()
      waited = 0
      bestWeights = undefined
    },
    async onEpochEnd(_epoch, logs, { model, validationFreq }) {
      const improved = watched.improved(logs, validationFreq)
      if (improved === true) {
        waited = 0
        if (restoreBestWeights) bestWeights = await model.getWeights()
      } else if (improved === false && ++waited >= patience) {
        model.stop()
      }
    },
    async onTrainEnd(_logs, { model }) {
      if (bestWeights !== undefined) await model.setWeights(bestWeights)
    },
  }
}

/**
 * Sets the learning rate at the beginning of every epoch.
 *
 * @param schedule gets the epoch's number from 0 and the rate so far; returns the new rate
 * @example
 * ```ts
 * fovea.callbacks.learningRateScheduler((epoch, rate) => (epoch < 10 ? rate : rate * 0.9))
 * ```
 */
export function learningRateScheduler(schedule: (epoch: number, rate: number) => number): Callback {
  return {
    async onEpochBegin(epoch, _logs, { model }) {
      await model.setLearningRate(schedule(epoch, await model.getLearningRate()))
    },
  }
}

/**
 * A bar on a terminal that moves while training, and a line per epoch; only the lines where the
 * output is no terminal or `bar` is false. The same as `verbose: 1`. Does nothing in a browser.
 *
 * @example
 * ```ts
 * await model.fit(x, y, { callbacks: [fovea.callbacks.progressBar({ bar: false })] })
 * ```
 */
export function progressBar(options: { bar?: boolean } = {}): Callback {
  checkNames('progressBar', options, ['bar'])
  const output = platform.output()
  if (output === undefined) return {}
  const bar = options.bar !== false && output.isTTY === true
  let drawn = 0
  return {
    onBatchEnd(batch, step) {
      if (!bar || performance.now() - drawn < 50) return
      drawn = performance.now()
      output.write(`\r${barLine(batch + 1, step, output.columns ?? 80)}\x1b[K`)
    },
    onEpochEnd(epoch, logs, { epochs }) {
      const values = Object.entries(logs).map(([name, value]) => `${name} ${value.toFixed(4)}`)
      const clear = bar ? '\r\x1b[K' : ''
      output.write(`${clear}Epoch ${epoch + 1}/${epochs}  ${values.join('  ')}\n`)
    },
  }
}

function barLine(done: number, step: TrainingStep, columns: number): string {
  const width = 24
  const filled = Math.round((width * done) / step.batches)
  const bar = '━'.repeat(filled) + '─'.repeat(width - filled)
  const metrics = Object.entries(step.epochMetrics).map(
    ([name, value]) => `${name} ${value.toFixed(4)}`,
  )
  const parts = [
    `Epoch ${step.epoch + 1}  ${bar} ${done}/${step.batches}`,
    `loss ${step.epochLoss.toFixed(4)}`,
    ...metrics,
    `${Math.round(step.imagesPerSecond)} images/s`,
  ]
  return parts.join('  ').slice(0, columns - 1)
}
