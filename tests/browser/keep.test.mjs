// SPDX-License-Identifier: MIT
// The chapter on keeping: a network is kept over a reload, leaves as a file of every format and comes
// back; trainings are compared; the race is run.
import assert from 'node:assert/strict'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import * as fovea from 'fovea'
import {
  accuracy,
  goTo,
  launch,
  openPage,
  untilAccuracy,
  untilPhase,
  untilRaceIsOver,
} from './chromium.mjs'
import { openSite } from './site.mjs'

let site
before(async () => (site = await openSite()))
after(() => site?.close())

const said = (page) => page.locator('.kept [role=status]')
const untilSaid = (page, words) =>
  page.waitForFunction(
    (text) => document.querySelector('.kept [role=status]')?.textContent.includes(text),
    words,
    { timeout: 60_000 },
  )

async function trained(query = '') {
  const visit = await openPage(site.browser, `${site.url}?epochs=1&seed=3${query}#keep`)
  await goTo(visit.page, 'keep')
  await untilPhase(visit.page, 'done')
  return visit
}

test('kept in this browser: there after a reload, opened, removed', async () => {
  const { page, problems, close } = await trained()
  const before = await accuracy(page)
  await page.getByLabel('Name').fill('my digits')
  await page.getByRole('button', { name: 'Keep in this browser' }).click()
  await untilSaid(page, 'Kept as my-digits')

  await page.goto(`${site.url}?autostart=0#keep`)
  await goTo(page, 'keep')
  await untilPhase(page, 'ready')
  await untilAccuracy(page, 0)
  assert.ok((await accuracy(page)) < 0.5, 'the new network knows nothing')
  await page.getByRole('button', { name: 'Open my-digits' }).click()
  await untilSaid(page, 'my-digits is open')
  assert.equal(await accuracy(page), before)
  // It can be trained on.
  await page.locator('.controls .primary').first().press('Enter')
  await untilPhase(page, 'done')
  assert.ok((await accuracy(page)) > before - 0.02)

  await page.getByRole('button', { name: 'Remove my-digits' }).click()
  await untilSaid(page, 'my-digits is gone')
  assert.equal(await page.locator('.kept tbody tr').count(), 0)
  assert.deepEqual(problems, [])
  await close()
})

test('files of every format; its own comes back, what is none is refused', async () => {
  const { page, problems, close } = await trained('&shift=5')
  const right = await accuracy(page)
  const take = async (format, count = 1) => {
    const files = []
    const done = new Promise((resolve) => {
      page.on('download', (one) => files.push(one) === count && resolve())
    })
    await page.getByLabel('As a file').selectOption(format)
    await page.getByRole('button', { name: 'Download' }).click()
    await done
    page.removeAllListeners('download')
    const read = async (one) => [one.suggestedFilename(), await readFile(await one.path())]
    return Object.fromEntries(await Promise.all(files.map(read)))
  }
  const own = await take('safetensors')
  const bytes = own['my-network.safetensors']
  const { test: held } = await fovea.datasets.digits()
  const model = await fovea.loadModel(new Uint8Array(bytes))
  const found = await model.evaluate(held)
  assert.ok(Math.abs(found.accuracy - right) < 0.0021, `${found.accuracy} in Node, ${right} here`)
  await model.dispose()

  const onnx = await take('onnx')
  assert.ok(onnx['my-network.onnx'].length > 98_442 * 4)
  const tfjs = await take('tfjs', 2)
  const { weightsManifest, format } = JSON.parse(tfjs['model.json'].toString())
  assert.equal(format, 'layers-model')
  assert.deepEqual(weightsManifest[0].paths, ['weights.bin'])
  assert.equal(tfjs['weights.bin'].length, 98_442 * 4)
  const pytorch = await take('pytorch', 2)
  assert.match(pytorch['my-network.py'].toString(), /class \w+\((torch\.)?nn\.Module\)/)

  const file = join(site.folder, 'mine.safetensors')
  await writeFile(file, bytes)
  await page.getByRole('button', { name: 'Reset', exact: true }).first().click()
  await untilPhase(page, 'ready')
  await page.locator('.kept input[type=file]').setInputFiles(file)
  await untilSaid(page, 'mine.safetensors is open')
  assert.equal(await accuracy(page), right)

  await page
    .locator('.kept input[type=file]')
    .setInputFiles([{ name: 'a.onnx', mimeType: '', buffer: Buffer.from('not a network') }])
  await page.waitForFunction(
    () => document.querySelector('.kept [role=alert]').textContent.length > 10,
  )
  assert.equal(await accuracy(page), right, 'the network stays')
  assert.equal(await said(page).innerText(), '')

  // Networks that do not fit the present data: other classes, other images.
  const stranger = async (units, inputShape) => {
    const layers = [fovea.layers.flatten({ inputShape }), fovea.layers.dense({ units })]
    const other = await fovea.sequential({ layers })
    const buffer = Buffer.from(await other.toSafetensors())
    await other.dispose()
    return [{ name: 'other.safetensors', mimeType: '', buffer }]
  }
  for (const [units, shape, words] of [
    [2, [28, 28, 1], 'tells 2 classes apart, but the present data has 10. Choose its data first'],
    [
      10,
      [32, 32, 3],
      'images of 32 × 32 × 3, but the present data has 28 × 28 × 1. Choose its data',
    ],
  ]) {
    await page.locator('.kept input[type=file]').setInputFiles(await stranger(units, shape))
    await page.waitForFunction(
      (text) => document.querySelector('.kept [role=alert]').textContent.includes(text),
      words,
    )
    assert.equal(await accuracy(page), right, 'the network stays')
  }
  assert.deepEqual(problems, [])
  await close()
})

test('trainings are compared, and one is trained again', async () => {
  const { page, problems, close } = await trained('&net=softmaxRegression')
  await goTo(page, 'learn')
  await page.getByLabel('Optimizer').selectOption('sgd')
  await untilPhase(page, 'ready')
  await page.locator('.controls .primary').first().press('Enter')
  await untilPhase(page, 'done')
  const names = await page.locator('.compare li').allInnerTexts()
  assert.equal(names.length, 2)
  assert.match(names[1], /sgd.*\(now\)/)
  assert.equal(await page.locator('.overlay path.line').count(), 2)
  await page.getByRole('button', { name: /^Train .* again$/ }).click()
  await page.waitForURL((url) => !url.searchParams.has('optimizer'))
  assert.deepEqual(problems, [])
  await close()
})

test('the race is run to its end, only when asked', async (t) => {
  const { page, problems, close } = await trained('&net=softmaxRegression')
  const rivals = new Set()
  page.on('request', (request) => {
    const [name] = /race-[\w-]+\.js$/.exec(request.url()) ?? []
    if (name) rivals.add(name)
  })
  await goTo(page, 'mistakes')
  await goTo(page, 'keep')
  assert.deepEqual([...rivals], [])
  assert.match(await page.locator('.race').innerText(), /WebGL may well be faster/)
  await page.getByRole('button', { name: 'Start the race' }).click()
  await untilRaceIsOver(page, 360_000)
  const rows = await page.locator('.race tbody tr').allInnerTexts()
  assert.equal(rows.length, 4)
  for (const [k, row] of rows.entries()) {
    t.diagnostic(row.replace(/\s+/g, ' '))
    // Where this browser has no WebGL, or no graphics card for it, that is said.
    if (k === 3 && /not here\s+(This browser|There is no graphics card)/.test(row)) continue
    assert.match(
      row,
      /[\d,.]+ images\/s\s+[\d.]+ % of the held-out images right.*first batch after/,
    )
    if (k === 3) assert.match(row, /WebGL on the graphics card: ./)
  }
  // All of them learn: ten per cent would be chance.
  const shares = rows.map((row) => Number(/([\d.]+) % of/.exec(row)?.[1]))
  assert.ok(shares[0] > 60, `Fovea has ${shares[0]} % right`)
  const fetched = [...rivals].join()
  for (const rival of ['convnetjs', 'tensorflow', 'tensorflow-cpu']) {
    assert.match(fetched, new RegExp(`race-${rival}-`))
  }
  assert.deepEqual(problems, [])
  await close()
})

/** In the page: a few batches by WebGL; what the worker says. */
function shortRace([path, also]) {
  const racer = new Worker(path, { type: 'module' })
  const set = (count) => ({
    pixels: Uint8Array.from({ length: count * 784 }, (_, k) => k % 251),
    labels: Int32Array.from({ length: count }, (_, k) => k % 10),
  })
  const order = { ...set(8), held: set(4), batchSize: 4, warmUpSeconds: 0, seconds: 0 }
  racer.postMessage({ ...order, ...also, backend: 'webgl' })
  const said = []
  return new Promise((resolve, reject) => {
    racer.onerror = ({ message }) => reject(new Error(message))
    racer.onmessage = ({ data }) => {
      said.push(data)
      if ('absent' in data || 'accuracy' in data) resolve(said)
    }
  })
}

const kWebgl = {
  'a renderer in software': {
    more: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
    says: [/^WebGL without a graphics card: .*SwiftShader/, 'images', 'accuracy'],
    also: { evenInSoftware: true },
  },
  'a renderer in software, which does not race': {
    more: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
    says: [/^WebGL without a graphics card: .*SwiftShader/, 'absent'],
  },
  'no WebGL': { more: ['--disable-software-rasterizer'], says: [/^This browser has no WebGL 2/] },
}

for (const [name, { more, says, also }] of Object.entries(kWebgl)) {
  test(`TensorFlow.js by WebGL tells what it runs on: ${name}`, async () => {
    const worker = (await readdir(join(site.page, 'assets'))).find((file) =>
      /^race-tensorflow-(?!cpu|webgl).*\.js$/.test(file),
    )
    const browser = await launch(more)
    try {
      const { page, problems } = await openPage(browser, `${site.url}?autostart=0`)
      const news = await page.evaluate(shortRace, [`assets/${worker}`, also])
      const [first] = news
      assert.match(first.how ?? first.absent, says[0])
      for (const key of says.slice(1)) assert.ok(key in news.at(-1), JSON.stringify(news))
      assert.deepEqual(problems, [])
    } finally {
      await browser.close()
    }
  })
}
