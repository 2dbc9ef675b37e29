// SPDX-License-Identifier: MIT
// A race on the visitor's own machine: the same network, the same images, the same batches, one library
// after the other, each in a worker: how fast it learns, and how far it gets in the same time.
import type { Tensor } from 'fovea'
import { largest } from '../lab/classify.js'
import type { Lab } from '../lab/lab.svelte.js'
import { sentence } from '../lab/repeat.js'
import { pixelsOf } from '../lab/data.js'
import { kLearningRate, kMomentum, Lap, rightShare } from './order.js'
import type { RaceNews, RaceOrder, RaceReport } from './order.js'
import type { Backend } from './race-tensorflow.js'

export interface Runner {
  name: string
  how: string
  state: 'waiting' | 'running' | 'done' | 'absent' | 'failed'
  images: number
  imagesPerSecond: number
  /** Until its first batch was done. */
  firstSeconds: number
  /** Of the held-out images, when its time is over. */
  accuracy: number | undefined
  trouble: string
}

const kImages = 2000
const kHeld = 300
const kBatch = 32
const kSeconds = 6
const kWarmUpSeconds = 1
const kRests = 'It rests while others race.'

const newRunner = (name: string, how: string): Runner => {
  const none = { images: 0, imagesPerSecond: 0, firstSeconds: 0, accuracy: undefined }
  return { name, how, state: 'waiting', ...none, trouble: '' }
}

export class Race {
  runners = $state<Runner[]>([
    newRunner('Fovea', 'WebAssembly with SIMD'),
    newRunner('ConvNetJS', 'plain JavaScript, one thread, numbers of 64 bits'),
    newRunner('TensorFlow.js, plain', 'its JavaScript backend, one thread'),
    newRunner('TensorFlow.js, WebGL', 'on the graphics card, where there is one'),
  ])
  running = $state(false)

  private over = new AbortController()

  constructor(private readonly lab: Lab) {}

  /** How Fovea runs here, in words; the others' are as they stand. */
  get how(): string {
    const { variant = 'simd', threads = 1 } = this.lab.backend ?? {}
    const simd = variant === 'scalar' ? 'WebAssembly without SIMD' : 'WebAssembly with SIMD'
    return `${simd}, ${threads === 1 ? 'one thread' : `${threads} threads`}`
  }

  get fastest(): number {
    return Math.max(1, ...this.runners.map(({ imagesPerSecond }) => imagesPerSecond))
  }

  /** One after the other: each has the machine for itself. The page's own training rests. */
  async run(): Promise<void> {
    const { data } = this.lab
    if (this.running || !data) return
    this.running = true
    this.over = new AbortController()
    const rests = this.lab.phase === 'training'
    if (rests) this.lab.pause(kRests)
    const { train, test } = data
    const heldRows = Array.from({ length: Math.min(kHeld, test.labels.length) }, (_, row) => row)
    const order: RaceOrder = {
      pixels: train.images.data.slice(0, kImages * 784) as Uint8Array,
      labels: train.labels.slice(0, kImages),
      held: {
        pixels: Uint8Array.from(heldRows.flatMap((row) => [...pixelsOf(test, row)])),
        labels: test.labels.slice(0, heldRows.length),
      },
      batchSize: kBatch,
      warmUpSeconds: kWarmUpSeconds,
      seconds: kSeconds,
    }
    const ways = [
      () => this.fovea(order),
      () => this.convnet(order),
      () => this.tensorflow(2, order, 'cpu'),
      () => this.tensorflow(3, order, 'webgl'),
    ]
    for (const [k, way] of ways.entries()) {
      const runner = this.runners[k]
      if (!runner || this.over.signal.aborted) break
      Object.assign(runner, newRunner(runner.name, runner.how), { state: 'running' })
      try {
        await way()
        if (runner.state === 'running') runner.state = 'done'
      } catch (error) {
        runner.state = this.over.signal.aborted ? 'waiting' : 'failed'
        runner.trouble = this.over.signal.aborted ? '' : sentence(error)
      }
    }
    this.running = false
    if (rests && this.lab.pausedBecause === kRests) this.lab.start()
  }

  stop(): void {
    this.over.abort()
  }

  private note(place: number, news: RaceNews): void {
    const runner = this.runners[place]
    if (!runner) return
    if ('how' in news) runner.how = news.how
    else if ('absent' in news) Object.assign(runner, { state: 'absent', trouble: news.absent })
    else {
      const { images, seconds, firstSeconds, accuracy } = news
      Object.assign(runner, { images, imagesPerSecond: images / seconds, firstSeconds, accuracy })
    }
  }

  private async fovea(order: RaceOrder): Promise<void> {
    const fovea = await import('fovea')
    const { signal } = this.over
    const lap = new Lap(order)
    const model = await fovea.zoo.torchMnist({ name: 'race', seed: 1 })
    const imagesOf = (data: Uint8Array): Tensor => ({ data, shape: [data.length / 784, 28, 28, 1] })
    try {
      await model.compile({
        optimizer: fovea.optimizers.sgd({ learningRate: kLearningRate, momentum: kMomentum }),
        loss: fovea.losses.sparseCategoricalCrossentropy({ fromLogits: true }),
      })
      const options = { epochs: 1e6, batchSize: kBatch, shuffle: false }
      let report: RaceReport | undefined
      for await (const { size } of model.train(imagesOf(order.pixels), order.labels, options)) {
        signal.throwIfAborted()
        report = lap.note(size)
        if (report) this.note(0, report)
        if (lap.over) break
      }
      const { data } = await model.predict(imagesOf(order.held.pixels))
      const guesses = Array.from(order.held.labels, (_, row) =>
        largest(data.subarray(row * 10, (row + 1) * 10)),
      )
      const accuracy = rightShare(guesses, order.held.labels)
      if (report) this.note(0, { ...report, accuracy })
    } finally {
      await model.dispose()
    }
  }

  private convnet(order: RaceOrder): Promise<void> {
    return this.inWorker(
      1,
      new Worker(new URL('./race-convnetjs.ts', import.meta.url), { type: 'module' }),
      order,
    )
  }

  private tensorflow(place: number, order: RaceOrder, backend: Backend): Promise<void> {
    return this.inWorker(
      place,
      new Worker(new URL('./race-tensorflow.ts', import.meta.url), { type: 'module' }),
      { ...order, backend },
    )
  }

  private inWorker(
    place: number,
    worker: Worker,
    order: RaceOrder & { backend?: Backend },
  ): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<RaceNews>) => {
        this.note(place, data)
        if ('absent' in data || ('accuracy' in data && data.accuracy !== undefined)) resolve()
      }
      worker.onerror = ({ message }) => {
        reject(new Error(message || 'Its worker could not be started.'))
      }
      this.over.signal.addEventListener('abort', () => reject(new Error('stopped')))
    })
    worker.postMessage(order)
    return done.finally(() => worker.terminate())
  }
}
