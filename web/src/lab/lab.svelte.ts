// SPDX-License-Identifier: MIT
// The page's one store: the experiment, how far it is, and what can be done with it. Panels read its
// fields and call its actions; none of them knows another panel.
import type { Backend, TrainingStep } from 'fovea'
import type { Held } from './classify.js'
import { Curve } from './curves.js'
import { loadDigits, showDigits, sixteenOf } from './data.js'
import type { Digits, ShownDigit } from './data.js'
import { Examiner } from './examiner.js'
import { percent, whole } from './format.js'
import { Network } from './network.js'
import type { LayerRow } from './network.js'
import { kUsual } from './settings.js'
import type { Settings } from './settings.js'
import { Speed } from './speed.js'

/**
 * waiting: nothing loaded yet. ready: the network is new. training, paused. done: all epochs over.
 * failed: see `trouble`.
 */
export type Phase = 'waiting' | 'ready' | 'training' | 'paused' | 'done' | 'failed'

const kScreenMilliseconds = 100
const kMilestones = [0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99]

export class Lab {
  settings = $state<Settings>({ ...kUsual })
  phase = $state<Phase>('waiting')
  trouble = $state('')
  /** Why it is paused, where the visitor did not press Pause. */
  pausedBecause = $state('')
  backend = $state<Backend | null>(null)

  imagesSeen = $state(0)
  imagesInAll = $state(0)
  epoch = $state(0)
  epochs = $state(0)
  loss = $state<number | undefined>()
  imagesPerSecond = $state(0)
  secondsTo95 = $state<number | undefined>()

  heldCount = $state(0)
  accuracy = $state<number | undefined>()
  shown = $state.raw<ShownDigit[]>([])
  layers = $state.raw<LayerRow[]>([])
  weights = $state(0)

  /** Grows when the curves have changed; they are plain arrays, too many for signals. */
  drawn = $state(0)
  lossCurve = new Curve()
  accuracyCurve = new Curve()

  /** For screen readers: said once, when something worth saying happened. */
  announcement = $state('')

  /** Called when the weights have changed, at most every `kScreenMilliseconds`. */
  onLearned: () => void = () => {}

  network: Network | undefined
  private digits: Digits | undefined
  private loaded: Settings['data'] | undefined
  private sixteen: number[] = []
  // Work of an earlier network notices by this number that it is out of date.
  private run = 0
  private epochsDone = 0
  private speed = new Speed()
  private examiner: Examiner | undefined
  private goesOn = false
  private lastScreen = 0
  private milestone = 0

  get progress(): number {
    return this.imagesInAll === 0 ? 0 : this.imagesSeen / this.imagesInAll
  }

  get secondsLeft(): number {
    return (this.imagesInAll - this.imagesSeen) / this.imagesPerSecond
  }

  /** Loads the digits and makes the network. `reproducible`: the same numbers on every machine. */
  async open(settings: Settings, reproducible: boolean): Promise<void> {
    this.settings = settings
    await this.guarded(async () => {
      const fovea = await import('fovea')
      const digits = this.load()
      this.backend = await fovea.init({ reproducible })
      await digits
      await this.renew()
    })
  }

  /** Trains on from where it is: begins, resumes, or adds as many epochs again. */
  start(): void {
    this.pausedBecause = ''
    if (this.phase === 'paused') {
      this.phase = 'training'
      this.speed.restart()
      this.network?.resume()
      this.announcement = 'Training goes on.'
    } else if (this.phase === 'ready' || this.phase === 'done') {
      void this.guarded(() => this.train())
    }
  }

  pause(because = ''): void {
    if (this.phase !== 'training') return
    this.phase = 'paused'
    this.pausedBecause = because
    this.network?.pause()
    if (because === '') this.announcement = `Paused. ${this.standing()}`
    void this.guarded(() => this.measure())
  }

  /** A new network with the same settings: it has forgotten everything. */
  async reset(): Promise<void> {
    await this.guarded(() => this.renew())
    this.announcement = 'A new, untrained network.'
  }

  /** Other settings are another experiment: it starts anew, and at once if this one was running. */
  async change(settings: Settings): Promise<void> {
    // Kept until a new network is there: several changes may come before it is.
    this.goesOn ||= this.phase === 'training'
    this.settings = settings
    await this.guarded(async () => {
      await this.load()
      await this.renew()
      if (this.phase !== 'ready' || !this.goesOn) return
      this.goesOn = false
      this.start()
    })
  }

  private async load(): Promise<void> {
    const { data } = this.settings
    if (this.loaded === data) return
    const digits = await loadDigits(data)
    this.loaded = data
    this.digits = digits
    this.heldCount = digits.test.labels.length
    this.sixteen = sixteenOf(digits.test.labels)
    this.show(undefined)
  }

  private async renew(): Promise<void> {
    const run = ++this.run
    const old = this.network
    this.network = undefined
    this.examiner = undefined
    this.phase = 'waiting'
    // Its own error, "disposed of while at work", is what was asked for here.
    await old?.dispose()
    const network = await Network.make(this.settings)
    if (run !== this.run) return void network.dispose()
    this.clear()
    this.network = network
    if (this.digits) this.examiner = new Examiner(network, this.digits.test)
    this.layers = network.layers
    this.weights = network.weights
    this.phase = 'ready'
    await this.measure()
    this.onLearned()
  }

  private clear(): void {
    this.lossCurve = new Curve()
    this.accuracyCurve = new Curve()
    this.speed = new Speed()
    this.epochsDone = 0
    this.imagesSeen = 0
    this.imagesInAll = (this.digits?.train.labels.length ?? 0) * this.settings.epochs
    this.epoch = 0
    this.epochs = this.settings.epochs
    this.loss = undefined
    this.accuracy = undefined
    this.imagesPerSecond = 0
    this.secondsTo95 = undefined
    this.trouble = ''
    this.pausedBecause = ''
    this.milestone = 0
    ++this.drawn
  }

  private async train(): Promise<void> {
    const { network, digits, run } = this
    if (!network || !digits) return
    const { images, labels } = digits.train
    this.phase = 'training'
    this.epochs = this.epochsDone + this.settings.epochs
    this.imagesInAll = this.epochs * labels.length
    this.speed.restart()
    this.announcement = 'Training has begun.'
    for await (const step of network.train(images, labels, this.epochsDone, this.settings)) {
      if (run !== this.run) return
      this.note(step, labels.length)
    }
    if (run !== this.run) return
    this.epochsDone = this.epochs
    await this.measure()
    if (run !== this.run) return
    this.phase = 'done'
    this.refreshScreen()
    this.announcement = `Done. ${this.standing()}`
  }

  private note(step: TrainingStep, imagesPerEpoch: number): void {
    const inEpoch = Math.min(imagesPerEpoch, (step.batch + 1) * this.settings.batchSize)
    const images = step.epoch * imagesPerEpoch + inEpoch
    this.lossCurve.addStep(images, step.loss)
    this.accuracyCurve.addStep(images, step.metrics['accuracy'] ?? 0)
    this.speed.note(step.size)
    const now = performance.now()
    if (now - this.lastScreen < kScreenMilliseconds) return
    this.lastScreen = now
    this.imagesSeen = images
    this.epoch = step.epoch
    this.loss = this.lossCurve.columns.smooth.at(-1) ?? undefined
    this.imagesPerSecond = this.speed.imagesPerSecond()
    this.refreshScreen()
    if (this.examiner?.due) void this.guarded(() => this.measure())
  }

  private refreshScreen(): void {
    if (this.phase === 'done') {
      this.imagesSeen = this.imagesInAll
      this.epoch = this.epochs - 1
    }
    ++this.drawn
    this.onLearned()
  }

  private async measure(): Promise<void> {
    const { run } = this
    const held = await this.examiner?.examine()
    if (held === undefined || run !== this.run) return
    const images = this.lossCurve.columns.images.at(-1) ?? 0
    this.accuracyCurve.addHeld(images, held.accuracy)
    this.lossCurve.addHeld(images, held.loss)
    this.accuracy = held.accuracy
    if (held.accuracy >= 0.95) this.secondsTo95 ??= this.speed.secondsInAll()
    this.show(held)
    ++this.drawn
    this.sayMilestone(held.accuracy)
  }

  private show(held: Held | undefined): void {
    if (this.digits) this.shown = showDigits(this.digits.test, this.sixteen, held)
  }

  private sayMilestone(accuracy: number): void {
    const reached = kMilestones.filter((milestone) => accuracy >= milestone).length
    if (reached > this.milestone && this.phase === 'training') this.announcement = this.standing()
    this.milestone = Math.max(this.milestone, reached)
  }

  private standing(): string {
    if (this.accuracy === undefined) return ''
    const images = whole(this.lossCurve.columns.images.at(-1) ?? 0)
    return `${percent(this.accuracy)} of the held-out digits are right after ${images} images.`
  }

  /** Whatever goes wrong is shown, with the sentence that the library gives. */
  private async guarded(work: () => Promise<void>): Promise<void> {
    const run = this.run
    try {
      await work()
    } catch (error) {
      const current = this.run === run || this.network !== undefined
      if (isDisposed(error) || !current) return
      this.phase = 'failed'
      this.trouble = error instanceof Error ? error.message : String(error)
      this.announcement = this.trouble
    }
  }
}

function isDisposed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'disposed'
}
