// Lowers the learning rate where a value no longer improves. Rules: Keras 3's ReduceLROnPlateau.
// SPDX-License-Identifier: MIT
import type { Callback } from '../callbacks.js'
import { checkNames, wholeNumber, wrongValue } from '../options.js'
import { Monitor } from './monitor.js'
import type { MonitorOptions } from './monitor.js'

/** Options of {@link reduceLROnPlateau}. */
export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the rate is multiplied by, from 0 to 1. Default 0.1. */
  factor?: number
  /** Epochs without improvement before the rate falls. Default 10. */
  patience?: number
  /** The least change that counts. Default 1e-4. */
  minDelta?: number
  /** Epochs after a fall that do not count. Default 0. */
  cooldown?: number
  /** The rate goes no lower. Default 0. */
  minLr?: number
}

/**
 * Multiplies the learning rate by `factor` when a value has not improved for `patience` epochs.
 *
 * @example
 * ```ts
 * fovea.callbacks.reduceLROnPlateau({ monitor: 'val_accuracy', factor: 0.1, patience: 3 })
 * ```
 */
export function reduceLROnPlateau(options: ReduceLROnPlateauOptions = {}): Callback {
  const place = 'reduceLROnPlateau'
  const known = ['monitor', 'factor', 'patience', 'mode', 'minDelta', 'cooldown', 'minLr']
  checkNames(place, options, known)
  const { factor = 0.1, minLr = 0 } = options
  if (!(factor >= 0 && factor < 1)) {
    throw wrongValue(place, 'factor', 'a number from 0 up to but not 1', factor)
  }
  const patience = wholeNumber(place, 'patience', options.patience ?? 10, 0)
  const cooldown = wholeNumber(place, 'cooldown', options.cooldown ?? 0, 0)
  const watched = new Monitor(place, options, 1e-4)
  let waited = 0
  let resting = 0
  return {
    onTrainBegin() {
      watched.reset()
      waited = 0
      resting = 0
    },
    async onEpochEnd(_epoch, logs, { model, validationFreq }) {
      const improved = watched.improved(logs, validationFreq)
      if (improved === undefined) return
      if (resting > 0) {
        --resting
        waited = 0
      }
      if (improved) waited = 0
      else if (resting === 0 && ++waited >= patience) {
        const rate = await model.getLearningRate()
        if (rate > minLr) {
          await model.setLearningRate(Math.max(rate * factor, minLr))
          resting = cooldown
          waited = 0
        }
      }
    },
  }
}
