// Hands steps from the training to whoever iterates over them, one at a time: `put` resolves when the
// step has been taken and the next one is asked for, so the training never runs far ahead.
// SPDX-License-Identifier: MIT
import type { TrainingStep } from './training.js'

export class StepQueue {
  private steps: TrainingStep[] = []
  private ended = false
  private taker: ((step: TrainingStep | undefined) => void) | undefined
  private putter: (() => void) | undefined

  /** Offers a step; resolves when the one who iterates comes back for more. */
  async put(step: TrainingStep): Promise<void> {
    if (this.ended) return
    const asked = this.taker
    this.taker = undefined
    if (asked !== undefined) asked(step)
    else this.steps.push(step)
    await new Promise<void>((resolve) => (this.putter = resolve))
  }

  /** The next step; undefined when there are no more. */
  take(): Promise<TrainingStep | undefined> {
    this.release()
    const step = this.steps.shift()
    if (step !== undefined || this.ended) return Promise.resolve(step)
    return new Promise((resolve) => (this.taker = resolve))
  }

  /** No more steps: ends the iteration, or lets the training go on without it. */
  end(): void {
    this.ended = true
    this.taker?.(undefined)
    this.taker = undefined
    this.release()
  }

  private release(): void {
    this.putter?.()
    this.putter = undefined
  }
}
