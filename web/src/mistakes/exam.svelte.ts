// SPDX-License-Identifier: MIT
// Puts the held-out images before the current network, again and again while it learns, but only while
// the chapter is on the screen and never for more than one part in six of the time.
import type { Dataset } from 'fovea'
import type { Network } from '../lab/network.js'
import { looksOf } from './report.js'
import type { Look } from './report.js'

const kShare = 6
const kLeastMilliseconds = 1500

export class Exam {
  looks = $state.raw<Look[]>([])
  matrix = $state.raw<number[][]>([])
  trouble = $state('')

  private wanted: { network: Network; test: Required<Dataset> } | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private busy = false
  private nextAt = 0

  /** Asks for a new examination, as soon as one is due. */
  ask(network: Network, test: Required<Dataset>): void {
    this.wanted = { network, test }
    if (this.busy || this.timer !== undefined) return
    this.timer = setTimeout(() => void this.run(), Math.max(0, this.nextAt - performance.now()))
  }

  stop(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.wanted = undefined
  }

  private async run(): Promise<void> {
    this.timer = undefined
    const { wanted } = this
    if (!wanted) return
    this.wanted = undefined
    this.busy = true
    const begin = performance.now()
    try {
      const { network, test } = wanted
      const { metrics } = await import('fovea')
      const output = await network.outputs(test.images)
      const looks = looksOf(output, test.labels, network.logits)
      const guesses = looks.map(({ guess }) => guess)
      this.matrix = metrics.confusionMatrix(test.labels, guesses, test.classNames.length)
      this.looks = looks
      this.trouble = ''
    } catch (error) {
      // A network that was replaced meanwhile: the new one is asked next.
      const gone = error instanceof Error && 'code' in error && error.code === 'disposed'
      if (!gone) this.trouble = error instanceof Error ? error.message : String(error)
    }
    this.busy = false
    const took = performance.now() - begin
    this.nextAt = performance.now() + Math.max(kLeastMilliseconds, took * (kShare - 1))
    this.goOn()
  }

  /** What was asked for meanwhile. */
  private goOn(): void {
    if (this.wanted) this.ask(this.wanted.network, this.wanted.test)
  }
}
