// The loops over batches, beside the wasm module: one epoch of training and one evaluation. Between
// two batches they take a turn of the event loop, so predictions, pause and abort get through.
// SPDX-License-Identifier: MIT
import { FoveaError, abortError } from '../errors.js'
import type { CallOptions, EpochResult, FitEpochRequest, StepReport } from './engine.js'
import { unwrap, whole } from './native.js'
import type { NativeModule } from './native.js'
import { yieldToMessages } from './yield.js'

/** What pause, stop and dispose say to a loop that is running. */
export class Run {
  paused: boolean
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

interface EvaluationStep {
  done: boolean
  loss?: number | null
  metrics?: Record<string, number | null>
}

/** Trains one epoch, batch by batch. */
export async function fitEpoch(
  native: NativeModule,
  request: FitEpochRequest,
  run: Run,
  { signal, onSteps }: CallOptions,
): Promise<EpochResult> {
  const { model, dataset, batchSize, from, to, shuffle, seed, epoch } = request
  const begun = await whole(native, () =>
    unwrap<{ batches: number }>(
      native.beginFit(model, dataset, batchSize, from, to, shuffle ? 1 : 0, seed, epoch),
    ),
  )
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
      const step = await whole(native, () => unwrap<NativeStep>(native.fitStep(model)))
      done = step.done
      result.images += step.size
      result.loss = number(step.epochLoss)
      result.metrics = numbers(step.epochMetrics)
      reporter.add({
        batch: step.batch - 1, // the engine counts from 1
        size: step.size,
        loss: number(step.loss),
        metrics: numbers(step.metrics),
        epochLoss: result.loss,
        epochMetrics: result.metrics,
        step: step.step,
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
  native: NativeModule,
  request: { model: number; dataset: number; batchSize: number; from: number; to: number },
  run: Run,
  { signal }: CallOptions,
): Promise<{ loss: number; metrics: Record<string, number> }> {
  const { model, dataset, batchSize, from, to } = request
  await whole(native, () => unwrap(native.beginEvaluate(model, dataset, batchSize, from, to)))
  for (;;) {
    if (signal?.aborted) throw abortError('evaluate', signal)
    if (run.disposed) throw disposedDuring('evaluate')
    const step = await whole(native, () => unwrap<EvaluationStep>(native.evaluateStep(model)))
    if (step.done) return { loss: number(step.loss), metrics: numbers(step.metrics ?? {}) }
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
