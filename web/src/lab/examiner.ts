// SPDX-License-Identifier: MIT
// Puts the held-out digits before a network now and then: one examination at a time, and together no
// more than one part in six of the time, so that learning stays quick.
import type { Held } from './classify.js'
import type { LabData } from './data.js'
import type { Network } from './network.js'

const kShare = 6
/** What the first one counts as at most: its functions are compiled meanwhile, and a visitor is waiting. */
const kFirstMilliseconds = 40

export class Examiner {
  private last: Promise<unknown> = Promise.resolve()
  private open = 0
  // What one costs is what it takes when nothing else runs: while training, it mostly waits.
  private cost = Infinity
  private nextAt = 0

  constructor(
    private readonly network: Network,
    private readonly test: LabData['test'],
  ) {}

  /** True when none is under way and the last one is long enough ago. */
  get due(): boolean {
    return this.open === 0 && performance.now() >= this.nextAt
  }

  /** Examines now, or after those that were asked for before. */
  examine(): Promise<Held> {
    ++this.open
    const held = this.last.then(() => this.run()).finally(() => --this.open)
    this.last = held.catch(() => {})
    return held
  }

  private async run(): Promise<Held> {
    const begin = performance.now()
    const held = await this.network.measure(this.test.images, this.test.labels)
    const end = performance.now()
    const took = end - begin
    const first = this.nextAt === 0
    if (!first) this.cost = Math.min(this.cost, took)
    const cost = first ? Math.min(took, kFirstMilliseconds) : this.cost
    this.nextAt = Math.max(begin + cost * kShare, end + cost)
    return held
  }
}
