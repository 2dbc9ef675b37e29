// The loops over batches, beside the wasm module: one epoch of training and one evaluation. Between
// two batches they take a turn of the event loop, so predictions, pause and abort get through.
// SPDX-License-Identifier: MIT
import { FoveaError, abortError } from '../errors.js'
import type {
  CallOptions,
  EngineCalls,
  EpochResult,
  FitEpochRequest,
  StepReport,
} from './engine.js'
import { allocate, copyTensorOut, put, unwrap, whole } from './native.js'
import type { NativeModule, Place } from './native.js'
import { yieldToMessages } from './yield.js'

/** What pause, stop and dispose say to a loop that is running. */
export class Run {
  paused: boolean
  /** Batches until it pauses by itself. */
  left = Infinity
  stopped = false
  disposed = false
  private wake: () => void = () => {}

  constructor(paused: boolean) {
    this.paused = paused
  }

  /** Lets a paused loop look again. */
  changed(): void {
    this.wake()
  }

  /** Waits while paused. Stop, dispose and the signal end the wait. */
  async whilePaused(signal: AbortSignal | undefined): Promise<void> {
    const aborted = (): void => this.wake()
    signal?.addEventListener('abort', aborted)
    while (this.paused && !this.stopped && !this.disposed && !signal?.aborted) {
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
    signal?.removeEventListener('abort', aborted)
  }
}

/**
 * Whose turn it is in a model's memory: between the forward and the backward pass of a step whose
 * loss the caller computes, nothing else may run there.
 */
export class Turn {
  private held: Promise<void> | undefined

  get free(): boolean {
    return this.held === undefined
  }

  /** Does something when nobody holds the model, and holds it while that takes its time. */
  hold<Result>(work: () => Result | Promise<Result>): Result | Promise<Result> {
    if (this.held !== undefined) return this.held.then(() => this.hold(work))
    const done = work()
    if (done instanceof Promise) {
      const free = (): void => (this.held = undefined)
      this.held = done.then(free, free)
    }
    return done
  }
}

/** What a step is made in: the module, the model's turn, and what ends the work. */
export interface Stage {
  native: NativeModule
  run: Run
  turn: Turn
}

/** One step, with the caller's losses in its middle where there are some. */
async function step<Result>(
  { native, run, turn }: Stage,
  request: { model: number; dataset: number; asks: boolean },
  evaluates: boolean,
  { onLoss, signal }: CallOptions,
): Promise<Result> {
  const { model, dataset, asks } = request
  if (!asks || onLoss === undefined) {
    const call = (): Result =>
      unwrap(evaluates ? native.evaluateStep(model) : native.fitStep(model))
    return turn.hold(() => whole(native, call))
  }
  const place = evaluates ? 'evaluate' : 'fit'
  const flag = evaluates ? 1 : 0
  // A half step whose losses came from elsewhere could not be begun again.
  await native.bringRest?.()
  return turn.hold(async () => {
    const { losses } = unwrap<{ losses: Record<'prediction' | 'target' | 'gradient', Place>[] }>(
      native.beginStep(model, dataset, flag),
    )
    const questions = losses.map(({ prediction, target }) => ({
      yTrue: copyTensorOut(native, target),
      yPred: copyTensorOut(native, prediction),
    }))
    const answers = await onLoss(questions)
    // Meanwhile the model, and with it the memory that is written to, may have gone.
    if (signal?.aborted) throw abortError(place, signal)
    if (run.disposed) throw disposedDuring(place)
    losses.forEach(({ gradient: { pointer } }, k) => {
      if (pointer !== 0) native.HEAPF32.set(answers[k]?.gradient ?? [], pointer / 4)
    })
    const values = Float64Array.from(answers, ({ loss }) => loss)
    const pointer = allocate(native, values.byteLength, place)
    try {
      put(native, pointer, values)
      return unwrap(native.finishStep(model, flag, pointer, values.length))
    } finally {
      native.release(pointer)
    }
  })
}

interface NativeStep {
  batch: number
  size: number
  loss: number | null
  metrics: Record<string, number | null>
  epochLoss: number | null
  epochMetrics: Record<string, number | null>
  step: number
  done: boolean
}

/** Trains one epoch, batch by batch. */
export async function fitEpoch(
  stage: Stage,
  request: FitEpochRequest,
  options: CallOptions,
): Promise<EpochResult> {
  const { native, run } = stage
  const { signal, onSteps } = options
  const { model, dataset, batchSize, from, to, shuffle, seed, epoch, begin } = request
  const begun = await whole(native, () => {
    if (begin !== undefined) unwrap(native.trainingState(model, begin))
    return unwrap<{ batches: number }>(
      native.beginFit(model, dataset, batchSize, from, to, shuffle ? 1 : 0, seed, epoch),
    )
  })
  const reporter = new Reporter(request.reportMilliseconds, onSteps)
  const clock = new Clock()
  const result = { loss: NaN, metrics: {}, batches: begun.batches, images: 0, stopped: false }
  try {
    for (let done = begun.batches === 0; !done;) {
      if (run.paused) {
        await reporter.flush()
        await clock.without(() => run.whilePaused(signal))
      }
      if (signal?.aborted) throw abortError('fit', signal)
      if (run.disposed) throw disposedDuring('fit')
      if (run.stopped) {
        result.stopped = true
        break
      }
      const report = await step<NativeStep>(stage, request, false, options)
      done = report.done
      if (--run.left === 0) run.paused = true
      result.images += report.size
      result.loss = number(report.epochLoss)
      result.metrics = numbers(report.epochMetrics)
      reporter.add({
        batch: report.batch - 1, // the engine counts from 1
        size: report.size,
        loss: number(report.loss),
        metrics: numbers(report.metrics),
        epochLoss: result.loss,
        epochMetrics: result.metrics,
        step: report.step,
        batches: begun.batches,
        imagesPerSecond: result.images / clock.seconds(),
      })
      await clock.without(() => reporter.flushIfDue())
      await yieldToMessages()
    }
  } finally {
    await reporter.flush()
  }
  return { ...result, seconds: clock.seconds() }
}

/** Loss and metrics over rows `[from, to)`. */
export async function evaluate(
  stage: Stage,
  request: Parameters<EngineCalls['evaluate']>[0],
  options: CallOptions,
): Promise<{ loss: number; metrics: Record<string, number> }> {
  const { native, run } = stage
  const { signal } = options
  const { model, dataset, batchSize, from, to } = request
  await whole(native, () => {
    if (request.more !== undefined) unwrap(native.trainingState(model, request.more))
    unwrap(native.beginEvaluate(model, dataset, batchSize, from, to))
  })
  for (;;) {
    if (signal?.aborted) throw abortError('evaluate', signal)
    if (run.disposed) throw disposedDuring('evaluate')
    const { done, loss, metrics } = await step<{
      done: boolean
      loss?: number | null
      metrics?: Record<string, number | null>
    }>(stage, request, true, options)
    if (done) return { loss: number(loss), metrics: numbers(metrics ?? {}) }
    await yieldToMessages()
  }
}

/** The sentence for work on a model that was disposed of meanwhile. */
export function disposedDuring(place: string): FoveaError {
  return new FoveaError('disposed', `${place}: the model was disposed of while it was at work.`)
}

/** Gathers steps and hands them on: each by itself, or at most every so many milliseconds. */
class Reporter {
  private steps: StepReport[] = []
  private last = performance.now()

  constructor(
    private readonly milliseconds: number,
    private readonly onSteps: CallOptions['onSteps'],
  ) {}

  add(step: StepReport): void {
    if (this.onSteps !== undefined) this.steps.push(step)
  }

  async flushIfDue(): Promise<void> {
    if (performance.now() - this.last >= this.milliseconds) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.steps.length === 0) return
    const steps = this.steps
    this.steps = []
    this.last = performance.now()
    await this.onSteps?.(steps)
  }
}

/** Seconds of work: the time spent in `without` is not counted. */
class Clock {
  private begin = performance.now()

  seconds(): number {
    return Math.max(performance.now() - this.begin, 1e-3) / 1000
  }

  async without(wait: () => Promise<void>): Promise<void> {
    const before = performance.now()
    await wait()
    this.begin += performance.now() - before
  }
}

// JSON has no NaN and no infinity: the engine writes null, and null here is "not a number".
function number(value: number | null | undefined): number {
  return value ?? NaN
}

function numbers(values: Record<string, number | null>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, number(value)]))
}
