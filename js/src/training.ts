// The loop over epochs: uploads the data once, runs the engine's epochs, validates, calls the
// callbacks, keeps the history. The loop over batches is the engine's (engine/session.ts).
// SPDX-License-Identifier: MIT
import { progressBar } from './callbacks.js'
import type { Callback, TrainingContext } from './callbacks.js'
import { buffersOf, inputColumns, isDataset, isStream, rowCount, targetColumns } from './columns.js'
import type { Stream } from './columns.js'
import type {
  CallOptions,
  Column,
  Engine,
  EpochResult,
  PortInfo,
  StepReport,
} from './engine/engine.js'
import { weightColumns } from './example-weights.js'
import { FoveaError, abortError } from './errors.js'
import type { ResolvedFitOptions } from './fit-options.js'
import { late } from './late.js'
import type { Model } from './model.js'
import { wrongValue } from './options.js'
import { platform } from './platform.js'

/** Numbers by name: loss, metrics, and the same of a validation with `val_` before them. */
export type Logs = Record<string, number>

/** One step of the optimizer, as `train()` yields it. */
export interface TrainingStep extends StepReport {
  /** Number of the epoch, from 0. */
  epoch: number
  /** The share of the whole training that is done, from 0 to 1. */
  progress: number
}

/** What `fit` gives back. */
export interface History {
  /** The numbers of the epochs that were completed. */
  epoch: number[]
  /** One value per completed epoch: `loss`, `accuracy`, `val_loss`, `val_accuracy`. */
  history: Record<string, number[]>
  /** Examples per second of each epoch, without validation and pauses. */
  imagesPerSecond: number[]
  /** True when `model.stop()` ended the training early. */
  stopped: boolean
}

/** Pause, resume and stop, between epochs as well as within one. */
export class TrainingControl {
  paused = false
  stopped = false
  disposed = false
  private resumes = 0
  private wake: () => void = () => {}

  changed(resumed = false): void {
    if (resumed) ++this.resumes
    this.wake()
  }

  async whilePaused(signal: AbortSignal | undefined): Promise<void> {
    const aborted = (): void => this.wake()
    signal?.addEventListener('abort', aborted)
    // A resume of some batches lets the next epoch begin, too: the engine then waits
    // before its first batch, as it does between any two.
    const { resumes } = this
    const waits = (): boolean => this.paused && this.resumes === resumes
    while (waits() && !this.stopped && !this.disposed && signal?.aborted !== true) {
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
    signal?.removeEventListener('abort', aborted)
  }
}

/** Trains one epoch. */
export type EpochRunner = (
  epoch: number,
  onStep: (report: StepReport) => Promise<void>,
) => Promise<EpochResult>

/** What a training works on. */
export interface TrainingJob {
  model: Model
  modelId: number
  engine: Engine
  worker: boolean
  inputs: readonly PortInfo[]
  outputs: readonly PortInfo[]
  /** Losses of the user's own, where the model was compiled with some. */
  onLoss?: CallOptions['onLoss']
  control: TrainingControl
  /** "fit" or "train": opens every sentence. */
  place: string
  options: ResolvedFitOptions
  /** Gets every step; training goes on when it has resolved. */
  onStep?: ((step: TrainingStep) => void | Promise<void>) | undefined
}

/** Trains. Rejects with the weights of the last good step in place. */
export async function runTraining(job: TrainingJob, x: unknown, y: unknown): Promise<History> {
  const { options, engine, control, place } = job
  if (isStream(x)) return trainStream(job, x)
  const columns = dataColumns(job, place, x, y)
  const rows = rowCount(place, columns)
  const split = Math.floor(rows * (1 - options.validationSplit))
  if (split === 0) {
    const expected = `a share that leaves some of the ${rows} examples to train on`
    throw wrongValue(place, 'validationSplit', expected, options.validationSplit)
  }
  const targets = columns.filter(({ role }) => role === 'y')
  const ownLoss = job.onLoss !== undefined
  const weighed = { targets, rows, split, ownLoss }
  columns.push(...(await weightColumns(place, options.weights, weighed)))
  const validation = validationColumns(job)
  const dataset = await upload(engine, columns)
  const held =
    validation &&
    (await upload(engine, validation).catch(async (error: unknown) => {
      await engine.disposeDataset({ dataset })
      throw error
    }))
  const validate = validationOf(job, dataset, rows, split, held, validation)
  try {
    const run: EpochRunner = (epoch, onStep) => runEpoch(job, dataset, split, epoch, onStep)
    return await runEpochs(job, run, Math.ceil(split / options.batchSize), split, validate)
  } finally {
    // A lost or closed engine has taken its data with it. Nobody waits: calls are done in their order.
    for (const one of held === undefined ? [dataset] : [dataset, held]) {
      engine.disposeDataset({ dataset: one }).catch(() => {})
    }
    control.stopped = true
  }
}

async function trainStream(job: TrainingJob, stream: Stream): Promise<History> {
  const run = await late('streamEpochs')(job, stream)
  const validation = validationColumns(job)
  const held = validation && (await upload(job.engine, validation))
  try {
    const validate = validationOf(job, 0, 0, 0, held, validation)
    return await runEpochs(job, run, stream.batches, NaN, validate)
  } finally {
    if (held !== undefined) await job.engine.disposeDataset({ dataset: held }).catch(() => {})
    job.control.stopped = true
  }
}

async function runEpochs(
  job: TrainingJob,
  run: EpochRunner,
  batches: number,
  samples: number,
  validate: (() => Promise<Logs>) | undefined,
): Promise<History> {
  const { control, options, model } = job
  const { epochs, initialEpoch } = options
  const callbacks = [...options.callbacks]
  if (options.verbose > 0) callbacks.push(progressBar({ bar: options.verbose === 1 }))
  const validationFreq = validate === undefined ? 0 : options.validationFreq
  const call = callerOf(callbacks, { model, epochs, batches, samples, validationFreq })
  const history: History = { epoch: [], history: {}, imagesPerSecond: [], stopped: false }
  let logs: Logs = {}
  await call((one, context) => one.onTrainBegin?.(logs, context))
  for (let epoch = initialEpoch; epoch < epochs; ++epoch) {
    await control.whilePaused(options.signal)
    if (options.signal?.aborted) throw abortError(job.place, options.signal)
    if (control.stopped) break
    await call((one, context) => one.onEpochBegin?.(epoch, {}, context))
    await call((one, context) => one.onBatchBegin?.(0, {}, context))
    const result = await run(epoch, async (report) => {
      const done = epoch - initialEpoch + (report.batch + 1) / report.batches
      const step = { ...report, epoch, progress: done / (epochs - initialEpoch) }
      await call((one, context) => one.onBatchEnd?.(report.batch, step, context))
      await job.onStep?.(step)
      const next = report.batch + 1
      if (next < report.batches) await call((one, context) => one.onBatchBegin?.(next, {}, context))
    })
    if (result.stopped) break
    logs = { loss: result.loss, ...result.metrics }
    if (validate !== undefined && (epoch + 1) % options.validationFreq === 0) {
      Object.assign(logs, await validate())
    }
    record(history, epoch, logs, result)
    await model.keep(false)
    await call((one, context) => one.onEpochEnd?.(epoch, logs, context))
  }
  history.stopped = control.stopped
  await job.engine.finishFit({ model: job.modelId })
  await model.keep(job.place !== 'trainOnBatch')
  await call((one, context) => one.onTrainEnd?.(logs, context))
  return history
}

function runEpoch(
  job: TrainingJob,
  dataset: number,
  to: number,
  epoch: number,
  onStep: (report: StepReport) => Promise<void>,
): Promise<EpochResult> {
  const { options, control } = job
  const { batchSize, shuffle, seed, signal } = options
  const onSteps = async (steps: StepReport[]): Promise<void> => {
    for (const step of steps) await onStep(step)
  }
  const listens = job.onStep !== undefined || options.verbose > 0 || options.callbacks.length > 0
  return job.engine.fit(
    {
      model: job.modelId,
      dataset,
      batchSize,
      from: 0,
      to,
      shuffle,
      seed,
      epoch,
      begin:
        options.resume && epoch === options.initialEpoch ? 'fit start=1 streamed=0' : undefined,
      paused: control.paused,
      reportMilliseconds: platform.reportMilliseconds(job.worker),
      asks: job.onLoss !== undefined,
    },
    { signal, onSteps: listens ? onSteps : undefined, onLoss: job.onLoss },
  )
}

function record(history: History, epoch: number, logs: Logs, result: EpochResult): void {
  history.epoch.push(epoch)
  history.imagesPerSecond.push(result.images / result.seconds)
  for (const [name, value] of Object.entries(logs)) (history.history[name] ??= []).push(value)
}

/** Calls one hook of all callbacks, one after the other. */
function callerOf(
  callbacks: readonly Callback[],
  context: TrainingContext,
): (hook: (one: Callback, context: TrainingContext) => void | Promise<void>) => Promise<void> {
  return async (hook) => {
    for (const one of callbacks) await hook(one, context)
  }
}

/** Loss and metrics of the held-out examples, with `val_` before their names. */
function validationOf(
  job: TrainingJob,
  dataset: number,
  rows: number,
  split: number,
  held: number | undefined,
  columns: readonly Column[] | undefined,
): (() => Promise<Logs>) | undefined {
  const given = job.options.validationData
  if (isStream(given)) {
    const target = { ...job, place: `${job.place}: validationData` }
    return async () =>
      validationLogs(await late('evaluateStream')(target, given, { signal: job.options.signal }))
  }
  if (held === undefined && split === rows) return undefined
  const part =
    held === undefined || columns === undefined
      ? { dataset, from: split, to: rows }
      : { dataset: held, from: 0, to: rowCount('validationData', columns) }
  return async () => {
    const { batchSize, signal } = job.options
    const { onLoss } = job
    const request = { model: job.modelId, batchSize, ...part, asks: onLoss !== undefined }
    const { loss, metrics } = await job.engine.evaluate(request, { signal, onLoss })
    return validationLogs({ loss, ...metrics })
  }
}

function validationLogs(logs: Logs): Logs {
  return Object.fromEntries(Object.entries(logs).map(([name, value]) => [`val_${name}`, value]))
}

function validationColumns(job: TrainingJob): Column[] | undefined {
  const { validationData } = job.options
  if (validationData === undefined || isStream(validationData)) return undefined
  const place = `${job.place}: validationData`
  if (isDataset(validationData)) {
    return dataColumns(job, place, validationData.images, validationData.labels)
  }
  if (!Array.isArray(validationData) || validationData.length !== 2) {
    throw new FoveaError('bad-option', `${place} needs [x, y] or a data set { images, labels }.`)
  }
  return dataColumns(job, place, validationData[0], validationData[1])
}

function dataColumns(
  { inputs, outputs }: Pick<TrainingJob, 'inputs' | 'outputs'>,
  place: string,
  x: unknown,
  y: unknown,
): Column[] {
  const xs = inputColumns(place, inputs, x, false)
  return [...xs, ...targetColumns(place, outputs, y, rowCount(place, xs))]
}

function upload(engine: Engine, columns: Column[]): Promise<number> {
  return engine.createDataset({ columns }, { transfer: buffersOf(columns) })
}
