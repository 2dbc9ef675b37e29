// The page's end of the line: the same Engine, answered by a worker. Calls get ids, errors are
// rebuilt with their code, an AbortSignal travels as a message, and a worker that dies fails
// everything that waits for it.
// SPDX-License-Identifier: MIT
import { FoveaError, abortError, toPlainError } from '../errors.js'
import type { PlainError } from '../errors.js'
import { engineCallNames } from './engine.js'
import type { CallOptions, Column, Engine, EngineCalls, EngineInfo } from './engine.js'
import { buffersIn, withOwnColumns } from './protocol.js'
import type { FromEngine, Port, StartMessage, ToEngine } from './protocol.js'

/** A worker as the client sees it. */
export interface EngineHost extends Port {
  /** Calls back when the worker stops by itself. */
  onLost(lost: (reason: string) => void): void
  /** Node: whether the program has to stay alive for an answer. */
  keepAlive?(busy: boolean): void
  /** A lock that the worker holds: when it is free, the worker is no more, told or not. */
  lock?: string | undefined
  /** Where the engine comes in two parts: gets the second. */
  fetchRest?: (() => Promise<WebAssembly.Module>) | undefined
  /** Ends the worker. */
  terminate(): void
}

interface Pending {
  resolve: (result: unknown) => void
  reject: (error: unknown) => void
  onSteps: CallOptions['onSteps']
  onLoss: CallOptions['onLoss']
  /** Ends when all steps that have arrived are dealt with. */
  turn: Promise<void>
  thrown: { error: unknown } | undefined
}

/** What the engine is to be started with; its module may come while the host starts. */
export type EngineStart = Pick<StartMessage['start'], 'threads' | 'script'> & {
  wasm: WebAssembly.Module | Promise<WebAssembly.Module>
}

/** Starts the engine behind a host. Rejects when it cannot start or does not answer in time. */
export function connect(
  host: EngineHost,
  { wasm, ...start }: EngineStart,
  milliseconds: number,
  onLost: (error: FoveaError) => void,
): Promise<Engine> {
  const line = new Line(host, onLost)
  return new Promise((resolve, reject) => {
    let watchdog: ReturnType<typeof setTimeout> | undefined
    let over = false
    const failed = (error: unknown): void => {
      over = true
      clearTimeout(watchdog)
      host.terminate()
      reject(error)
    }
    line.onStart = (message) => {
      clearTimeout(watchdog)
      if ('failed' in message) failed(rebuild(message.failed))
      else resolve(line.engine(message.ready))
    }
    line.onEarlyLoss = failed
    const inParts = host.fetchRest !== undefined
    const { lock } = host
    if (lock !== undefined) host.post({ lock } satisfies ToEngine, [])
    void Promise.resolve(wasm).then((wasm) => {
      if (over) return
      watchdog = setTimeout(() => {
        failed(new FoveaError('worker-lost', `the worker did not start within ${milliseconds} ms.`))
      }, milliseconds)
      host.post({ start: { ...start, wasm, inParts } } satisfies ToEngine, [])
    }, failed)
  })
}

class Line {
  onStart: (message: { ready: EngineInfo } | { failed: PlainError }) => void = () => {}
  onEarlyLoss: (error: FoveaError) => void = () => {}
  private readonly pending = new Map<number, Pending>()
  private nextId = 1
  private ended: FoveaError | undefined
  private started = false
  private readonly lost: (reason: string) => void

  constructor(
    private readonly host: EngineHost,
    onLost: (error: FoveaError) => void,
  ) {
    host.listen((message) => this.receive(message as FromEngine))
    this.lost = (reason) => {
      if (this.ended !== undefined) return
      const error = new FoveaError(
        'worker-lost',
        `the engine's worker stopped by itself (${reason}). The next call starts a new one.`,
      )
      this.end(error)
      if (!this.started) return this.onEarlyLoss(error)
      host.terminate() // an error has reached us, but it may run still
      onLost(error)
    }
    host.onLost(this.lost)
  }

  engine(info: EngineInfo): Engine {
    this.started = true
    const { lock } = this.host
    if (lock !== undefined) {
      // Refused where a page has no origin: then only what it is told counts.
      navigator.locks.request(lock, () => this.lost('the system ended it')).catch(() => {})
    }
    this.host.keepAlive?.(false)
    const calls = engineCallNames.map((name) => [
      name,
      (request: unknown, options?: CallOptions) => this.call(name, request, options ?? {}),
    ])
    const close = async (): Promise<void> => {
      this.end(new FoveaError('disposed', 'the engine was shut down.'))
      this.host.terminate()
    }
    return { ...(Object.fromEntries(calls) as Engine), info, close }
  }

  private call(name: keyof EngineCalls, request: unknown, options: CallOptions): Promise<unknown> {
    const { signal, onSteps, onLoss, transfer } = options
    if (this.ended !== undefined) return Promise.reject(this.ended)
    if (signal?.aborted) return Promise.reject(abortError(name, signal))
    const id = this.nextId++
    return new Promise((resolve, reject) => {
      let done = (): void => {}
      if (signal !== undefined) {
        const aborted = (): void => {
          const abort = toPlainError(abortError(name, signal))
          this.host.post({ id, abort } satisfies ToEngine, [])
        }
        signal.addEventListener('abort', aborted)
        done = () => signal.removeEventListener('abort', aborted)
      }
      this.pending.set(id, {
        resolve: (result) => (done(), resolve(result)),
        reject: (error) => (done(), reject(error)),
        onSteps,
        onLoss,
        turn: Promise.resolve(),
        thrown: undefined,
      })
      this.host.keepAlive?.(true)
      const abortable = (signal ?? onSteps ?? onLoss) !== undefined
      const own = transfer === undefined ? withOwnColumns(request) : request
      const moved = transfer ?? buffersIn((own as { columns?: Column[] } | null)?.columns)
      this.host.post({ id, call: name, request: own, abortable } satisfies ToEngine, moved)
    })
  }

  private receive(message: FromEngine): void {
    if ('ready' in message || 'failed' in message) return this.onStart(message)
    if ('wants' in message) return void this.bringRest()
    if ('unpacked' in message) return // who asked for it hears of it
    const pending = this.pending.get(message.id)
    if (pending === undefined) return
    if ('steps' in message || 'lossOf' in message) {
      const { id } = message
      pending.turn = pending.turn.then(async () => {
        try {
          if (pending.thrown !== undefined) return
          if ('steps' in message) {
            await pending.onSteps?.(message.steps)
            this.host.post({ id, acknowledge: true } satisfies ToEngine, [])
          } else {
            const losses = (await pending.onLoss?.(message.lossOf)) ?? []
            this.host.post({ id, losses } satisfies ToEngine, buffersIn(losses))
          }
        } catch (error) {
          // The listener failed: the engine's loop ends first, then the call with that error.
          pending.thrown = { error }
          this.host.post({ id, abort: toPlainError(error) } satisfies ToEngine, [])
        }
      })
      return
    }
    this.pending.delete(message.id)
    // Steps that are still being listened to come before the result.
    void pending.turn.then(() => {
      if (pending.thrown !== undefined) pending.reject(pending.thrown.error)
      else if ('error' in message) pending.reject(rebuild(message.error))
      else pending.resolve(message.result)
      if (this.pending.size === 0) this.host.keepAlive?.(false)
    })
  }

  private async bringRest(): Promise<void> {
    try {
      const rest = await this.host.fetchRest?.()
      if (rest !== undefined) this.host.post({ rest } satisfies ToEngine, [])
    } catch (error) {
      this.host.post({ noRest: toPlainError(error) } satisfies ToEngine, [])
    }
  }

  private end(error: FoveaError): void {
    this.ended = error
    for (const { reject } of this.pending.values()) reject(error)
    this.pending.clear()
  }
}

function rebuild({ code, message }: PlainError): FoveaError {
  return new FoveaError(code, message)
}
