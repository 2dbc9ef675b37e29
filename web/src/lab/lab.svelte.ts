// SPDX-License-Identifier: MIT
// The page's one store: the experiment, how far it is, and what can be done with it. Panels read its
// fields and call its actions; none of them knows another panel.
import type { Backend, Model, TrainingStep } from 'fovea'
import { blueprintOf, textOf } from './blueprint.js'
import type { Held } from './classify.js'
import { Curve } from './curves.js'
import { kSubjects, loadData, pixelsOf, showImages, sixteenOf } from './data.js'
import type { LabData, ShownImage } from './data.js'
import { startEngine } from './engine.js'
import { Examiner } from './examiner.js'
import { Gaze } from './gaze.svelte.js'
import { Herald } from './herald.js'
import { Maps } from './maps.svelte.js'
import { misfitOf, Network } from './network.js'
import type { LayerInfo } from './network.js'
import { isDisposed, sentence } from './repeat.js'
import { makeRun, withRun } from './runs.js'
import type { Run } from './runs.js'
import { kUsual } from './settings.js'
import type { DataSetName, Settings } from './settings.js'
import { Speed } from './speed.js'
import { Stepper } from './stepper.js'
import { Weights } from './weights.svelte.js'

/**
 * waiting: nothing loaded yet. ready: the network is new. training, paused. done: all epochs over.
 * failed: see `trouble`.
 */
export type Phase = 'waiting' | 'ready' | 'training' | 'paused' | 'done' | 'failed'

const kScreenMilliseconds = 100
const kDigits = Array.from({ length: 10 }, (_, digit) => String(digit))

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

  /** The images to learn from and those held out; undefined until they are loaded. */
  data = $state.raw<LabData | undefined>()
  /** The network in the engine; undefined while there is none. Replaced, never changed. */
  network = $state.raw<Network | undefined>()
  /** Grows when the weights have changed, at most every `kScreenMilliseconds`. */
  learned = $state(0)
  /** What the visitor is looking at. */
  readonly gaze = new Gaze()
  /** What the layers give for it. */
  readonly maps = new Maps(this)
  /** The weights, for those who look at them. */
  readonly tissue = new Weights(this)

  accuracy = $state<number | undefined>()
  shown = $state.raw<ShownImage[]>([])
  layers = $state.raw<LayerInfo[]>([])
  weights = $state(0)

  /** Grows when the curves have changed; they are plain arrays, too many for signals. */
  drawn = $state(0)
  lossCurve = new Curve()
  accuracyCurve = new Curve()
  /** Earlier trainings, to compare with. */
  runs = $state.raw<Run[]>([])

  /** For screen readers: said once, when something worth saying happened. */
  announcement = $state('')

  /** Called whenever `learned` grows. */
  onLearned: () => void = () => {}

  private sixteen: number[] = []
  // Sets that the visitor gave, by name.
  private readonly given = new Map<DataSetName, LabData>()
  // Work of an earlier network notices by this number that it is out of date.
  private run = 0
  private runsMade = 0
  private epochsDone = 0
  // Images of single steps, which are in no epoch.
  private extra = 0
  private speed = new Speed()
  private examiner: Examiner | undefined
  // The settings of the present network: `settings` are already those of the next one.
  private trained: Settings = { ...kUsual }
  private goesOn = false
  private readonly stepper = new Stepper()
  private lastScreen = 0
  private herald = new Herald()

  get heldCount(): number {
    return this.data?.test.labels.length ?? 0
  }

  get trainCount(): number {
    return this.data?.train.labels.length ?? 9000
  }

  get subject(): string {
    return this.data?.subject ?? kSubjects.digits
  }

  get classNames(): readonly string[] {
    return this.data?.classNames ?? kDigits
  }

  get progress(): number {
    return this.imagesInAll === 0 ? 0 : Math.min(1, this.imagesSeen / this.imagesInAll)
  }

  get secondsLeft(): number {
    return (this.imagesInAll - this.imagesSeen) / this.imagesPerSecond
  }

  /** Loads the digits and makes the network. `reproducible`: the same numbers on every machine. */
  async open(settings: Settings, reproducible: boolean): Promise<void> {
    this.settings = settings
    await this.guarded(async () => {
      const digits = this.load()
      // The engine's own trouble is told first.
      digits.catch(() => {})
      this.backend = await startEngine(reproducible)
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
    this.imagesSeen = this.lossCurve.columns.images.at(-1) ?? this.imagesSeen
    if (because === '') this.announcement = `Paused. ${this.standing()}`
    void this.guarded(() => this.measure())
  }

  /** One batch: goes on from a pause, or takes the next images in their order. */
  step(): void {
    if (this.phase === 'training') this.pause()
    else if (this.phase === 'paused' && this.network) {
      const { run } = this
      this.stepper.step(this.network, () => run === this.run && this.phase === 'paused')
    } else if (this.phase === 'ready' || this.phase === 'done')
      void this.guarded(() => this.single())
  }

  private async single(): Promise<void> {
    const { network, data, run } = this
    if (!network || !data) return
    const { batchSize } = this.settings
    const from = this.extra % data.train.labels.length
    const { logs, size } = await network.trainOn(data.train, from, batchSize)
    if (run !== this.run) return
    this.extra += size
    this.imagesSeen += size
    this.lossCurve.addStep(this.imagesSeen, logs['loss'] ?? 0)
    this.accuracyCurve.addStep(this.imagesSeen, logs['accuracy'] ?? 0)
    ++this.drawn
    this.tellLearned()
    await this.measure()
  }

  /** Gives a data set by name; `change` makes it the one that is learned. */
  give(data: LabData): void {
    this.given.set(data.name, data)
  }

  /** Goes on with a model that was kept: it is trained and asked as if it had been made here. */
  async adopt(make: () => Promise<Model>): Promise<void> {
    const { data, settings } = this
    if (!data)
      throw new Error('There is no data yet to try a network on. Wait for it, or choose it.')
    const model = await make()
    const misfit = misfitOf(model, data)
    if (misfit !== '' || data !== this.data) {
      await model.dispose()
      throw new Error(misfit || 'The data was changed meanwhile. Open the network again.')
    }
    const network = await Network.of(model, settings, data)
    const blueprint = blueprintOf(network.layers)
    if (blueprint) this.settings = { ...settings, network: 'own', layers: textOf(blueprint) }
    await this.renew(network)
    this.announcement = 'The network that was kept is here.'
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

  /** Puts a held-out image before the network, everywhere on the page. */
  lookAt(row: number): void {
    if (!this.data) return
    const { test, shape } = this.data
    const origin = `held-out image ${row + 1}`
    this.gaze.look({ pixels: pixelsOf(test, row), shape, label: test.labels[row], origin })
  }

  private async load(): Promise<void> {
    const { data: name } = this.settings
    const given = this.given.get(name)
    if (given ? this.data === given : this.data?.name === name) return
    const data = given ?? (await loadData(name))
    this.data = data
    this.sixteen = sixteenOf(data.test.labels)
    this.show(undefined)
    this.lookAt(this.sixteen[0] ?? 0)
  }

  private async renew(made?: Network): Promise<void> {
    const run = ++this.run
    const { network: old, data } = this
    if (!data) return
    this.keepRun()
    this.network = undefined
    this.examiner = undefined
    this.phase = 'waiting'
    // Its own error, "disposed of while at work", is what was asked for here.
    await old?.dispose()
    const network = made ?? (await Network.make(this.settings, data))
    if (run !== this.run) return void network.dispose()
    this.clear()
    this.network = network
    this.examiner = new Examiner(network, data.test)
    this.layers = network.layers
    this.weights = network.weights
    this.phase = 'ready'
    await this.measure()
    this.tellLearned()
  }

  /** The training that is about to be forgotten, for comparison. */
  private keepRun(): void {
    const [loss, accuracy] = [this.lossCurve.columns, this.accuracyCurve.columns]
    const run = makeRun(++this.runsMade, this.trained, accuracy, loss)
    if (this.imagesSeen === 0 || run.images.length < 2) return
    this.runs = withRun(this.runs, {
      ...run,
      weights: this.weights,
      seconds: this.speed.secondsInAll(),
    })
  }

  private clear(): void {
    this.trained = { ...this.settings }
    this.extra = 0
    this.lossCurve = new Curve()
    this.accuracyCurve = new Curve()
    this.speed = new Speed()
    this.epochsDone = 0
    this.imagesSeen = 0
    this.imagesInAll = (this.data?.train.labels.length ?? 0) * this.settings.epochs
    this.epoch = 0
    this.epochs = this.settings.epochs
    this.loss = undefined
    this.accuracy = undefined
    this.imagesPerSecond = 0
    this.secondsTo95 = undefined
    this.trouble = ''
    this.pausedBecause = ''
    this.herald = new Herald()
    ++this.drawn
  }

  private async train(): Promise<void> {
    const { network, data, run } = this
    if (!network || !data) return
    const { images, labels } = data.train
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
    const images = this.extra + step.epoch * imagesPerEpoch + inEpoch
    this.lossCurve.addStep(images, step.loss)
    this.accuracyCurve.addStep(images, step.metrics['accuracy'] ?? 0)
    this.speed.note(step.size)
    this.stepper.noted()
    const now = performance.now()
    // In a pause every single step is shown.
    if (this.phase === 'training' && now - this.lastScreen < kScreenMilliseconds) return
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
      this.imagesSeen = this.imagesInAll + this.extra
      this.epoch = this.epochs - 1
    }
    ++this.drawn
    this.tellLearned()
  }

  private tellLearned(): void {
    ++this.learned
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
    const milestone = this.herald.passes(held.accuracy)
    if (milestone && this.phase === 'training') this.announcement = this.standing()
  }

  private show(held: Held | undefined): void {
    if (this.data) this.shown = showImages(this.data.test, this.sixteen, held)
  }

  private standing(): string {
    return this.herald.standing(this.accuracy, this.lossCurve.columns.images.at(-1) ?? 0)
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
      this.trouble = sentence(error)
      this.announcement = this.trouble
    }
  }
}
