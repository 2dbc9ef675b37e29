// The library in a browser: the engine in a worker made from a string, so that no bundler has to be
// told of a file, and the wasm compiled here and posted to it. Nothing happens on import.
// SPDX-License-Identifier: MIT
import { built, embedded, inPage, rest, unpackers } from 'fovea:engines'
import { FoveaError } from './errors.js'
import type { Build, Engine } from './engine/engine.js'
import { connect } from './engine/engine-worker-client.js'
import type { EngineHost } from './engine/engine-worker-client.js'
import type { Port } from './engine/protocol.js'
import type { InitOptions } from './engine/runtime.js'
import { compileGiven, fetchBytes } from './fetch.js'
import type { Platform, StartRequest } from './platform-types.js'
import { Unpacking } from './unpack.js'
import type { PackedModule } from './unpack.js'

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

/** Unpacks what the package carries for a build, once for script and module. */
type Opener = () => Promise<Unpacking>

async function startEngine(request: StartRequest): Promise<Engine> {
  const { build, threads, worker, options, onLost } = request
  let opened: Promise<Unpacking> | undefined
  const open: Opener = () => (opened ??= unpacking(embedded, build))
  // A worker takes as long to start as the module to unpack: both at once.
  const wasm = compile(build, options, open)
  wasm.catch(() => {}) // it is heard of below, unless the worker fails first
  const milliseconds = threads > 1 ? kStartMilliseconds.threaded : kStartMilliseconds.plain
  const fetchRest = restOf(build, options)
  if (!worker) {
    const host = { ...(await inPageHost(build)), fetchRest }
    return connect(host, { wasm, threads, script: location.href }, milliseconds, onLost)
  }
  const script = await workerScript(build, options, open)
  try {
    const plain = workerHost(new Worker(script.url, { type: 'module', name: 'fovea-engine' }))
    const host = { ...plain, fetchRest }
    return await connect(host, { wasm, threads, script: script.url }, milliseconds, onLost)
  } finally {
    script.release()
  }
}

async function compile(
  build: Build,
  options: InitOptions,
  open: Opener,
): Promise<WebAssembly.Module> {
  const { wasmModule, wasmBinary, wasmUrl } = options
  if (wasmModule !== undefined) return wasmModule
  if (wasmBinary !== undefined) return compileGiven(wasmBinary)
  if (wasmUrl !== undefined) return compileGiven(await fetchBytes(resolve(wasmUrl, build), 'init'))
  return WebAssembly.compile(await (await open()).module())
}

/** What the package carries as a string: the worker's script and the module, or the rest of that. */
async function unpacking(
  modules: Partial<Record<Build, () => Promise<PackedModule>>>,
  build: Build,
): Promise<Unpacking> {
  const [packed, { code }] = await Promise.all([load(modules, build), load(unpackers, build)])
  return new Unpacking(packed, code)
}

/** The module that comes with the package is in two parts; one that the user gives is whole. */
function restOf(
  build: Build,
  { wasmModule, wasmBinary, wasmUrl }: InitOptions,
): (() => Promise<WebAssembly.Module>) | undefined {
  const given = wasmModule ?? wasmBinary ?? wasmUrl
  if (given !== undefined || rest[build] === undefined) return undefined
  return async () => WebAssembly.compile(await (await unpacking(rest, build)).module())
}

async function workerScript(
  build: Build,
  options: InitOptions,
  open: Opener,
): Promise<{ url: string; release: () => void }> {
  if (options.workerUrl !== undefined) {
    return { url: resolve(options.workerUrl, build).href, release: () => {} }
  }
  const script = await (await open()).script()
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
  return { url, release: () => URL.revokeObjectURL(url) }
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
async function inPageHost(build: Build): Promise<EngineHost> {
  const { serve, factory } = await load(inPage, build)
  const { port1, port2 } = new MessageChannel()
  serve(portOf(port2), factory)
  return {
    ...portOf(port1),
    onLost: () => {},
    terminate: () => {
      port1.close()
      port2.close()
    },
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
  return loader()
}

function resolve(url: NonNullable<InitOptions['wasmUrl']>, build: Build): URL {
  const given = typeof url === 'function' ? url(build) : url
  return new URL(given, globalThis.document?.baseURI ?? location.href)
}
