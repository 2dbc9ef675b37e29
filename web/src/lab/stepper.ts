// SPDX-License-Identifier: MIT
// Single steps in a pause. Between two epochs the first wish only begins the next epoch, which waits
// before its first batch: what was not granted after a while is wished again.
import type { Network } from './network.js'

const kStepMilliseconds = 250
const kMostWishes = 20

export class Stepper {
  private steps = 0
  private waiting: ReturnType<typeof setTimeout> | undefined

  /** One batch. `still` tells whether the network is as it was: paused, and not replaced. */
  step(network: Network, still: () => boolean): void {
    clearTimeout(this.waiting)
    this.wish(network, still, this.steps, kMostWishes)
  }

  private wish(network: Network, still: () => boolean, before: number, left: number): void {
    network.step()
    this.waiting = setTimeout(() => {
      if (this.steps === before && left > 0 && still()) this.wish(network, still, before, left - 1)
    }, kStepMilliseconds)
  }

  /** A batch was trained. */
  noted(): void {
    ++this.steps
  }
}
