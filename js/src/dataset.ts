// `fovea.dataset`: data that comes batch by batch. What is done with it stands in stream.ts.
// SPDX-License-Identifier: MIT
import type { Batch, Stream } from './columns.js'

/**
 * Data that a function yields batch by batch, for `fit`, `train` and `evaluate`: no more than one batch is
 * held. The function is called at the beginning of every epoch; each batch is one step.
 *
 * @param source yields `{ x, y }`, and where wanted `sampleWeight`, or `{ images, labels }`
 * @param options `batches`: how many it yields, where that is known
 * @example
 * ```ts
 * const stream = fovea.dataset(async function* () {
 *   for (let k = 0; k < 4; ++k) yield { x: images, y: labels }      // read or made just now
 * })
 * await model.fit(stream, { epochs: 2 })
 * ```
 */
export function dataset(
  source: () => AsyncIterable<Batch> | Iterable<Batch>,
  { batches = Infinity }: { batches?: number } = {},
): Stream {
  return { source, batches }
}
