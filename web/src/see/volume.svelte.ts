// SPDX-License-Identifier: MIT
// The filter that is as deep as a colour picture, at work: which filter, where its window is, what each
// colour adds there. First one filter walks over the picture, then the other.
import { volumeMap } from './engine.js'
import { axisOf, gathered, tapsAt } from './slide.js'
import type { Tap } from './slide.js'
import { kChannels, kFilters, kVolumeOptions } from './volume.js'

/** What one colour adds: the cells under the window, and the sum of their products. */
export interface ColourSum {
  taps: Tap[]
  sum: number
}

export class Volume {
  /** Of both filters together, filter by filter, row by row. */
  place = $state(0)
  revealed = $state(1)
  /** What the engine made of it, [3, 3, filters]; undefined until then. */
  map = $state.raw<Float32Array | undefined>()
  trouble = $state('')

  readonly axis = axisOf(kChannels[0]?.height ?? 0, kVolumeOptions)
  readonly columns = { output: this.axis.output }
  readonly each = this.axis.output ** 2
  readonly places = this.each * kFilters.length

  readonly filter = $derived(Math.floor(this.place / this.each))
  readonly at = $derived.by(() => {
    const within = this.place % this.each
    const { output } = this.axis
    return { row: Math.floor(within / output), column: within % output }
  })
  readonly colours = $derived.by((): ColourSum[] =>
    kChannels.map((picture, colour) => {
      const weights = kFilters[this.filter]?.slices[colour] ?? []
      const taps = tapsAt(picture, weights, kVolumeOptions, this.at)
      return { taps, sum: gathered(taps, 'convolution') }
    }),
  )
  readonly bias = $derived(kFilters[this.filter]?.bias ?? 0)
  readonly total = $derived(this.colours.reduce((all, { sum }) => all + sum, this.bias))

  begin(): void {
    volumeMap()
      .then((map) => (this.map = map))
      .catch((error: unknown) => {
        this.trouble = error instanceof Error ? error.message : String(error)
      })
  }

  go(place: number): void {
    this.place = Math.min(Math.max(place, 0), this.places - 1)
    this.revealed = Math.max(this.revealed, this.place + 1)
  }

  restart(): void {
    this.place = 0
    this.revealed = 1
  }
}
