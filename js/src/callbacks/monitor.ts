// Watching one value from epoch to epoch: what stopping early, lowering the rate and keeping the best
// have in common.
// SPDX-License-Identifier: MIT
import { FoveaError } from '../errors.js'
import { wrongValue } from '../options.js'
import type { Logs } from '../training.js'

/** Which value is watched, and what counts as better. */
export interface MonitorOptions {
  /** What is watched. Default `val_loss`. */
  monitor?: string
  /** `min` for losses, `max` for accuracies; by default the name decides. */
  mode?: 'min' | 'max'
  /** The least change that counts. */
  minDelta?: number
}

/** Errors are to become small: losses, and what measures a distance. */
const kSmallIsGood = /(loss|mse|mae)$/

/** The best value so far. */
export class Monitor {
  private best = Infinity
  private readonly name: string
  private readonly sign: number
  private readonly minDelta: number

  constructor(
    private readonly place: string,
    options: MonitorOptions,
    minDelta: number,
  ) {
    const { monitor = 'val_loss', mode = kSmallIsGood.test(monitor) ? 'min' : 'max' } = options
    if (mode !== 'min' && mode !== 'max') throw wrongValue(place, 'mode', '"min" or "max"', mode)
    this.name = monitor
    this.sign = mode === 'min' ? 1 : -1
    this.minDelta = Math.abs(options.minDelta ?? minDelta)
  }

  reset(): void {
    this.best = Infinity
  }

  /**
   * True when the value is better than ever; undefined after an epoch that `validationFreq` leaves
   * without a validation.
   */
  improved(logs: Logs, validationFreq: number): boolean | undefined {
    const value = logs[this.name]
    if (value === undefined) {
      if (this.name.startsWith('val_') && validationFreq > 1) return undefined
      throw new FoveaError(
        'bad-option',
        `${this.place}: there is no "${this.name}" to watch. There are ` +
          `${Object.keys(logs).join(', ')}; val_ values need validationData or validationSplit.`,
      )
    }
    if (!(this.sign * value < this.best - this.minDelta)) return false
    this.best = this.sign * value
    return true
  }
}
