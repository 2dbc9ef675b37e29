// SPDX-License-Identifier: MIT
// The network's weights, copied out of the engine while somebody looks at them: a few times a second at
// most, and seldom where there are millions.
import type { NamedTensor } from 'fovea'
import type { Lab } from './lab.svelte.js'
import { Repeat } from './repeat.js'

const kPauseMilliseconds = 200
// Copying so many takes about as long as the pause above.
const kManyWeights = 200_000

export class Weights {
  /** By name: "conv2d_1/kernel". Replaced together. */
  values = $state.raw<ReadonlyMap<string, NamedTensor>>(new Map())

  private readonly repeat = new Repeat(() => this.ask())

  constructor(private readonly lab: Lab) {}

  of(name: string): NamedTensor | undefined {
    return this.values.get(name)
  }

  /** Asks now, or when the question before is answered. */
  refresh(): void {
    this.repeat.wish()
  }

  private async ask(): Promise<number> {
    const { network } = this.lab
    try {
      const weights = (await network?.model.getWeights()) ?? []
      this.values = new Map(weights.map((one) => [one.name, one]))
    } catch {
      // A network that was replaced meanwhile is asked no more; the new one will be.
    }
    return kPauseMilliseconds * Math.max(1, (network?.weights ?? 0) / kManyWeights)
  }
}
