// Evaluation and prediction: check, upload, ask, clean up.
// SPDX-License-Identifier: MIT
import { buffersOf, inputColumns, isDataset, isStream, rowCount, targetColumns } from './columns.js'
import type { CallOptions, Engine, PortInfo } from './engine/engine.js'
import { weightColumns } from './example-weights.js'
import type { SampleWeight } from './example-weights.js'
import { FoveaError } from './errors.js'
import { late } from './late.js'
import { checkNames, wholeNumber, wrongValue } from './options.js'
import type { FloatTensor } from './tensor.js'
import type { Logs } from './training.js'

/** Options of `evaluate`. */
export interface EvaluateOptions {
  /** Default 32. */
  batchSize?: number
  /** Aborting it rejects with code `aborted`. */
  signal?: AbortSignal
  /** How much each example counts in the loss, `[n]`; for several outputs one array or one each. */
  sampleWeight?: SampleWeight
}

/** Options of `predict`, which takes 64 at a time at most: larger batches would take longer. */
export interface PredictOptions extends Omit<EvaluateOptions, 'sampleWeight'> {
  /** A key: a later call with the same key supersedes this one, which rejects with `superseded`. */
  latest?: string
}

/** A model as inference needs it. */
export interface InferenceTarget {
  engine: Engine
  modelId: number
  /** Opens every sentence. */
  place: string
  inputs: readonly PortInfo[]
  outputs: readonly PortInfo[]
  /** Losses of the user's own, where the model was compiled with some. */
  onLoss?: CallOptions['onLoss']
}

/** `(x, y, options)`, or `(dataset, options)`. */
export function splitDataset<Options>(
  x: unknown,
  y: unknown,
  options: Options | undefined,
): { x: unknown; y: unknown; options: Options | undefined } {
  if (isStream(x)) return { x, y: undefined, options: (y ?? options) as Options | undefined }
  if (!isDataset(x)) return { x, y, options }
  return { x: x.images, y: x.labels, options: (y ?? options) as Options | undefined }
}

/** Loss and metrics over a whole data set. */
export async function runEvaluation(
  target: InferenceTarget,
  x: unknown,
  y: unknown,
  options: EvaluateOptions,
): Promise<Logs> {
  if (isStream(x)) return late('evaluateStream')(target, x, options)
  const { engine, modelId, place, inputs, outputs, onLoss } = target
  const { batchSize, signal } = batching(place, options, ['batchSize', 'signal', 'sampleWeight'])
  const xs = inputColumns(place, inputs, x, false)
  const rows = rowCount(place, xs)
  const targets = targetColumns(place, outputs, y, rows)
  const weights = { classWeight: undefined, sampleWeight: options.sampleWeight }
  const ownLoss = onLoss !== undefined
  const weighed = await weightColumns(place, weights, { targets, rows, split: 0, ownLoss })
  const columns = [...xs, ...targets, ...weighed]
  const dataset = await engine.createDataset({ columns }, { transfer: buffersOf(columns) })
  try {
    const asks = onLoss !== undefined
    const request = { model: modelId, dataset, batchSize, from: 0, to: rows, asks }
    const { loss, metrics } = await engine.evaluate(request, { signal, onLoss })
    return { loss, ...metrics }
  } finally {
    await engine.disposeDataset({ dataset }).catch(() => {})
  }
}

/** The raw outputs, one tensor per output of the model. */
export function runPrediction(
  { engine, modelId, place, inputs }: InferenceTarget,
  x: unknown,
  options: PredictOptions,
  latest: Latest,
): Promise<FloatTensor[]> {
  const { batchSize, signal } = batching(place, options, ['batchSize', 'signal', 'latest'])
  const columns = inputColumns(place, inputs, x, true)
  rowCount(place, columns)
  const { latest: key } = options
  const request = { model: modelId, columns, batchSize, yieldFirst: key !== undefined }
  if (key === undefined) return engine.predict(request, { signal })
  return latest.predict(place, key, signal, engine, request)
}

/** Predictions of which only the last with the same key counts. */
export class Latest {
  private readonly running = new Map<string, AbortController>()

  async predict(
    place: string,
    key: string,
    outer: AbortSignal | undefined,
    engine: Engine,
    request: Parameters<Engine['predict']>[0],
  ): Promise<FloatTensor[]> {
    const superseded = `${place}: a later call with latest: "${key}" took its place.`
    this.running.get(key)?.abort(new FoveaError('superseded', superseded))
    const own = new AbortController()
    const pass = (): void => own.abort(outer?.reason)
    if (outer?.aborted) pass()
    outer?.addEventListener('abort', pass)
    this.running.set(key, own)
    try {
      return await engine.predict(request, { signal: own.signal })
    } finally {
      outer?.removeEventListener('abort', pass)
      if (this.running.get(key) === own) this.running.delete(key)
    }
  }
}

function batching(
  place: string,
  options: EvaluateOptions,
  names: readonly string[],
): { batchSize: number; signal: AbortSignal | undefined } {
  checkNames(place, options, names)
  const { batchSize = 32, signal } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrongValue(place, 'signal', "an AbortController's signal", signal)
  }
  return { batchSize: wholeNumber(place, 'batchSize', batchSize, 1), signal }
}
