// SPDX-License-Identifier: MIT
// A lesson: classes with their examples, the network that learned them, and what it says about the
// newest picture. Drawings and the camera's pictures are lessons of their own.
import type { Model } from 'fovea'
import type { Network } from '../lab/network.js'
import { labelOf, readLabel } from './label.js'
import { batchOf, fitted, heldBack } from './samples.js'
import type { Picture } from './samples.js'
import { fromFeatures, fromScratch } from './student.js'

export interface TaughtClass {
  id: number
  name: string
  examples: Picture[]
}

export type Beginning = 'scratch' | 'features'

/** idle: nothing learned, or something learned before. */
export type LessonPhase = 'idle' | 'training' | 'done'

export const kMostClasses = 8
export const kMostExamples = 200

const kBatch = 16
// A lesson takes a second or two: this many examples are seen, each many times and never alike.
const kExamplesSeen = 2400
const kMostEpochs = 60
const kSeed = 7

const letter = (place: number): string => String.fromCharCode(65 + place)

export class Lesson {
  classes = $state.raw<TaughtClass[]>([])
  beginning = $state<Beginning>('scratch')
  phase = $state<LessonPhase>('idle')
  progress = $state(0)
  accuracy = $state<number | undefined>()
  loss = $state<number | undefined>()
  seconds = $state<number | undefined>()
  /** Of the examples that were held back: right ones and all. */
  held = $state.raw<{ right: number; all: number } | undefined>()
  trouble = $state('')
  /** Names of the classes as the network learned them, in the order of its outputs. */
  learned = $state.raw<string[]>([])
  /** A probability for each learned class of the newest picture. */
  shares = $state.raw<number[]>([])
  weights = $state(0)

  private model: Model | undefined
  private shape: readonly number[] = []
  private ink = false
  private nextId = 0
  private stopped = false
  private busy = false
  private next: Picture | undefined

  constructor(
    /** True where photographs are the examples, not drawings. */
    readonly filmed: boolean,
  ) {
    this.addClass()
    this.addClass()
  }

  /** What keeps it from training, as a sentence; empty when it can. */
  get missing(): string {
    const empty = this.classes.filter(({ examples }) => examples.length === 0)
    if (this.classes.length < 2) return 'It takes two classes to tell apart. Add another one.'
    if (empty.length > 0) {
      return `No examples yet of ${empty.map(({ name }) => name).join(', ')}.`
    }
    return ''
  }

  get taught(): Model | undefined {
    return this.model
  }

  addClass(): void {
    if (this.classes.length >= kMostClasses) return
    const name = `Class ${letter(this.nextId % 26)}`
    this.classes = [...this.classes, { id: this.nextId++, name, examples: [] }]
  }

  removeClass(id: number): void {
    this.classes = this.classes.filter((one) => one.id !== id)
  }

  rename(id: number, name: string): void {
    this.change(id, (one) => ({ ...one, name: name.trim() || one.name }))
  }

  addExample(id: number, picture: Picture): void {
    this.change(id, (one) => ({
      ...one,
      examples: [...one.examples, picture].slice(-kMostExamples),
    }))
  }

  dropExample(id: number, place: number): void {
    this.change(id, (one) => ({ ...one, examples: one.examples.filter((_, k) => k !== place) }))
  }

  private change(id: number, how: (one: TaughtClass) => TaughtClass): void {
    this.classes = this.classes.map((one) => (one.id === id ? how(one) : one))
  }

  /** Trains a new network on the examples. `base`: the one whose features may be used. */
  async train(base: Network | undefined, ink: boolean): Promise<void> {
    if (this.phase === 'training' || this.missing !== '') return
    this.phase = 'training'
    this.stopped = false
    this.trouble = ''
    this.progress = 0
    this.accuracy = this.loss = this.seconds = undefined
    this.held = undefined
    this.shares = []
    try {
      await this.forget()
      await this.learn(base, ink)
      this.phase = 'done'
    } catch (error) {
      this.phase = 'idle'
      this.trouble = error instanceof Error ? error.message : String(error)
      await this.forget()
    }
  }

  /** Ends the training; what was learned so far stays. */
  stop(): void {
    this.stopped = true
  }

  private async learn(base: Network | undefined, ink: boolean): Promise<void> {
    const { classes, beginning } = this
    const names = classes.map(({ name }) => name)
    const own = classes.flatMap(({ examples }) => examples)
    const labels = classes.flatMap(({ examples }, label) => examples.map(() => label))
    if (beginning === 'features' && !base) throw new Error('There is no trained network yet.')
    const shape = beginning === 'features' ? (base?.inputShape ?? []) : (own[0]?.shape ?? [])
    const pictures = await Promise.all(own.map((picture) => fitted(picture, shape, ink)))
    const held = heldBack(labels)
    const pick = (back: boolean): ReturnType<typeof batchOf> =>
      batchOf(
        pictures.filter((_, k) => held[k] === back),
        labels.filter((_, k) => held[k] === back),
      )
    const [train, test] = [pick(false), pick(true)]
    const label = labelOf({ names, filmed: this.filmed, ink })
    const wanted = { label, classes: names.length, seed: kSeed }
    const model =
      beginning === 'features' && base
        ? await fromFeatures(base.model, wanted)
        : await fromScratch(shape, wanted)
    this.take(model, names, ink)
    this.weights = model.countParams().trainable
    const count = train.labels.length
    const epochs = Math.max(8, Math.min(kMostEpochs, Math.round(kExamplesSeen / count)))
    const begin = performance.now()
    for await (const step of model.train(train.x, train.labels, { epochs, batchSize: kBatch })) {
      this.progress = step.progress
      this.loss = step.epochLoss
      this.accuracy = step.epochMetrics['accuracy']
      if (this.stopped) break
    }
    this.seconds = (performance.now() - begin) / 1000
    if (test.labels.length > 0) {
      const { accuracy = 0 } = await model.evaluate(test.x, test.labels)
      this.held = { right: Math.round(accuracy * test.labels.length), all: test.labels.length }
    }
  }

  /** A taught network that was kept: it answers again, without its examples. */
  async open(model: Model): Promise<void> {
    const kept = readLabel(model.name)
    if (!kept) throw new Error('This network was not taught here.')
    await this.forget()
    this.take(model, kept.names, kept.ink)
    this.shares = []
    this.trouble = ''
    this.phase = 'idle'
  }

  private take(model: Model, names: string[], ink: boolean): void {
    this.model = model
    this.shape = (model.inputs[0]?.shape ?? []).map((side) => side ?? 0)
    this.ink = ink
    this.learned = names
  }

  /** What the network says about a picture; the newest one only. */
  ask(picture: Picture | undefined): void {
    this.next = picture
    if (picture === undefined) this.shares = []
    else if (!this.busy) void this.answer()
  }

  private async answer(): Promise<void> {
    this.busy = true
    while (this.next !== undefined && this.model) {
      const { next: picture, model, shape, ink } = this
      this.next = undefined
      try {
        const { data } = await fitted(picture, shape, ink)
        const output = await model.predict({ data, shape: [1, ...shape] })
        if (model === this.model) this.shares = Array.from(output.data)
      } catch (error) {
        const gone = error instanceof Error && 'code' in error && error.code === 'disposed'
        if (!gone) this.trouble = error instanceof Error ? error.message : String(error)
      }
    }
    this.busy = false
  }

  /** Gives the network back to the engine. */
  async forget(): Promise<void> {
    const { model } = this
    this.model = undefined
    this.learned = []
    await model?.dispose()
  }
}
