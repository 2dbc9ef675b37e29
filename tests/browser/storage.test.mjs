// SPDX-License-Identifier: MIT
// Models in a browser's own places: IndexedDB, localStorage and downloads, whole or not at all; and a
// worker that the system ends without a word.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as foveaInNode from 'fovea'
import { launch, openPage } from './chromium.mjs'

const dist = fileURLToPath(new URL('../../dist/', import.meta.url))
const kTypes = { '.js': 'text/javascript', '.html': 'text/html' }

/** A page with the package, data, and a small model that has trained for an epoch. */
const kScript = `import * as fovea from '/dist/index.js'
const labels = Int32Array.from({ length: 40 }, (_, i) => i % 3)
const data = Uint8Array.from({ length: 40 * 64 }, (_, i) => (i * 2654435761) >>> 24)
const images = fovea.tensor(data, [40, 8, 8, 1])
async function trained(epochs = 1) {
  const { conv2d, flatten, dropout, dense } = fovea.layers
  const conv = conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3 })
  const last = dense({ units: 3, activation: 'softmax' })
  const model = await fovea.sequential({ seed: 1, layers: [conv, flatten(), dropout({ rate: 0.3 }), last] })
  await model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' })
  await model.fit(images, labels, { epochs })
  return model
}
const state = async (model) => [...(await model.toSafetensors({ optimizer: true }))].join()
const workers = []
globalThis.Worker = class extends Worker {
  constructor(...given) {
    super(...given)
    workers.push(this)
  }
}
const failure = (work) => work().then(() => 'none', ({ code, message }) => [code, message])
Object.assign(globalThis, { fovea, trained, state, images, labels, workers, failure, ready: true })`

let server
let browser
let site

before(async () => {
  const made = {
    '/': '<!doctype html><title>storage</title><script type="module" src="/page.js"></script>',
    '/favicon.ico': '',
    '/page.js': kScript,
  }
  server = createServer(async ({ url }, response) => {
    const type = kTypes[extname(url)] ?? (url === '/' ? 'text/html' : 'application/octet-stream')
    try {
      const body = made[url] ?? (await readFile(join(dist, url.replace(/^\/dist\//, ''))))
      response.writeHead(200, { 'Content-Type': type }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  site = `http://127.0.0.1:${server.address().port}/`
  browser = await launch()
})

after(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
  await foveaInNode.shutdown()
})

/** Runs functions one after the other in one page, which is loaded anew between them. */
async function inPage(...stages) {
  const { page, problems, close } = await openPage(browser, site, { acceptDownloads: true })
  const results = []
  try {
    for (const stage of stages) {
      if (results.length > 0) await page.reload()
      await page.waitForFunction(() => globalThis.ready)
      results.push(stage.length > 0 ? await stage(page) : await page.evaluate(stage))
    }
    assert.deepEqual(problems, [])
    return results
  } finally {
    await close()
  }
}

for (const place of ['indexeddb', 'localstorage']) {
  test(`${place}: saved, the page reloaded, loaded, trained on: the bits of one that never stopped`, async () => {
    const script = (name) => `(async () => {
      const { fovea, trained, state, images, labels } = globalThis
      const url = '${place}://a b/ü'
      if ('${name}' === 'save') {
        await (await trained(1)).save(url)
        return state(await trained(3))
      }
      const model = await fovea.loadModel(url)
      await model.fit(images, labels, { epochs: 3, resume: true })
      await fovea.models.copy(url, '${place}://copy')
      const list = await fovea.models.list()
      await fovea.models.remove(url)
      return [await state(model), list.map(({ url, bytes, savedAt }) => [url, bytes > 1000, savedAt instanceof Date]),
        (await fovea.models.list()).map(({ url }) => url), await failure(() => fovea.loadModel(url)),
        await failure(() => fovea.models.remove(url))]
    })()`
    const [expected, [state, before, left, load, remove]] = await inPage(
      (page) => page.evaluate(script('save')),
      (page) => page.evaluate(script('load')),
    )
    assert.ok(state === expected, 'the state differs')
    assert.deepEqual(before.sort(), [
      [`${place}://a b/ü`, true, true],
      [`${place}://copy`, true, true],
    ])
    assert.deepEqual(left, [`${place}://copy`])
    assert.deepEqual(load, ['bad-file', `loadModel: there is no model at ${place}://a b/ü.`])
    assert.deepEqual(remove, ['bad-file', `models.remove: there is no model at ${place}://a b/ü.`])
  })
}

test('a save that fails leaves what stood there: over the quota, and in the middle of IndexedDB', async () => {
  const [[local, survived, database, also]] = await inPage(async () => {
    const { fovea, trained, state, failure } = globalThis
    const small = await trained()
    await small.save('localstorage://x')
    await small.save('indexeddb://x')
    const before = await state(small)
    const { dense } = fovea.layers
    const large = await fovea.sequential({ layers: [dense({ inputShape: [2000], units: 1000 })] })
    const local = await failure(() => large.save('localstorage://x'))
    const survived = (await state(await fovea.loadModel('localstorage://x'))) === before
    // The second of the two writes of one transaction fails.
    const put = IDBObjectStore.prototype.put
    IDBObjectStore.prototype.put = function (...given) {
      if (this.name === 'about') throw new DOMException('no room', 'QuotaExceededError')
      return put.apply(this, given)
    }
    const database = await failure(() => large.save('indexeddb://x'))
    IDBObjectStore.prototype.put = put
    const also = (await state(await fovea.loadModel('indexeddb://x'))) === before
    return [local, survived, database, also]
  })
  assert.equal(local[0], 'out-of-memory')
  assert.match(
    local[1],
    /^save: localStorage has no room for 106\d{5} characters; browsers give a page about 5 million\. Save to indexeddb:\/\/x instead\.$/,
  )
  assert.deepEqual(database, [
    'out-of-memory',
    'save: IndexedDB has no room for the model. What stood there before is still there. Remove models with ' +
      'fovea.models.remove.',
  ])
  assert.deepEqual([survived, also], [true, true])
})

test('downloads: the file is whole, and Node reads it', async () => {
  const [[bytes, weights]] = await inPage(async (page) => {
    const coming = page.waitForEvent('download')
    const weights = await page.evaluate(async () => {
      const model = await globalThis.trained()
      await model.save('downloads://digits')
      const all = await model.getWeights()
      return all.map(({ name, data }) => [name, [...data]])
    })
    const download = await coming
    assert.equal(download.suggestedFilename(), 'digits.safetensors')
    return [await readFile(await download.path()), weights]
  })
  const model = await foveaInNode.loadModel(bytes)
  const all = await model.getWeights()
  assert.deepEqual(
    all.map(({ name, data }) => [name, [...data]]),
    weights,
  )
})

test('a File, a relative URL', async () => {
  const [results] = await inPage(async () => {
    const { fovea, trained, state } = globalThis
    const model = await trained()
    const bytes = await model.toSafetensors({ optimizer: true })
    const file = new File([bytes], 'digits.safetensors')
    const url = URL.createObjectURL(file)
    const same = async (source) =>
      (await state(await fovea.loadModel(source))) === (await state(model))
    return [
      await same(file),
      await same(url),
      await globalThis.failure(() => fovea.loadModel('page.js')),
    ]
  })
  assert.deepEqual(results.slice(0, 2), [true, true])
  assert.equal(results[2][0], 'bad-file')
})

test('pictures from files and URLs become a data set', async () => {
  const [[images, names, sizes, broken, unlabelled]] = await inPage(async () => {
    const { fovea, failure } = globalThis
    const picture = async (colour, size) => {
      const canvas = new OffscreenCanvas(size, size)
      const context = canvas.getContext('2d')
      context.fillStyle = colour
      context.fillRect(0, 0, size, size)
      return canvas.convertToBlob()
    }
    const [red, blue] = [await picture('#f00', 4), await picture('#00f', 8)]
    const { fromImages } = fovea.datasets
    const set = await fromImages([red, URL.createObjectURL(blue)], ['warm', 'cold'], { size: 2 })
    return [
      [set.images.shape, [...set.images.data.slice(0, 3)], [...set.images.data.slice(-3)]],
      [[...set.labels], set.classNames],
      await failure(() => fromImages([red, blue], [0, 1])),
      await failure(() => fromImages([new Blob(['x'])], [0])),
      await failure(() => fromImages([red], [])),
    ]
  })
  assert.deepEqual(images, [
    [2, 2, 2, 3],
    [255, 0, 0],
    [0, 0, 255],
  ])
  assert.deepEqual(names, [
    [1, 0],
    ['cold', 'warm'],
  ])
  assert.equal(sizes[0], 'bad-shape')
  assert.match(
    sizes[1],
    /^fromImages: picture 1 has the shape \[8, 8, 3\] but the first \[4, 4, 3\]/,
  )
  assert.equal(broken[0], 'bad-file')
  assert.equal(unlabelled[0], 'bad-shape')
})

test('a worker that is ended without a word, or fails, is noticed; the model comes back', async () => {
  const [[ended, failed, workers, same]] = await inPage(async () => {
    const { trained, state, images, labels, workers, failure } = globalThis
    const model = await trained()
    const before = await state(model)
    const fit = () => model.fit(images, labels, { epochs: 1e6 })
    const ended = failure(fit)
    await model.predict(images)
    workers.at(-1).terminate()
    const first = await ended
    const failed = failure(fit)
    await model.predict(images)
    workers.at(-1).postMessage(null) // its script fails on this
    const second = await failed
    const same = (await state(model)) === before
    return [first, second, workers.length, same]
  })
  const start = "the engine's worker stopped by itself"
  for (const [code, message] of [ended, failed]) {
    assert.equal(code, 'worker-lost')
    assert.ok(message.startsWith(start), message)
  }
  assert.equal(workers, 3)
  assert.equal(same, true)
})
