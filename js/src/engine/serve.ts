// The engine's end of the line: starts the module when told to, then answers calls. Runs in the
// worker, and in the page itself where `worker: false` was asked for.
// SPDX-License-Identifier: MIT
import { FoveaError, abortError, toPlainError } from '../errors.js'
import type { PlainError } from '../errors.js'
import { engineCallNames } from './engine.js'
import type { CallOptions, Engine, LossAnswer, LossQuestion, StepReport } from './engine.js'
import { InThreadEngine } from './engine-inthread.js'
import { instantiate, startThreads } from './native.js'
import type { ModuleFactory } from './native.js'
import { unpackPart } from '../unpack.js'
import { buffersIn, kReportsInFlight } from './protocol.js'
import type { CallMessage, FromEngine, Port, StartMessage, ToEngine } from './protocol.js'

/** A call that has not been answered yet. */
interface OpenCall {
  /** Only where an abort may come: it costs as much as a small prediction's arithmetic. */
  abort: AbortController | undefined
  unacknowledged: number
  proceed: () => void
  /** Takes the losses that were asked for. */
  answered: (losses: LossAnswer[]) => void
}

/** Resolves when the lock is held, or cannot be; it is held until the worker is no more. */
function hold(lock: string): Promise<void> {
  return new Promise((resolve) => {
    const forever = (): Promise<never> => {
      resolve()
      return new Promise(() => {})
    }
    navigator.locks.request(lock, forever).catch(resolve)
  })
}

/** Serves one engine over a port. The factory is the glue this script was bundled with. */
export function serve(port: Port, factory: ModuleFactory): void {
  const open = new Map<number, OpenCall>()
  let engine: Engine | undefined
  let held: Promise<void> | undefined
  let restArrives: (message: { rest: WebAssembly.Module } | { noRest: PlainError }) => void
  const post = (message: FromEngine): void => port.post(message, buffersIn(message))

  const fetchRest = (): Promise<WebAssembly.Module> => {
    post({ wants: 'rest' })
    return new Promise((resolve, reject) => {
      restArrives = (message) => {
        if ('rest' in message) resolve(message.rest)
        else reject(new FoveaError(message.noRest.code, message.noRest.message))
      }
    })
  }

  const start = async ({ start }: StartMessage): Promise<void> => {
    const { wasm, threads, script, inParts } = start
    await held
    try {
      const native = await instantiate(factory, wasm, script, inParts ? fetchRest : undefined)
      if (threads > 1) await startThreads(native, threads)
      engine = new InThreadEngine(native)
      post({ ready: engine.info })
    } catch (error) {
      post({ failed: toPlainError(error) })
    }
  }

  const report = (id: number, call: OpenCall, steps: StepReport[]): void | Promise<void> => {
    post({ id, steps })
    if (++call.unacknowledged < kReportsInFlight) return
    return new Promise((resolve) => (call.proceed = resolve))
  }

  const ask = (id: number, call: OpenCall, lossOf: LossQuestion[]): Promise<LossAnswer[]> => {
    const signal = call.abort?.signal
    return new Promise((resolve, reject) => {
      call.answered = resolve
      signal?.addEventListener('abort', () => reject(abortError('fit', signal)))
      post({ id, lossOf })
    })
  }

  const answer = async (message: CallMessage): Promise<void> => {
    const { id, call: name, request, abortable } = message
    const call: OpenCall = {
      abort: abortable ? new AbortController() : undefined,
      unacknowledged: 0,
      proceed: () => {},
      answered: () => {},
    }
    open.set(id, call)
    try {
      if (engine === undefined || !engineCallNames.includes(name)) {
        throw new FoveaError('internal', `the engine knows no call "${name}".`)
      }
      const method = engine[name] as (request: unknown, options: CallOptions) => Promise<unknown>
      const signal = call.abort?.signal
      const onSteps = (steps: StepReport[]): void | Promise<void> => report(id, call, steps)
      const onLoss = (lossOf: LossQuestion[]): Promise<LossAnswer[]> => ask(id, call, lossOf)
      post({ id, result: await method.call(engine, request, { signal, onSteps, onLoss }) })
    } catch (error) {
      post({ id, error: toPlainError(error) })
    } finally {
      open.delete(id)
    }
  }

  port.listen((data) => {
    const message = data as ToEngine
    if ('start' in message) {
      void start(message)
    } else if ('call' in message) {
      void answer(message)
    } else if ('lock' in message) {
      held = hold(message.lock)
    } else if ('unpack' in message) {
      post({ unpacked: unpackPart(message.unpack) })
    } else if ('rest' in message || 'noRest' in message) {
      restArrives(message)
    } else {
      const call = open.get(message.id)
      if (call === undefined) return
      if ('losses' in message) return call.answered(message.losses)
      if ('abort' in message)
        call.abort?.abort(new FoveaError(message.abort.code, message.abort.message))
      else --call.unacknowledged
      call.proceed()
    }
  })
}
