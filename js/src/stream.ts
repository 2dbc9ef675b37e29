// Data that comes batch by batch from a function of the user's: training and evaluating hold no more
// than one batch of it. Each batch is a data set of its own in the engine, and they add up there.
// SPDX-License-Identifier: MIT
import { buffersOf, inputColumns, rowCount, targetColumns } from './columns.js'
import type { Batch, Stream } from './columns.js'
import type { CallOptions, Column, Engine, EpochResult, StepReport } from './engine/engine.js'
import { FoveaError } from './errors.js'
import { weightColumns } from './example-weights.js'
import type { ClassWeight } from './example-weights.js'
import type { EvaluateOptions, InferenceTarget } from './inference.js'
import { checkNames, describe } from './options.js'
import { platform } from './platform.js'
import type { EpochRunner, Logs, TrainingJob } from './training.js'

type Target = Pick<InferenceTarget, 'engine' | 'modelId' | 'inputs' | 'outputs' | 'onLoss'>

/** One batch as columns for the engine. */
async function columnsOf(
  target: Target,
  place: string,
  given: Batch,
  classWeight?: ClassWeight,
): Promise<Column[]> {
  const opens = `${place}: a batch of the stream`
  if (given === null || typeof given !== 'object' || (!('x' in given) && !('images' in given))) {
    throw new FoveaError('bad-data', `${opens} needs { x, y } but is ${describe(given)}.`)
  }
  const [x, y] = 'x' in given ? [given.x, given.y] : [given.images, given.labels]
  const sampleWeight = 'x' in given ? given.sampleWeight : undefined
  const xs = inputColumns(opens, target.inputs, x, false)
  const rows = rowCount(opens, xs)
  const targets = targetColumns(opens, target.outputs, y, rows)
  const ownLoss = target.onLoss !== undefined
  const weighed = { targets, rows, split: rows, ownLoss }
  const weights = await weightColumns(opens, { classWeight, sampleWeight }, weighed)
  return [...xs, ...targets, ...weights]
}

/** Uploads batch after batch; `use` gets each, and the one before is gone by then. */
async function eachBatch(
  engine: Engine,
  batches: AsyncIterable<Column[]>,
  use: (dataset: number, rows: number) => Promise<void>,
): Promise<void> {
  let dataset: number | undefined
  const dispose = async (): Promise<void> => {
    if (dataset !== undefined) await engine.disposeDataset({ dataset }).catch(() => {})
    dataset = undefined
  }
  try {
    for await (const columns of batches) {
      await dispose()
      const rows = columns[0]?.shape[0] ?? 0
      dataset = await engine.createDataset({ columns }, { transfer: buffersOf(columns) })
      await use(dataset, rows)
    }
  } finally {
    await dispose()
  }
}

/** How an epoch of a stream is trained. */
export async function streamEpochs(job: TrainingJob, stream: Stream): Promise<EpochRunner> {
  const { engine, options, control, place } = job
  if (options.given.batchSize !== undefined || options.given.shuffle === true) {
    throw new FoveaError(
      'bad-option',
      `${place}: a stream yields its batches itself, in its own order. Leave batchSize and shuffle out.`,
    )
  }
  if (options.validationSplit > 0 || options.weights.sampleWeight !== undefined) {
    throw new FoveaError(
      'bad-option',
      `${place}: a stream cannot be split, and brings sampleWeight with its batches. Use validationData.`,
    )
  }
  return async (epoch, onStep) => {
    const { seed, signal } = options
    const resumes = options.resume && epoch === options.initialEpoch
    let begin = `fit start=${resumes ? 1 : 0} streamed=1`
    const stood = resumes ? options.stood : undefined
    const { batch, seen, lossTotal } = { batch: 0, seen: 0, lossTotal: 0, ...stood }
    const none = { metrics: {}, batches: 0, images: 0, seconds: 0, stopped: false }
    let result: EpochResult = { ...none, loss: Number(lossTotal) / Number(seen) }
    let passed = batch
    async function* batches(): AsyncGenerator<Column[]> {
      for await (const given of stream.source()) {
        if (passed-- > 0) continue
        await control.whilePaused(signal)
        // Only here it is known that there was more to come.
        result.stopped ||= control.stopped
        if (result.stopped) return
        yield await columnsOf(job, place, given, options.weights.classWeight)
      }
    }
    const part = async (dataset: number, from: number, to: number): Promise<EpochResult> => {
      const onSteps = async (steps: StepReport[]): Promise<void> => {
        for (const one of steps) await onStep({ ...one, batches: stream.batches })
      }
      const request = { model: job.modelId, dataset, from, to, seed, epoch, begin }
      begin = 'fit start=2 streamed=1'
      return engine.fit(
        {
          ...request,
          batchSize: Math.max(to - from, 1),
          shuffle: false,
          paused: control.paused,
          reportMilliseconds: platform.reportMilliseconds(job.worker),
          asks: job.onLoss !== undefined,
        },
        { signal, onSteps, onLoss: job.onLoss },
      )
    }
    await eachBatch(engine, batches(), async (dataset, rows) => {
      const { loss, metrics, images, seconds, stopped } = await part(dataset, 0, rows)
      if (stopped) return void (result.stopped = true)
      result = {
        ...{ loss, metrics, stopped, batches: result.batches + 1 },
        images: result.images + images,
        seconds: result.seconds + seconds,
      }
    })
    if (result.batches + batch === 0 && !result.stopped) {
      throw new FoveaError('bad-data', `${place}: the stream yields no batch in epoch ${epoch}.`)
    }
    const over = { model: job.modelId, given: 'fit start=3 streamed=1' }
    if (!result.stopped) await engine.trainingState(over)
    return result
  }
}

const summing = new WeakMap<Engine, Promise<unknown>>()

/** Loss and metrics over a stream. */
export async function evaluateStream(
  target: InferenceTarget,
  stream: Stream,
  options: EvaluateOptions,
): Promise<Logs> {
  checkNames(target.place, options, ['signal'])
  const { engine, modelId: model, onLoss, place } = target
  const { signal } = options
  const call: CallOptions = { signal, onLoss }
  const run = async (): Promise<Logs> => {
    let logs: Logs | undefined
    async function* batches(): AsyncGenerator<Column[]> {
      for await (const given of stream.source()) yield await columnsOf(target, place, given)
    }
    await eachBatch(engine, batches(), async (dataset, rows) => {
      const more = `evaluate first=${logs === undefined ? 1 : 0}`
      const request = { model, dataset, batchSize: rows, from: 0, to: rows, more }
      const asks = onLoss !== undefined
      const { loss, metrics } = await engine.evaluate({ ...request, asks }, call)
      logs = { loss, ...metrics }
    })
    if (logs !== undefined) return logs
    throw new FoveaError('bad-data', `${place}: the stream yields no batch.`)
  }
  // The sum is one for a model: streams wait for each other.
  const done = (summing.get(engine) ?? Promise.resolve()).then(run, run)
  summing.set(
    engine,
    done.catch(() => {}),
  )
  return done
}
