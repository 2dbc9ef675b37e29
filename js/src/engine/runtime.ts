// The engine that a program uses: started by `init` or by the first model, ended by `shutdown`.
// One at a time; models remember which engine they live in.
// SPDX-License-Identifier: MIT
import { FoveaError } from '../errors.js'
import { checkNames, seedNumber, wholeNumber, wrongValue } from '../options.js'
import { platform } from '../platform.js'
import type { Build, Engine, Variant } from './engine.js'
import { chooseVariant, detectFeatures } from './variants.js'
import type { VariantAnswer } from './variants.js'

/** How the engine is to be run. Everything may be left out. */
export interface InitOptions {
  /** The instruction set. Default `auto`: the fastest that runs here. */
  variant?: 'auto' | Variant
  /** Default `auto`: one per processor, at most 8; 1 where threads cannot be used. */
  threads?: 'auto' | number
  /** Default `auto`: in a browser a worker, in Node the calling thread. */
  worker?: 'auto' | boolean
  /** The same bits on every machine: picks `simd`. Default false. */
  reproducible?: boolean
  /** Where the seeds of models come from that have none of their own. Default: drawn at random. */
  seed?: number
  /** The WebAssembly binary, instead of the one that comes with the package. */
  wasmBinary?: BufferSource
  /** The same, compiled. */
  wasmModule?: WebAssembly.Module
  /** Where to fetch the binary; a function gets the build, such as `simd` or `simd-threads`. */
  wasmUrl?: string | URL | ((build: Build) => string | URL)
  /** Where the worker's script lies, for pages whose policy forbids `blob:` workers. */
  workerUrl?: string | URL | ((build: Build) => string | URL)
}

/** What runs, and why. */
export interface Backend {
  /** The instruction set that runs. */
  variant: Variant
  /** Threads that work on an operation; 1 is the caller alone. */
  threads: number
  /** Whether the engine lives in a worker. */
  worker: boolean
  /** One sentence per decision. */
  reasons: string[]
}

/** A running engine and what belongs to it. */
export interface Runtime {
  engine: Engine
  backend: Backend
  /** Its worker stopped by itself: models live on in the next one. */
  lost?: boolean
}

const kOptions = [
  'variant',
  'threads',
  'worker',
  'reproducible',
  'seed',
  'wasmBinary',
  'wasmModule',
  'wasmUrl',
  'workerUrl',
] as const

interface State {
  options: InitOptions
  starting: Promise<Runtime> | undefined
  runtime: Runtime | undefined
  modelsSeeded: number
}

const state: State = { options: {}, starting: undefined, runtime: undefined, modelsSeeded: 0 }

/**
 * Starts the engine. Optional: the first model does it with the defaults.
 *
 * @returns what {@link backend} says
 * @throws FoveaError `bad-option`; `unsupported` when the variant asked for cannot run here; `busy`
 * when an engine runs already with other options
 * @example
 * ```ts
 * await fovea.init({ threads: 2, seed: 42 })
 * ```
 */
export async function init(options: InitOptions = {}): Promise<Backend> {
  checkInitOptions(options)
  if (state.starting !== undefined) {
    // Frameworks that mount a component twice call twice: the same wish is granted already.
    if (sameOptions(options, state.options)) return (await state.starting).backend
    throw new FoveaError(
      'busy',
      `init: the engine runs already, with other options. Call init before the first model, or ` +
        `shutdown() before init.`,
    )
  }
  state.options = { ...options }
  state.modelsSeeded = 0
  return (await runtime()).backend
}

/**
 * What runs: variant, threads, worker, and the reasons. Null before the engine runs.
 *
 * @example
 * ```ts
 * await fovea.init()
 * console.log(fovea.backend()?.reasons.join(' '))
 * ```
 */
export function backend(): Backend | null {
  const running = state.runtime
  return running === undefined
    ? null
    : { ...running.backend, reasons: [...running.backend.reasons] }
}

/**
 * How much memory the engine has taken from the system. It never shrinks by itself; `shutdown` gives
 * all of it back.
 *
 * @returns bytes; 0 before the engine runs
 * @example
 * ```ts
 * const { heapBytes } = await fovea.memory()
 * ```
 */
export async function memory(): Promise<{ heapBytes: number }> {
  const running = await state.starting
  return { heapBytes: running === undefined ? 0 : await running.engine.heapBytes(null) }
}

/**
 * Ends the engine and its workers and gives its memory back. Models that lived in it are gone. The
 * next call starts a new engine with the options of the last `init`.
 *
 * @example
 * ```ts
 * await fovea.shutdown()
 * fovea.backend() // null
 * ```
 */
export async function shutdown(): Promise<void> {
  const { starting } = state
  state.starting = undefined
  state.runtime = undefined
  state.modelsSeeded = 0
  const running = await starting?.catch(() => undefined)
  await running?.engine.close()
}

/** The running engine; starts it where none runs. */
export function runtime(): Promise<Runtime> {
  if (state.starting !== undefined) return state.starting
  const starting = start(state.options)
  state.starting = starting
  starting.then(
    (running) => {
      if (state.starting === starting) state.runtime = running
    },
    () => {
      if (state.starting === starting) state.starting = undefined
    },
  )
  return starting
}

/** The seed of the next model that was given none. */
export function nextSeed(): number {
  const { seed } = state.options
  if (seed === undefined) return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
  // The first model gets the seed itself; later ones must differ, or an ensemble would be one model.
  return (seed + Math.imul(state.modelsSeeded++, 0x9e3779b9)) >>> 0
}

async function start(options: InitOptions): Promise<Runtime> {
  const worker = platform.wantsWorker(options.worker ?? 'auto')
  const answer = chooseVariant({
    variant: options.variant ?? 'auto',
    threads: options.threads ?? 'auto',
    reproducible: options.reproducible ?? false,
    features: detectFeatures(),
    built: platform.built,
    processors: platform.processors(),
    threadsRefused: platform.threadsRefused(worker),
  })
  const lost = (): void => {
    if (state.runtime?.engine !== engine) return
    state.runtime.lost = true
    state.starting = undefined
    state.runtime = undefined
  }
  const attempt = (build: Build, threads: number): Promise<Engine> =>
    platform.startEngine({ build, threads, worker, options, onLost: lost })
  const engine: Engine = await startWatched(answer, attempt)
  const { variant, threads } = engine.info
  return { engine, backend: { variant, threads, worker, reasons: answer.reasons } }
}

/** A worker's start can hang in some browsers: it is tried twice, then once without threads. */
async function startWatched(
  answer: VariantAnswer,
  attempt: (build: Build, threads: number) => Promise<Engine>,
): Promise<Engine> {
  const { build, variant, threads, reasons } = answer
  const lost = (error: unknown): string => {
    if (error instanceof FoveaError && error.code === 'worker-lost') return error.message
    throw error
  }
  try {
    return await attempt(build, threads)
  } catch (error) {
    reasons.push(`The first start failed: ${lost(error)}`)
  }
  try {
    return await attempt(build, threads)
  } catch (error) {
    if (threads === 1) throw error
    reasons.push(`1 thread: the second start failed too: ${lost(error)}`)
    return attempt(variant, 1)
  }
}

function sameOptions(a: InitOptions, b: InitOptions): boolean {
  return kOptions.every((name) => Object.is(a[name], b[name]))
}

function checkInitOptions(options: InitOptions): void {
  checkNames('init', options, kOptions)
  const { variant, threads, worker, reproducible, seed } = options
  if (variant !== undefined && !['auto', 'scalar', 'simd', 'relaxed'].includes(variant)) {
    throw wrongValue('init', 'variant', '"auto", "scalar", "simd" or "relaxed"', variant)
  }
  if (threads !== undefined && threads !== 'auto') wholeNumber('init', 'threads', threads, 1)
  if (worker !== undefined && worker !== 'auto' && typeof worker !== 'boolean') {
    throw wrongValue('init', 'worker', 'true, false or "auto"', worker)
  }
  if (reproducible !== undefined && typeof reproducible !== 'boolean') {
    throw wrongValue('init', 'reproducible', 'true or false', reproducible)
  }
  if (seed !== undefined) seedNumber('init', seed)
}
