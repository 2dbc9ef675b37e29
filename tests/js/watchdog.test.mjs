// Workers that never answer: each start is given up in time, threads are tried twice, then it goes on
// without them and says so. The library's own code with a platform whose workers are silent.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const source = fileURLToPath(new URL('../../js/src/', import.meta.url))

/** The engine's start with another platform: `answers(build, attempt)` says whether a worker speaks. */
const kProgram = `
  import { connect } from './engine/engine-worker-client.js'
  export { backend, init, shutdown } from './engine/runtime.js'

  export const log = []
  export const silent = { threaded: Infinity, plain: 0 }
  const counts = { threaded: 0, plain: 0 }
  globalThis.foveaTestStart = ({ build, threads, onLost }) => {
    const kind = threads > 1 ? 'threaded' : 'plain'
    const speaks = ++counts[kind] > silent[kind]
    let listener
    const host = {
      post: (message) => {
        if (!speaks || !('start' in message)) return
        const info = { variant: build.replace('-threads', ''), threads, lanes: 4 }
        queueMicrotask(() => listener({ ready: info }))
      },
      listen: (onMessage) => (listener = onMessage),
      onLost: () => {},
      terminate: () => log.push('ended ' + build),
    }
    log.push('started ' + build)
    return connect(host, { threads }, 20, onLost)
  }
`
const kPlatform = `
  export const platform = {
    built: ['scalar', 'simd', 'simd-threads'],
    wantsWorker: () => true,
    processors: () => 2,
    threadsRefused: () => undefined,
    startEngine: (request) => globalThis.foveaTestStart(request),
  }
`

/** A copy of the library of its own for every test. */
async function library() {
  const { outputFiles } = await build({
    stdin: { contents: kProgram, resolveDir: source, loader: 'ts' },
    bundle: true,
    format: 'esm',
    write: false,
    plugins: [
      {
        name: 'silent-platform',
        setup({ onLoad }) {
          onLoad({ filter: /\/platform\.ts$/ }, () => ({ contents: kPlatform }))
        },
      },
    ],
  })
  const text = `${outputFiles[0].text}\n// ${Math.random()}`
  return import(`data:text/javascript,${encodeURIComponent(text)}`)
}

const late = 'the worker did not start within 20 ms.'

test('threads that never start: tried twice, ended each time, then without', async () => {
  const { backend, init, log, shutdown } = await library()
  const found = await init()
  assert.deepEqual(found, {
    variant: 'simd',
    threads: 1,
    worker: true,
    reasons: [
      'relaxed passed over: this copy of Fovea was built without the variant relaxed.',
      'simd: the fastest that runs here.',
      '2 threads: one per processor.',
      `The first start failed: ${late}`,
      `1 thread: the second start failed too: ${late}`,
    ],
  })
  assert.deepEqual(backend(), found)
  assert.deepEqual(log, [
    'started simd-threads',
    'ended simd-threads',
    'started simd-threads',
    'ended simd-threads',
    'started simd',
  ])
  await shutdown()
  assert.equal(log.at(-1), 'ended simd')
})

test('threads that start at the second attempt are kept', async () => {
  const { init, log, silent } = await library()
  silent.threaded = 1
  const { threads, reasons } = await init()
  assert.equal(threads, 2)
  assert.equal(reasons.at(-1), `The first start failed: ${late}`)
  assert.deepEqual(log, ['started simd-threads', 'ended simd-threads', 'started simd-threads'])
})

test('a worker that never starts at all: worker-lost, and the next init tries again', async () => {
  const { backend, init, log, silent } = await library()
  silent.plain = 2
  await assert.rejects(init({ threads: 1 }), { code: 'worker-lost', message: late })
  assert.equal(backend(), null)
  assert.deepEqual(log, ['started simd', 'ended simd', 'started simd', 'ended simd'])
  assert.equal((await init({ threads: 1 })).threads, 1)
})
