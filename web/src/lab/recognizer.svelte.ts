// SPDX-License-Identifier: MIT
// What the network makes of a drawing or a camera's picture: the 28x28 it sees, ten probabilities, the
// time taken. Pictures come faster than answers, so only the newest one waits.
import type { browser } from 'fovea'
import { largest } from './classify.js'
import { engine } from './engine.js'
import type { Lab } from './lab.svelte.js'

type Source = Parameters<typeof browser.digitFromPixels>[0]

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

interface Normalised {
  data: Uint8Array
  found: boolean
  box: Box | undefined
}

const kSure = 0.6

const kSayMilliseconds = 900

export class Recognizer {
  /** The picture as the network takes it; undefined when there is none. */
  seen = $state.raw<Uint8Array | undefined>()
  box = $state.raw<Box | undefined>()
  shares = $state.raw<number[]>([])
  milliseconds = $state<number | undefined>()
  /** Below this probability the page says "not sure". */
  threshold = $state(kSure)
  /** True when a picture was looked at and held no digit. */
  nothingFound = $state(false)
  announcement = $state('')
  trouble = $state('')

  private next: Source | undefined
  private busy = false
  private forgotten = 0
  private sayLater: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly lab: Lab) {}

  /** Of what it sees: [height, width, channels]. */
  get shape(): readonly number[] {
    return this.lab.data?.shape ?? [28, 28, 1]
  }

  get best(): number {
    return largest(this.shares)
  }

  get sure(): boolean {
    return (this.shares[this.best] ?? 0) >= this.threshold
  }

  /** Looks at a picture now, or as soon as the one before is done. */
  look(source: Source): void {
    this.next = source
    if (!this.busy) void this.work()
  }

  /** Asks again about the same digit: the network has learned since. */
  again(): void {
    if (this.busy || this.seen === undefined) return
    void this.exclusively(() => this.classify())
  }

  forget(): void {
    ++this.forgotten
    this.next = undefined
    this.seen = undefined
    this.box = undefined
    this.shares = []
    this.milliseconds = undefined
    this.nothingFound = false
    clearTimeout(this.sayLater)
  }

  private async work(): Promise<void> {
    await this.exclusively(async () => {
      while (this.next !== undefined) {
        const source = this.next
        this.next = undefined
        const begin = performance.now()
        const { forgotten } = this
        const { data, found, box } = await this.normalised(source)
        if (forgotten !== this.forgotten) continue // the paper was cleared meanwhile
        this.seen = found ? data : undefined
        this.box = found ? box : undefined
        this.nothingFound = !found
        if (found) await this.classify(begin)
        else this.shares = []
      }
    })
  }

  /** Digits are fitted and centred as MNIST's are; other pictures are only scaled. */
  private async normalised(source: Source): Promise<Normalised> {
    const { browser } = await engine()
    const [height = 28, width = 28, channels = 1] = this.shape
    if (this.lab.data?.handwriting !== false) return browser.digitFromPixels(source)
    const { data } = await browser.fromPixels(source, {
      size: [height, width],
      channels: channels === 1 ? 1 : 3,
    })
    return { data, found: true, box: undefined }
  }

  private async classify(begin = performance.now()): Promise<void> {
    const { seen } = this
    const { network } = this.lab
    if (seen === undefined || network === undefined) return
    const shares = await network.classify(seen)
    if (seen !== this.seen) return
    this.shares = shares
    this.lab.gaze.look({
      pixels: seen,
      shape: this.shape,
      label: undefined,
      origin: 'your drawing',
    })
    this.milliseconds = performance.now() - begin
    this.saySoon()
  }

  private async exclusively(work: () => Promise<void>): Promise<void> {
    this.busy = true
    try {
      await work()
      this.trouble = ''
    } catch (error) {
      // A network that was replaced meanwhile is asked no more; the new one will be.
      const gone = error instanceof Error && 'code' in error && error.code === 'disposed'
      if (!gone) this.trouble = error instanceof Error ? error.message : String(error)
    } finally {
      this.busy = false
    }
  }

  /** For screen readers: the answer, once it has come to rest. */
  private saySoon(): void {
    clearTimeout(this.sayLater)
    this.sayLater = setTimeout(() => {
      const share = Math.round((this.shares[this.best] ?? 0) * 100)
      const name = this.lab.classNames[this.best] ?? String(this.best)
      const answer = this.sure ? `A ${name}` : `Not sure, perhaps a ${name}`
      this.announcement = `${answer}, ${share} percent.`
    }, kSayMilliseconds)
  }
}
