// SPDX-License-Identifier: MIT
// The state of the chapter on kernels: the set-up, the picture, the map that the engine made of it, and
// where the window is. Pictures may come many times a second, so only the newest waits for its map.
import { rewrite } from '../lab/address.svelte.js'
import { mapOf } from './engine.js'
import { weightsOf } from './kernels.js'
import { isBuiltIn, kPictures } from './pictures.js'
import { kUsualSetup, setupFrom, setupText } from './setup.js'
import type { Setup } from './setup.js'
import { axisOf, gathered, tapsAt } from './slide.js'
import type { Picture, SlideOptions } from './slide.js'

const kKey = 'see'
// More places than this are shown at once: only small maps begin empty.
const kFewPlaces = 64

export class Bench {
  setup = $state.raw<Setup>({ ...kUsualSetup })
  weights = $state.raw<readonly number[]>([1, 0, 1, 0, 1, 0, 1, 0, 1])
  picture = $state.raw<Picture>(kPictures.lecture.make())
  /** What the engine made of the picture; undefined until then, and where the window does not fit. */
  map = $state.raw<Picture | undefined>()
  trouble = $state('')
  /** Place of the window, counted row by row. */
  place = $state(0)
  /** So many places of the map are shown. */
  revealed = $state(1)

  private ready = false
  private busy = false
  private wanted = false

  readonly options = $derived.by((): SlideOptions => {
    const { operation, pool, stride, dilation, padding } = this.setup
    const window = operation === 'convolution' ? 3 : pool
    return { window, stride, dilation, padding }
  })
  readonly rows = $derived(axisOf(this.picture.height, this.options))
  readonly columns = $derived(axisOf(this.picture.width, this.options))
  readonly places = $derived(this.rows.output * this.columns.output)
  readonly at = $derived.by(() => {
    const width = Math.max(1, this.columns.output)
    return { row: Math.floor(this.place / width), column: this.place % width }
  })
  readonly taps = $derived(
    this.places > 0 ? tapsAt(this.picture, this.weights, this.options, this.at) : [],
  )
  readonly result = $derived(gathered(this.taps, this.setup.operation))

  /** The engine runs: from now on maps can be made. */
  begin(): void {
    this.ready = true
    this.refresh()
  }

  restore(query: URLSearchParams): void {
    this.arrange(setupFrom(query.get(kKey) ?? ''), false)
  }

  /** Another set-up: the window goes back to its first place. */
  arrange(setup: Setup, note = true): void {
    const other = setup.picture !== this.setup.picture
    this.setup = setup
    if (other && isBuiltIn(setup.picture)) this.picture = kPictures[setup.picture].make()
    if (typeof setup.kernel === 'string') {
      const { kernel } = setup
      void weightsOf(kernel).then((weights) => {
        if (this.setup.kernel === kernel) this.use(weights)
      })
    } else {
      this.weights = setup.kernel
    }
    this.restart()
    this.refresh()
    if (!note) return
    const query = new URLSearchParams(location.search)
    const text = setupText(setup)
    if (text === '') query.delete(kKey)
    else query.set(kKey, text)
    rewrite(query)
  }

  /** A picture from elsewhere; the window stays where it is if it can. */
  show(picture: Picture): void {
    const same = picture.width === this.picture.width && picture.height === this.picture.height
    this.picture = picture
    if (!same) this.restart()
    this.refresh()
  }

  /** Moves the window; the map is known up to there. */
  go(place: number): void {
    this.place = Math.min(Math.max(place, 0), Math.max(this.places - 1, 0))
    this.revealed = Math.max(this.revealed, this.place + 1)
  }

  /** To the first place; small maps begin empty. */
  restart(empty = this.places <= kFewPlaces): void {
    this.place = 0
    this.revealed = empty ? 1 : this.places
  }

  private use(weights: readonly number[]): void {
    this.weights = weights
    this.refresh()
  }

  private refresh(): void {
    this.wanted = true
    if (this.ready && !this.busy) void this.work()
  }

  private async work(): Promise<void> {
    this.busy = true
    while (this.wanted) {
      this.wanted = false
      const { picture, setup, weights, options } = this
      try {
        const fits = this.places > 0
        const map = fits ? await mapOf(picture, setup.operation, weights, options) : undefined
        // A newer picture only replaces the older one's map; another set-up makes it wrong.
        if (setup === this.setup && weights === this.weights) this.map = map
        this.trouble = ''
      } catch (error) {
        this.map = undefined
        this.trouble = error instanceof Error ? error.message : String(error)
      }
    }
    this.busy = false
  }
}
