// SPDX-License-Identifier: MIT
// The package's start in Chromium: strict content policies, its own files for strict set-ups, binaries
// of the page's own, and everything that can be missing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inPage, kIsolated, served, trainSmall } from './package-page.mjs'

const kBlobs = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:"
const kNoBlobs = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'"

test('a strict policy with blob workers needs nothing; threads too', async () => {
  served.headers = { ...kIsolated, 'Content-Security-Policy': kBlobs }
  const { backend } = await inPage(trainSmall, { threads: 2 })
  assert.deepEqual([backend.worker, backend.threads], [true, 2])
})

test('a policy without blobs works with the files of the package', async () => {
  served.headers = { ...kIsolated, 'Content-Security-Policy': kNoBlobs }
  const work = async (threads) => {
    const { fovea, smallModel, bands } = globalThis
    const backend = await fovea.init({
      threads,
      workerUrl: (build) => `/dist/engine/${build}/worker.js`,
      wasmUrl: (build) => `/dist/engine/${build}/fovea.wasm`,
    })
    const model = await smallModel()
    const { images, labels } = bands(48)
    const { history } = await model.fit(images, labels, { epochs: 3 })
    return { backend, loss: history.loss }
  }
  for (const threads of [1, 2]) {
    const { backend, loss } = await inPage(work, threads)
    assert.equal(backend.threads, threads)
    assert.ok(loss[2] < loss[0])
  }
})

test('a policy that forbids WebAssembly, and files that are not served, are told of', async () => {
  const work = () =>
    globalThis.fovea.init().catch(({ name, code, message }) => [name, code, message])
  served.headers = { 'Content-Security-Policy': "script-src 'self'; worker-src 'self' blob:" }
  const refused = await inPage(work, undefined, { expected: ['WebAssembly', 'wasm-unsafe-eval'] })
  assert.deepEqual(refused.slice(0, 2), ['FoveaError', 'unsupported'])
  assert.match(refused[2], /^the engine cannot be compiled: CompileError/)
  assert.match(refused[2], /must allow 'wasm-unsafe-eval'\.$/)
  served.headers = {}
  served.missing = '/dist/engine/unpacker.js'
  const lost = await inPage(work, undefined, { expected: ['404', served.missing] })
  assert.deepEqual(lost.slice(0, 2), ['FoveaError', 'bad-file'])
  assert.match(lost[2], /^a file of the engine cannot be loaded: TypeError.*unpacker\.js\. Serve/)
})

test('a binary or a module of the page’s own is taken, threaded or not', async () => {
  served.headers = kIsolated
  const work = async () => {
    const { fovea, smallModel, bands } = globalThis
    const found = []
    for (const threads of [1, 2]) {
      const build = threads > 1 ? 'simd-threads' : 'simd'
      const bytes = await (await fetch(`/dist/engine/${build}/fovea.wasm`)).arrayBuffer()
      for (const own of [{ wasmBinary: bytes }, { wasmModule: await WebAssembly.compile(bytes) }]) {
        const backend = await fovea.init({ variant: 'simd', threads, ...own })
        const model = await smallModel()
        const { data } = await model.predict(bands(4).images)
        found.push([backend.threads, data.length])
        await fovea.shutdown()
      }
    }
    const failed = await fovea.init({ wasmBinary: new Uint8Array(8) }).catch((error) => error)
    const missing = await fovea.init({ wasmUrl: '/nowhere.wasm' }).catch((error) => error)
    return { found, codes: [failed.code, missing.code] }
  }
  const result = await inPage(work, undefined, { expected: ['404'] })
  const twice = (threads) => [
    [threads, 12],
    [threads, 12],
  ]
  assert.deepEqual(result, { found: [...twice(1), ...twice(2)], codes: ['bad-file', 'bad-file'] })
})

test('a worker that cannot be loaded is told of, and init can be tried again', async () => {
  const work = async () => {
    const { fovea } = globalThis
    const failed = await fovea.init({ workerUrl: '/nowhere.js' }).catch((error) => error)
    const { worker } = await fovea.init()
    return { code: failed.code, name: failed.name, message: failed.message, worker }
  }
  const result = await inPage(work, undefined, { expected: ['404', 'nowhere.js'] })
  assert.deepEqual(result, {
    code: 'worker-lost',
    name: 'FoveaError',
    message:
      "the engine's worker stopped by itself (its script could not be loaded). The next call starts a " +
      'new one.',
    worker: true,
  })
})

test('the address of the worker’s script is released, whether the worker starts or is refused', async () => {
  const work = async () => {
    const { fovea, Worker: Real } = globalThis
    const open = new Set()
    const { createObjectURL, revokeObjectURL } = URL
    URL.createObjectURL = (blob) => {
      const url = createObjectURL(blob)
      open.add(url)
      return url
    }
    URL.revokeObjectURL = (url) => (open.delete(url), revokeObjectURL(url))
    globalThis.Worker = function () {
      throw new Error('refused')
    }
    const { message } = await fovea.init({ variant: 'simd' }).catch((error) => error)
    const refused = open.size
    globalThis.Worker = Real
    const { worker } = await fovea.init({ variant: 'simd' })
    return { message, refused, worker, started: open.size }
  }
  const expected = { message: 'refused', refused: 0, worker: true, started: 0 }
  assert.deepEqual(await inPage(work), expected)
})

test('threads that do not start are noticed, and it goes on without them', async () => {
  served.headers = kIsolated
  const work = async () => {
    const { fovea, smallModel } = globalThis
    const workerUrl = (build) =>
      build.endsWith('threads') ? '/silent.js' : `/dist/engine/${build}/worker.js`
    const backend = await fovea.init({ variant: 'simd', threads: 2, workerUrl })
    await smallModel()
    return backend
  }
  const { threads, variant, reasons } = await inPage(work)
  assert.deepEqual([variant, threads], ['simd', 1])
  assert.deepEqual(reasons.slice(-2), [
    'The first start failed: the worker did not start within 6000 ms.',
    '1 thread: the second start failed too: the worker did not start within 6000 ms.',
  ])
})
