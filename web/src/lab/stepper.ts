// SPDX-License-Identifier: MIT
// Single steps in a pause. Between two epochs nothing runs in the engine that could be stepped: it goes
// on then, and pauses again at the first report.
import type { Network } from './network.js'

const kStepMilliseconds = 250

export class Stepper {
  private stepped = false
  private pausesNext = false

  /** One batch. `still` tells whether the network is as it was: paused, and not replaced. */
  step(network: Network, still: () => boolean): void {
    this.stepped = false
    network.step()
    setTimeout(() => {
      if (this.stepped || !still()) return
      this.pausesNext = true
      network.resume()
    }, kStepMilliseconds)
  }

  /** A batch was trained. */
  noted(network: Network | undefined): void {
    this.stepped = true
    if (this.pausesNext) network?.pause()
    this.pausesNext = false
  }
}
