// Keeps the model while it trains: after every epoch, or after the best so far.
// SPDX-License-Identifier: MIT
import type { Callback } from '../callbacks.js'
import { FoveaError } from '../errors.js'
import type { Model } from '../model.js'
import { checkNames, describe } from '../options.js'
import type { Logs } from '../training.js'
import { Monitor } from './monitor.js'
import type { MonitorOptions } from './monitor.js'

/** What is worth keeping. */
export interface Checkpoint {
  /** The model, with the weights to keep. */
  model: Model
  /** Number of the epoch, from 0. */
  epoch: number
  /** Loss and metrics of the epoch. */
  logs: Logs
}

/** Options of {@link modelCheckpoint}. */
export interface ModelCheckpointOptions extends Omit<MonitorOptions, 'minDelta'> {
  /**
   * Where to save it, as in `model.save`; `{epoch}` in it becomes the number of epochs done. Or a
   * function of one's own, which gets the model, the epoch and its logs, and is awaited.
   */
  save: string | URL | ((checkpoint: Checkpoint) => void | Promise<void>)
  /** Only after epochs in which the value is better than ever. Default false: after each. */
  saveBestOnly?: boolean
}

/**
 * Saves the model after every epoch, or after those that are better than all before.
 *
 * @example
 * ```ts
 * const save = 'indexeddb://best'
 * fovea.callbacks.modelCheckpoint({ monitor: 'val_accuracy', saveBestOnly: true, save })
 * ```
 */
export function modelCheckpoint(options: ModelCheckpointOptions): Callback {
  const place = 'modelCheckpoint'
  checkNames(place, options, ['save', 'monitor', 'mode', 'saveBestOnly'])
  const { save, saveBestOnly = false } = options
  const isUrl = typeof save === 'string' || save instanceof URL
  if (!isUrl && typeof save !== 'function') {
    throw new FoveaError(
      'bad-option',
      `${place}: save must be a URL or path, or a function that keeps the model, but is ` +
        `${describe(save)}. Write save: 'indexeddb://best'.`,
    )
  }
  const watched = new Monitor(place, options, 0)
  return {
    onTrainBegin: () => watched.reset(),
    async onEpochEnd(epoch, logs, { model, validationFreq }) {
      if (saveBestOnly && watched.improved(logs, validationFreq) !== true) return
      if (isUrl) await model.save(String(save).replace('{epoch}', String(epoch + 1)))
      else await save({ model, epoch, logs: { ...logs } })
    },
  }
}
