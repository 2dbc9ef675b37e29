// SPDX-License-Identifier: MIT
// The package in Chromium, as a plain module script without any bundler: worker, threads, strict
// content policies, its own files for strict set-ups, pixels, and the same bits as in Node.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bits, bands, smallModel } from '../js/support/small.mjs'
import * as foveaInNode from 'fovea'
import { downloadBytes } from '../../scripts/package/sizes.mjs'
import { launch, openPage } from './chromium.mjs'

const dist = fileURLToPath(new URL('../../dist/', import.meta.url))
const kTypes = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' }
const kIsolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}
const kBlobs = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:"
const kNoBlobs = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'"

/** The page's own script: tests call what it puts on the window. */
const kScript = `import * as fovea from '/dist/index.js'
import { bands, bits, smallModel } from '/support.js'
Object.assign(globalThis, { fovea, bands, bits, smallModel, ready: true })`

let server
let browser
let headers = {}
let nodeWeights

before(async () => {
  // The same small networks as in Node's tests, without Node.
  const support = await readFile(new URL('../js/support/small.mjs', import.meta.url), 'utf8')
  const inBrowser = support
    .replace("import assert from 'node:assert/strict'\n", '')
    .replace("'fovea'", "'/dist/index.js'")
    .replace('Buffer.concat(', 'hexOf(')
    .replace('Buffer.from(data.buffer)', 'new Uint8Array(data.buffer)')
    .replace(").toString('hex')", ')')
  const hexOf =
    "const hexOf = (parts) => parts.map((part) => [...part].map((byte) => byte.toString(16).padStart(2, '0')).join('')).join('')\n"
  const made = {
    '/': '<!doctype html><title>package</title><script type="module" src="/page.js"></script>',
    '/favicon.ico': '',
    '/page.js': kScript,
    '/silent.js': '// a worker that never answers',
    '/support.js': hexOf + inBrowser,
  }
  server = createServer(async ({ url }, response) => {
    const path = url.split('?')[0]
    const type = kTypes[extname(path)] ?? (path === '/' ? 'text/html' : 'application/octet-stream')
    try {
      const body = made[path] ?? (await readFile(join(dist, path.replace(/^\/dist\//, ''))))
      response.writeHead(200, { 'Content-Type': type, ...headers }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  browser = await launch()
  nodeWeights = await trainSmallInNode()
})

after(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
})

/** Runs a function in a new page that has the package; nothing may be complained of meanwhile. */
async function inPage(work, argument, { expected = [] } = {}) {
  const { page, problems, close } = await openPage(
    browser,
    `http://127.0.0.1:${server.address().port}/`,
  )
  try {
    await page.waitForFunction(() => globalThis.ready)
    const result = await page.evaluate(work, argument)
    const unexpected = problems.filter((one) => !expected.some((known) => one.includes(known)))
    assert.deepEqual(unexpected, [])
    return result
  } finally {
    await close()
  }
}

/** In the page: starts the engine, trains the small network, and tells what came of it. */
async function trainSmall(options) {
  const { fovea, bands, bits, smallModel } = globalThis
  const backend = await fovea.init(options)
  const model = await smallModel()
  const { images, labels } = bands(48)
  const { history } = await model.fit(images, labels, { epochs: 3 })
  const { shape } = await model.predict(images)
  return {
    backend,
    loss: history.loss,
    shape,
    weights: await bits(model),
    bytes: images.data.length,
  }
}

async function trainSmallInNode() {
  await foveaInNode.init({ variant: 'simd', threads: 1 })
  const model = await smallModel()
  const { images, labels } = bands(48)
  await model.fit(images, labels, { epochs: 3 })
  const weights = await bits(model)
  await foveaInNode.shutdown()
  return weights
}

test('an isolated page has a worker and threads, and the bits of Node', async () => {
  headers = kIsolated
  const { backend, weights, shape, bytes } = await inPage(trainSmall, {
    variant: 'simd',
    threads: 2,
  })
  assert.deepEqual(backend, {
    variant: 'simd',
    threads: 2,
    worker: true,
    reasons: ['simd: asked for.', '2 threads: asked for.'],
  })
  assert.deepEqual(shape, [48, 3])
  assert.equal(bytes, 48 * 64, 'the data of the page was moved away')
  assert.equal(weights, nodeWeights)
})

test('a page that is not isolated says which headers to send', async () => {
  headers = {}
  const { backend, loss } = await inPage(trainSmall, {})
  assert.equal(backend.threads, 1)
  assert.equal(backend.worker, true)
  assert.equal(
    backend.reasons.at(-1),
    '1 thread: the page is not cross-origin isolated; to have threads, send the headers ' +
      'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
  )
  assert.ok(loss[2] < loss[0])
})

test('without a worker the engine runs in the page', async () => {
  headers = kIsolated
  const { backend, weights } = await inPage(trainSmall, { worker: false, variant: 'simd' })
  assert.equal(backend.worker, false)
  assert.equal(backend.threads, 1)
  assert.equal(weights, nodeWeights)
})

test('a strict policy with blob workers needs nothing; threads too', async () => {
  headers = { ...kIsolated, 'Content-Security-Policy': kBlobs }
  const { backend } = await inPage(trainSmall, { threads: 2 })
  assert.deepEqual([backend.worker, backend.threads], [true, 2])
})

test('a policy without blobs works with the files of the package', async () => {
  headers = { ...kIsolated, 'Content-Security-Policy': kNoBlobs }
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

test('a binary or a module of the page’s own is taken, threaded or not', async () => {
  headers = kIsolated
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
  headers = {}
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
  headers = {}
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
  headers = kIsolated
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

test('the page stays awake while it trains, and predictions are answered', async () => {
  headers = {}
  const work = async () => {
    const { fovea } = globalThis
    const { train, test: held } = await fovea.datasets.digits({ baseUrl: '/dist/data/' })
    const model = await fovea.zoo.torchMnist({ seed: 1 })
    const loss = fovea.losses.sparseCategoricalCrossentropy({ fromLogits: true })
    await model.compile({ optimizer: 'adam', loss, metrics: ['accuracy'] })
    globalThis.observed.longTasks.length = 0
    let reports = 0
    let last = 0
    let steps = 0
    let inARow = true
    const onBatchEnd = (batch) => {
      inARow &&= batch === steps++
      const now = performance.now()
      if (now - last > 1) ++reports
      last = now
    }
    const begin = performance.now()
    const fit = model.fit(train, { callbacks: [{ onBatchEnd }] })
    let answers = 0
    let training = true
    fit.finally(() => (training = false))
    while (training) {
      await model.predict(
        held.images.data.length
          ? { data: held.images.data.slice(0, 784), shape: [28, 28, 1] }
          : held.images,
      )
      ++answers
    }
    await fit
    const { accuracy } = await model.evaluate(held)
    const milliseconds = performance.now() - begin
    const { longTasks } = globalThis.observed
    return { answers, reports, steps, inARow, milliseconds, accuracy, longTasks }
  }
  const { answers, reports, steps, inARow, milliseconds, accuracy, longTasks } = await inPage(work)
  assert.ok(accuracy > 0.9, `${accuracy}`)
  assert.equal(steps, 282)
  assert.ok(inARow, 'every step, in order')
  assert.ok(reports <= milliseconds / 16 + 2, `${reports} reports in ${milliseconds} ms`)
  assert.ok(answers > 20, `${answers} answers`)
  const worst = Math.max(0, ...longTasks.map(({ duration }) => duration))
  assert.ok(worst < 200, `a task of ${worst} ms`)
})

test('pixels come from a canvas, an image bitmap and a video frame’s size', async () => {
  headers = {}
  const work = async () => {
    const { fovea } = globalThis
    const canvas = new OffscreenCanvas(40, 20)
    const context = canvas.getContext('2d')
    context.fillStyle = '#f00'
    context.fillRect(0, 0, 20, 20)
    const plain = await fovea.browser.fromPixels(canvas)
    const small = await fovea.browser.fromPixels(await createImageBitmap(canvas), { size: [2, 4] })
    const raw = await fovea.browser.fromPixels(context.getImageData(0, 0, 40, 20), { size: 2 })
    context.fillStyle = '#fff'
    context.fillRect(0, 0, 40, 20)
    context.fillStyle = '#000'
    context.fillRect(18, 4, 3, 12)
    const digit = await fovea.browser.digitFromPixels(canvas)
    const list = ({ data, shape }) => [shape, [...data.slice(0, 12)], [...data.slice(-3)]]
    return {
      plain: list(plain),
      small: list(small),
      raw: list(raw),
      digit: { found: digit.found, shape: digit.shape, most: Math.max(...digit.data) },
    }
  }
  const { plain, small, raw, digit } = await inPage(work)
  const red = [255, 0, 0]
  assert.deepEqual(plain, [
    [20, 40, 3],
    [...red, ...red, ...red, ...red],
    [255, 255, 255],
  ])
  assert.deepEqual(small[0], [2, 4, 3])
  assert.deepEqual(raw[0], [2, 2, 3])
  // Scaling mixes the colours at the edge, a little: how much is the browser's own.
  for (const [, first, last] of [small, raw]) {
    assert.ok(first[0] > 240 && first[1] < 80 && first[2] < 80, `${first}`)
    assert.ok(last[0] > 240 && last[1] > 175 && last[2] > 175, `${last}`)
  }
  assert.deepEqual(digit, { found: true, shape: [28, 28, 1], most: 255 })
})

test('a page that trains a usual network downloads the first part alone', async () => {
  headers = {}
  /** In the page: which files of the package came over the wire, at each of two stages. */
  const files = await inPage(async () => {
    const { fovea } = globalThis
    const loaded = () =>
      performance
        .getEntriesByType('resource')
        .map(({ name }) => new URL(name).pathname)
        .filter((path) => path.startsWith('/dist/'))
    await fovea.init({ variant: 'simd', threads: 1 })
    const x = fovea.tensor(new Uint8Array(16 * 784), [16, 28, 28, 1])
    const y = new Int32Array(16)
    const { flatten, dense, leakyReLU, conv2d, maxPooling2d, dropout } = fovea.layers
    const usual = await fovea.sequential({
      seed: 1,
      layers: [
        conv2d({ inputShape: [28, 28, 1], filters: 8, kernelSize: 3, activation: 'relu' }),
        maxPooling2d(),
        flatten(),
        dropout({ rate: 0.5 }),
        dense({ units: 10 }),
      ],
    })
    const loss = fovea.losses.sparseCategoricalCrossentropy({ fromLogits: true })
    await usual.compile({ optimizer: 'adam', loss, metrics: ['accuracy'] })
    await usual.fit(x, y, { epochs: 1, batchSize: 8 })
    const first = loaded()
    const other = await fovea.sequential({
      layers: [flatten({ inputShape: [28, 28, 1] }), dense({ units: 4 }), leakyReLU()],
    })
    await other.predict(x)
    return { first, then: loaded().slice(first.length) }
  })
  const known = downloadBytes(dist, 'simd').files.map(({ name }) => `/dist/${name}`)
  assert.deepEqual(files.first.sort(), known.sort())
  assert.deepEqual(files.then, ['/dist/engine/simd-rest.js'])
})
