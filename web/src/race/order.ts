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
  /** Trains so long, and one batch at least, before images are counted: compilers need a while. */
  warmUpSeconds: number
  /** How long it runs after that. */
  seconds: number
}

export interface RaceReport {
  /** Trained on since the warm-up. */
  images: number
  seconds: number
  /** The share of the held-out images that are right: it is over then. */
  accuracy?: number
}

/** Counts images and time since the warm-up; the same rule for every racer. */
export class Lap {
  private readonly first = performance.now()
  private begin: number | undefined
  private images = 0
  /** The time that was given has passed. */
  over = false

  constructor(private readonly order: Pick<RaceOrder, 'warmUpSeconds' | 'seconds'>) {}

  /** After each batch. Undefined in the warm-up. */
  note(size: number): RaceReport | undefined {
    const now = performance.now()
    if (this.begin === undefined) {
      if (now - this.first >= this.order.warmUpSeconds * 1000) this.begin = now
      return undefined
    }
    this.images += size
    const seconds = (now - this.begin) / 1000
    this.over = seconds >= this.order.seconds
    return { images: this.images, seconds }
  }
}

/** The share of labels that were guessed. */
export function rightShare(guesses: ArrayLike<number>, labels: Int32Array): number {
  return labels.filter((label, k) => label === guesses[k]).length / labels.length
}

/** In a worker: trains batch after batch for the time that was given, then guesses what was held out. */
export async function runRace(
  order: RaceOrder,
  trainBatch: (rows: readonly number[]) => Promise<void> | void,
  guess: () => Promise<ArrayLike<number>> | ArrayLike<number>,
): Promise<void> {
  const { labels, batchSize, held } = order
  const lap = new Lap(order)
  for (let from = 0; ; from += batchSize) {
    await trainBatch(Array.from({ length: batchSize }, (_, k) => (from + k) % labels.length))
    const report = lap.note(batchSize)
    if (!report) continue
    postMessage(report)
    if (!lap.over) continue
    const accuracy = rightShare(await guess(), held.labels)
    return postMessage({ ...report, accuracy } satisfies RaceReport)
  }
}
