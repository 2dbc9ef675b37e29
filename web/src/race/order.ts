// SPDX-License-Identifier: MIT
// What the racers are told and what they report. The network is that of the first screen: convolutions
// of 16, 32 and 64 filters with 2x2 max poolings, a dense layer of 128, dropout 0.5, ten classes; Adam.

export interface RaceOrder {
  /** Bytes, [n, 28, 28, 1]. */
  pixels: Uint8Array
  labels: Int32Array
  batchSize: number
  /** How long it runs after the warm-up. */
  seconds: number
}

export interface RaceReport {
  /** Trained on since the warm-up. */
  images: number
  seconds: number
  done: boolean
}

/** Trains batch after batch for the time that was given; the first batch warms up. */
export async function runRace(
  { labels, batchSize, seconds }: RaceOrder,
  trainBatch: (rows: readonly number[]) => Promise<void> | void,
): Promise<void> {
  const batch = async (from: number): Promise<void> => {
    const rows = Array.from({ length: batchSize }, (_, k) => (from + k) % labels.length)
    await trainBatch(rows)
  }
  await batch(0)
  const begin = performance.now()
  for (let images = 0, done = false; !done;) {
    await batch(images)
    images += batchSize
    const passed = (performance.now() - begin) / 1000
    done = passed >= seconds
    postMessage({ images, seconds: passed, done } satisfies RaceReport)
  }
}
