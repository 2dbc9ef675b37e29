// SPDX-License-Identifier: MIT
// Moves the window by itself: place by place on a small map, faster on a large one, and in slow steps
// where motion is to be reduced.

/** What has places to walk through. */
export interface Walk {
  place: number
  revealed: number
  readonly places: number
  readonly columns: { readonly output: number }
  go(place: number): void
  restart(empty?: boolean): void
}

const kSlow = 450
const kFast = 60
const kReduced = 1000
const kFewPlaces = 64
const kTicks = 160

export class Player {
  playing = $state(false)
  private timer: ReturnType<typeof setInterval> | undefined

  constructor(private readonly bench: Walk) {}

  toggle(): void {
    if (this.playing) this.stop()
    else this.play()
  }

  play(): void {
    const { bench } = this
    if (bench.places === 0) return
    if (bench.place >= bench.places - 1) bench.restart(true)
    const few = bench.places <= kFewPlaces
    const reduced = matchMedia('(prefers-reduced-motion: reduce)').matches
    const step = few ? 1 : reduced ? bench.columns.output : Math.ceil(bench.places / kTicks)
    this.playing = true
    // A map that is there already is filled anew.
    if (!few && bench.revealed >= bench.places) bench.revealed = bench.place + 1
    this.timer = setInterval(
      () => {
        bench.go(bench.place + step)
        if (bench.place >= bench.places - 1) this.stop()
      },
      reduced ? kReduced : few ? kSlow : kFast,
    )
  }

  stop(): void {
    clearInterval(this.timer)
    this.playing = false
  }
}
