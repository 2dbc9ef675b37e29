// SPDX-License-Identifier: MIT
// What the racers are told and what they report. The network is that of the first screen: convolutions
// of 16, 32 and 64 filters with 2x2 max poolings, a dense layer of 128, dropout 0.5, ten classes. The
// optimizer is one that all of them have: SGD with momentum (ConvNetJS has no Adam).

export const kLearningRate = 0.01
export const kMomentum = 0.9

export interface RaceOrder {
  /** Bytes, [n, 28, 28, 1]. */
  pixels: Uint8Array
  labels: Int32Array
  /** Images that are not trained on, for the accuracy in the end. */
  held: { pixels: Uint8Array; labels: Int32Array }
  batchSize: number
  /** Trains so long after its first batch before images are counted: compilers need a while. */
  warmUpSeconds: number
  /** How long it runs after that. */
  seconds: number
  /** By WebGL even where no graphics card stands behind it: compiling alone takes half a minute then. */
  evenInSoftware?: boolean
}

export interface RaceReport {
  /** Trained on since the warm-up. */
  images: number
  seconds: number
  /** Until the first batch was done: what compiling takes is in here, and counts no further. */
  firstSeconds: number
  /** The share of the held-out images that are right: it is over then. */
  accuracy?: number
}

/** What a worker says: what it runs on, that it cannot run here and why, or how far it is. */
export type RaceNews = { how: string } | { absent: string } | RaceReport

/** Counts images and time since the warm-up; the same rule for every racer. */
export class Lap {
  private readonly start = performance.now()
  private first: number | undefined
  private begin: number | undefined
  private images = 0
  /** The time that was given has passed. */
  over = false

  constructor(private readonly order: Pick<RaceOrder, 'warmUpSeconds' | 'seconds'>) {}

  /** After each batch. Undefined in the warm-up, which begins when the first batch is done. */
  note(size: number): RaceReport | undefined {
    const now = performance.now()
    this.first ??= now
    if (this.begin === undefined) {
      if (now - this.first >= this.order.warmUpSeconds * 1000) this.begin = now
      return undefined
    }
    this.images += size
    const seconds = (now - this.begin) / 1000
    this.over = seconds >= this.order.seconds
    return { images: this.images, seconds, firstSeconds: (this.first - this.start) / 1000 }
  }
}

/** The share of labels that were guessed. */
export function rightShare(guesses: ArrayLike<number>, labels: Int32Array): number {
  return labels.filter((label, k) => label === guesses[k]).length / labels.length
}

export function tell(news: RaceNews): void {
  postMessage(news)
}

export interface Racer {
  /** What is to be waited for, if anything. */
  trainBatch(rows: readonly number[]): unknown
  guess(): Promise<ArrayLike<number>> | ArrayLike<number>
  /** So many batches may be begun before the first of them is done: a graphics card works ahead. */
  ahead?: number
}

/**
 * In a worker: trains batch after batch for the time that was given, then guesses what was held out.
 * A batch counts when it is done.
 */
export async function runRace(order: RaceOrder, lap: Lap, racer: Racer): Promise<void> {
  const { labels, batchSize, held } = order
  const begun: unknown[] = []
  let first = true
  for (let from = 0; ; from += batchSize) {
    const rows = Array.from({ length: batchSize }, (_, k) => (from + k) % labels.length)
    begun.push(racer.trainBatch(rows))
    if (!first && begun.length < (racer.ahead ?? 1)) continue
    first = false
    await begun.shift()
    const report = lap.note(batchSize)
    if (!report) continue
    tell(report)
    if (!lap.over) continue
    await Promise.all(begun)
    return tell({ ...report, accuracy: rightShare(await racer.guess(), held.labels) })
  }
}
