// The library in Node: the engine in the calling thread, or in a worker thread where asked for. The
// wasm and the digits are files beside the bundle.
// SPDX-License-Identifier: MIT
import { built, nodeGlue } from 'fovea:engines'
import { access, appendFile, readFile, stat, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Transferable as NodeTransferable } from 'node:worker_threads'
import { FoveaError } from './errors.js'
import { InThreadEngine } from './engine/engine-inthread.js'
import type { Engine } from './engine/engine.js'
import { connect } from './engine/engine-worker-client.js'
import type { EngineHost } from './engine/engine-worker-client.js'
import { instantiate, startThreads } from './engine/native.js'
import { compileGiven, fetchBytes } from './fetch.js'
import { nodeFiles } from './platform-node-files.js'
import type { Platform, StartRequest } from './platform-types.js'

const kStartMilliseconds = 20_000

// By a name of its own: where a server is bundled, Turbopack takes new URL(..., import.meta.url) for
// a module to find, and for a pattern of names gives any file that fits.
const here = import.meta.url

export const nodePlatform: Platform = {
  built,
  wantsWorker: (worker) => worker === true,
  processors: () => availableParallelism(),
  threadsRefused: (worker) =>
    // Threads get Node's own arguments, and die of this one.
    !worker && process.execArgv.some(isInputType)
      ? 'Node runs a script without a file (--input-type), which its threads refuse'
      : undefined,
  startEngine,
  reportMilliseconds: (worker) => (worker ? 16 : 0),
  environment: (name) => process.env[name],
  output: () => process.stdout,
  readFromFolder,
  files: nodeFiles,
  beginText: (place, path, keep) =>
    writing(place, path, async () => {
      await (keep ? appendFile(path, '') : writeFile(path, ''))
      return (await stat(path)).size > 0
    }),
  appendText: (place, path, text) => writing(place, path, () => appendFile(path, text)),
  async readDigits(name, baseUrl) {
    const url = new URL(name, baseUrl ?? new URL('./data/', here))
    if (url.protocol !== 'file:') return fetchBytes(url, 'digits')
    try {
      return await readFile(url)
    } catch (cause) {
      throw new FoveaError(
        'bad-file',
        `digits: cannot read ${name} beside the package: ${String(cause)}. Run npm run build.`,
        { cause },
      )
    }
  },
}

async function startEngine(request: StartRequest): Promise<Engine> {
  const { build, threads, worker, onLost } = request
  const wasm = await compile(request)
  if (worker) {
    const script = request.options.workerUrl
    const given = typeof script === 'function' ? script(build) : script
    const url = given === undefined ? new URL('./node-worker.js', here) : asUrl(given)
    const settings = {
      workerData: { build },
      name: 'fovea-engine',
      // Node's own arguments are inherited, save where they are such that a worker refuses them.
      ...(process.execArgv.some(isInputType) ? { execArgv: [] } : {}),
    }
    const host = workerHost(new Worker(url, settings))
    return connect(host, { wasm, threads, script: '' }, kStartMilliseconds, onLost)
  }
  const glue = nodeGlue[build]
  if (glue === undefined) {
    throw new FoveaError('unsupported', `init: this copy of Fovea was built without ${build}.`)
  }
  const native = await instantiate((await glue()).default, wasm)
  if (threads > 1) await startThreads(native, threads)
  return new InThreadEngine(native)
}

function isInputType(argument: string): boolean {
  return argument.startsWith('--input-type')
}

async function compile({ build, options }: StartRequest): Promise<WebAssembly.Module> {
  const { wasmModule, wasmBinary, wasmUrl } = options
  if (wasmModule !== undefined) return wasmModule
  if (wasmBinary !== undefined) return compileGiven(wasmBinary)
  const given = typeof wasmUrl === 'function' ? wasmUrl(build) : wasmUrl
  const own = new URL(`./node/${build}/fovea-node.wasm`, here)
  const url = given === undefined ? own : asUrl(given)
  const bytes = url.protocol === 'file:' ? await readFile(url) : await fetchBytes(url, 'init')
  return compileGiven(new Uint8Array(bytes))
}

function asUrl(given: string | URL): URL {
  if (given instanceof URL) return given
  return /^[a-z]+:\/\//.test(given) ? new URL(given) : pathToFileURL(given)
}

function workerHost(worker: Worker): EngineHost {
  let ended = false
  return {
    post: (message, transfer) =>
      worker.postMessage(message, transfer as unknown as NodeTransferable[]),
    listen: (onMessage) => void worker.on('message', onMessage),
    onLost: (lost) => {
      worker.on('error', (error) => lost(String(error)))
      worker.on('exit', (code) => {
        if (!ended) lost(`it ended with code ${code}`)
      })
    },
    keepAlive: (busy) => (busy ? worker.ref() : worker.unref()),
    terminate: () => {
      ended = true
      void worker.terminate()
    },
  }
}

async function readFromFolder(
  folder: string,
  names: readonly string[],
): Promise<Uint8Array | undefined> {
  for (const name of names) {
    const path = join(folder, name)
    const exists = await access(path).then(
      () => true,
      () => false,
    )
    if (exists) return readFile(path)
  }
  return undefined
}

async function writing<Result>(
  place: string,
  path: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    throw new FoveaError('bad-file', `${place}: cannot write ${path}: ${String(cause)}.`, { cause })
  }
}
