// SPDX-License-Identifier: MIT
// A race on the visitor's own machine: the same network, the same images, the same batches, one library
// after the other, each in a worker. Speed only; who gets how far in the same time follows from it.
import type { Lab } from '../lab/lab.svelte.js'
import { sentence } from '../lab/repeat.js'
import type { RaceOrder, RaceReport } from './order.js'

export interface Runner {
  name: string
  how: string
  state: 'waiting' | 'running' | 'done' | 'failed'
  images: number
  imagesPerSecond: number
  trouble: string
}

const kImages = 2000
const kBatch = 32
const kSeconds = 6
const kWarmUpSeconds = 1

const newRunner = (name: string, how: string): Runner => {
  return { name, how, state: 'waiting', images: 0, imagesPerSecond: 0, trouble: '' }
}

export class Race {
  runners = $state<Runner[]>([
    newRunner('Fovea', 'WebAssembly with SIMD'),
    newRunner('ConvNetJS', 'plain JavaScript, numbers of 64 bits'),
    newRunner('TensorFlow.js', 'its plain JavaScript backend'),
  ])
  running = $state(false)

  private over = new AbortController()

  constructor(private readonly lab: Lab) {}

  get fastest(): number {
    return Math.max(1, ...this.runners.map(({ imagesPerSecond }) => imagesPerSecond))
  }

  /** One after the other: each has the machine for itself. The page's own training rests. */
  async run(): Promise<void> {
    const { data } = this.lab
    if (this.running || !data) return
    this.running = true
    this.over = new AbortController()
    if (this.lab.phase === 'training') this.lab.pause('It rests while others race.')
    const order: RaceOrder = {
      pixels: data.train.images.data.slice(0, kImages * 784) as Uint8Array,
      labels: data.train.labels.slice(0, kImages),
      batchSize: kBatch,
      seconds: kSeconds,
    }
    const ways = [() => this.fovea(order), () => this.convnet(order), () => this.tensorflow(order)]
    for (const [k, way] of ways.entries()) {
      const runner = this.runners[k]
      if (!runner || this.over.signal.aborted) break
      Object.assign(runner, { state: 'running', images: 0, imagesPerSecond: 0, trouble: '' })
      try {
        await way()
        runner.state = 'done'
      } catch (error) {
        runner.state = this.over.signal.aborted ? 'waiting' : 'failed'
        runner.trouble = this.over.signal.aborted ? '' : sentence(error)
      }
    }
    this.running = false
  }

  stop(): void {
    this.over.abort()
  }

  private note(place: number, { images, seconds }: Omit<RaceReport, 'done'>): void {
    const runner = this.runners[place]
    if (runner) Object.assign(runner, { images, imagesPerSecond: images / seconds })
  }

  private async fovea({ pixels, labels, seconds }: RaceOrder): Promise<void> {
    const fovea = await import('fovea')
    const model = await fovea.zoo.torchMnist({ name: 'race', seed: 1 })
    try {
      await model.compile({
        optimizer: 'adam',
        loss: fovea.losses.sparseCategoricalCrossentropy({ fromLogits: true }),
      })
      const x = { data: pixels, shape: [labels.length, 28, 28, 1] }
      let begin: number | undefined
      let images = 0
      const first = performance.now()
      for await (const step of model.train(x, labels, { epochs: 1e6, batchSize: kBatch })) {
        this.over.signal.throwIfAborted()
        const now = performance.now()
        if (now - first < kWarmUpSeconds * 1000) continue
        begin ??= now
        images += step.size
        this.note(0, { images, seconds: Math.max(0.001, (now - begin) / 1000) })
        if (now - begin > seconds * 1000) break
      }
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

  private tensorflow(order: RaceOrder): Promise<void> {
    return this.inWorker(
      2,
      new Worker(new URL('./race-tensorflow.ts', import.meta.url), { type: 'module' }),
      order,
    )
  }

  private inWorker(place: number, worker: Worker, order: RaceOrder): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<RaceReport>) => {
        if (data.seconds > 0) this.note(place, data)
        if (data.done) resolve()
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
