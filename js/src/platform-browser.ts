// The library in a browser: the engine in a worker made from a string, so that no bundler has to be
// told of a file, and the wasm compiled here and posted to it. Nothing happens on import.
// SPDX-License-Identifier: MIT
import { built, embedded, inPage, rest, scripts, unpacker } from 'fovea:engines'
import { FoveaError } from './errors.js'
import type { Build, Engine } from './engine/engine.js'
import { connect } from './engine/engine-worker-client.js'
import type { EngineHost } from './engine/engine-worker-client.js'
import type { FromEngine, Port, ToEngine } from './engine/protocol.js'
import type { InitOptions } from './engine/runtime.js'
import { compileGiven, explained, fetchBytes, kPolicy } from './fetch.js'
import type { Platform, StartRequest } from './platform-types.js'
import { unpackModule } from './unpack.js'
import type { PackedModule, PackedPart } from './unpack.js'

/** A worker without threads loads one script; a threaded one starts more, and may hang in Firefox. */
const kStartMilliseconds = { plain: 20_000, threaded: 6_000 }

export const browserPlatform: Platform = {
  built,
  wantsWorker: (worker) => (worker === 'auto' ? typeof Worker !== 'undefined' : worker),
  processors: () => navigator.hardwareConcurrency || 1,
  threadsRefused(worker) {
    if (!worker && typeof document !== 'undefined') {
      return 'worker is false, and a page must not wait for threads'
    }
    if (globalThis.crossOriginIsolated !== true) {
      return (
        'the page is not cross-origin isolated; to have threads, send the headers ' +
        'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp'
      )
    }
    return undefined
  },
  startEngine,
  reportMilliseconds: () => 16,
  environment: () => undefined,
  output: () => undefined,
  readFromFolder: () => Promise.resolve(undefined),
  readDigits(name, baseUrl) {
    const base = new URL(baseUrl ?? 'data/', globalThis.document?.baseURI ?? location.href)
    return fetchBytes(new URL(name, base), 'digits')
  },
}

/** An engine's host as it starts. */
interface Started {
  host: EngineHost
  /** Its script, which threads load too; to be released when all have. */
  url: string
  release: () => void
  /** A worker can unpack a part of the module. */
  unpack?: (part: PackedPart) => Promise<Uint8Array>
}

async function startEngine(request: StartRequest): Promise<Engine> {
  const { build, threads, worker, options, onLost } = request
  // A worker takes as long to start as half of the module to unpack: both at once.
  const starting = worker ? startWorker(build, options) : inPageHost(build)
  const wasm = compile(build, options, async (part) => (await starting).unpack?.(part))
  wasm.catch(() => {}) // it is heard of below, unless the worker fails first
  const { host, url, release } = await starting
  try {
    const milliseconds = threads > 1 ? kStartMilliseconds.threaded : kStartMilliseconds.plain
    const whole = { ...host, fetchRest: restOf(build, options) }
    return await connect(whole, { wasm, threads, script: url }, milliseconds, onLost)
  } finally {
    release()
  }
}

async function compile(
  build: Build,
  options: InitOptions,
  elsewhere: (part: PackedPart) => Promise<Uint8Array | undefined>,
): Promise<WebAssembly.Module> {
  const { wasmModule, wasmBinary, wasmUrl } = options
  if (wasmModule !== undefined) return wasmModule
  if (wasmBinary !== undefined) return compileGiven(wasmBinary)
  if (wasmUrl !== undefined) return compileGiven(await fetchBytes(resolve(wasmUrl, build), 'init'))
  return carried(embedded, build, elsewhere)
}

/** A module that the package carries as a string. */
async function carried(
  modules: Partial<Record<Build, () => Promise<PackedModule>>>,
  build: Build,
  elsewhere?: (part: PackedPart) => Promise<Uint8Array | undefined>,
): Promise<WebAssembly.Module> {
  const [packed, { code }] = await Promise.all([load(modules, build), fileOf(unpacker)])
  return explained(
    async () => WebAssembly.compile(await unpackModule(packed, code, elsewhere)),
    'unsupported',
    'the engine cannot be compiled',
    kPolicy,
  )
}

/** The module that comes with the package is in two parts; one that the user gives is whole. */
function restOf(
  build: Build,
  { wasmModule, wasmBinary, wasmUrl }: InitOptions,
): (() => Promise<WebAssembly.Module>) | undefined {
  const given = wasmModule ?? wasmBinary ?? wasmUrl
  if (given !== undefined || rest[build] === undefined) return undefined
  return () => carried(rest, build)
}

async function startWorker(build: Build, { workerUrl }: InitOptions): Promise<Started> {
  if (workerUrl !== undefined) return workerAt(resolve(workerUrl, build).href, () => {})
  const { script } = await load(scripts, build)
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
  const release = (): void => URL.revokeObjectURL(url)
  try {
    return workerAt(url, release)
  } catch (error) {
    release()
    throw error
  }
}

function workerAt(url: string, release: () => void): Started {
  const worker = new Worker(url, { type: 'module', name: 'fovea-engine' })
  const unpack = (part: PackedPart): Promise<Uint8Array> =>
    new Promise((resolve) => {
      worker.addEventListener('message', ({ data }: MessageEvent<FromEngine>) => {
        if ('unpacked' in data) resolve(data.unpacked)
      })
      worker.postMessage({ unpack: part } satisfies ToEngine)
    })
  return { host: workerHost(worker), url, release, unpack }
}

function workerHost(worker: Worker): EngineHost {
  return {
    // Browsers before 2022 and pages without HTTPS have no locks.
    lock: (navigator as Partial<Navigator>).locks && `fovea ${Math.random()}`,
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen: (onMessage) => {
      worker.onmessage = ({ data }) => onMessage(data)
    },
    onLost: (lost) => {
      worker.onerror = (event) => {
        event.preventDefault()
        lost(event.message || 'its script could not be loaded')
      }
      worker.onmessageerror = () => lost('a message could not be read')
    },
    terminate: () => worker.terminate(),
  }
}

/** The engine in the page itself, behind a message channel: the same protocol, no second path. */
async function inPageHost(build: Build): Promise<Started> {
  const { serve, factory } = await load(inPage, build)
  const { port1, port2 } = new MessageChannel()
  serve(portOf(port2), factory)
  const terminate = (): void => {
    port1.close()
    port2.close()
  }
  return {
    host: { ...portOf(port1), onLost: () => {}, terminate },
    url: location.href,
    release: () => {},
  }
}

function portOf(port: MessagePort): Port {
  return {
    post: (message, transfer) => port.postMessage(message, transfer),
    listen: (onMessage) => {
      port.onmessage = ({ data }) => onMessage(data)
    },
  }
}

async function load<Module>(
  modules: Partial<Record<Build, () => Promise<Module>>>,
  build: Build,
): Promise<Module> {
  const loader = modules[build]
  if (loader === undefined) {
    throw new FoveaError('unsupported', `init: this copy of Fovea was built without ${build}.`)
  }
  return fileOf(loader)
}

/** A file of the package that is not part of the program's own bundle. */
const fileOf = <Module>(loader: () => Promise<Module>): Promise<Module> =>
  explained(
    loader,
    'bad-file',
    'a file of the engine cannot be loaded',
    ' Serve the folder "engine" of the package too, and load again.',
  )

function resolve(url: NonNullable<InitOptions['wasmUrl']>, build: Build): URL {
  const given = typeof url === 'function' ? url(build) : url
  return new URL(given, globalThis.document?.baseURI ?? location.href)
}
