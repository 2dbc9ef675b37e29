// SPDX-License-Identifier: MIT
// The package in Chromium at work: worker, threads, pixels, what is downloaded, and the same bits as in
// Node.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { bits, bands, smallModel } from '../js/support/small.mjs'
import * as foveaInNode from 'fovea'
import { downloadBytes } from '../../scripts/package/sizes.mjs'
import { dist, inPage, kIsolated, served, trainSmall } from './package-page.mjs'

let nodeWeights
before(async () => (nodeWeights = await trainSmallInNode()))

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
  served.headers = kIsolated
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
  served.headers = kIsolated
  const { backend, weights } = await inPage(trainSmall, { worker: false, variant: 'simd' })
  assert.equal(backend.worker, false)
  assert.equal(backend.threads, 1)
  assert.equal(weights, nodeWeights)
})

test('the page stays awake while it trains, and predictions are answered', async () => {
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
