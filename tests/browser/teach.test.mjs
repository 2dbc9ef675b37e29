// SPDX-License-Identifier: MIT
// The chapter on classes of one's own: drawn by mouse and finger, filmed while a button is held, learned
// from scratch and from the trained network's features, and recognised afterwards.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import * as fovea from 'fovea'
import { audit } from './audit.mjs'
import { goTo, openPage, untilPhase } from './chromium.mjs'
import { drawWithFinger, kPhone, stroke } from './finger.mjs'
import { load } from './module.mjs'
import { openSite } from './site.mjs'
import { writeTwoScenes } from './video.mjs'

let visited
before(async () => (visited = await openSite()))
after(() => visited?.close())

const kPad = '#teach [data-testid=pad]'

/** Strokes in a square of side 1, a little different each time. */
function ring(seed) {
  const [cx, cy, r] = [0.5 + 0.05 * Math.sin(seed), 0.5, 0.2 + 0.03 * Math.cos(seed * 2)]
  const points = Array.from({ length: 22 }, (_, i) => {
    const angle = (i / 21) * 2 * Math.PI + seed
    return [cx + r * Math.cos(angle), cy + r * (1 + 0.1 * Math.sin(seed)) * Math.sin(angle)]
  })
  return [points]
}

function saltire(seed) {
  const r = 0.2 + 0.03 * Math.sin(seed)
  const tilt = 0.04 * Math.cos(seed * 3)
  const line = (from, to) =>
    Array.from({ length: 8 }, (_, i) => from.map((value, k) => value + ((to[k] - value) * i) / 7))
  return [
    line([0.5 - r, 0.5 - r + tilt], [0.5 + r, 0.5 + r]),
    line([0.5 + r, 0.5 - r], [0.5 - r, 0.5 + r - tilt]),
  ]
}

async function draw(page, strokes) {
  await page.locator('#teach').getByRole('button', { name: 'Clear' }).click()
  const pad = page.locator(kPad)
  await pad.scrollIntoViewIfNeeded()
  const { x, y, width, height } = await pad.boundingBox()
  for (const stroke of strokes) {
    const [first, ...rest] = stroke.map(([u, v]) => [x + u * width, y + v * height])
    await page.mouse.move(...first)
    await page.mouse.down()
    for (const point of rest) await page.mouse.move(...point)
    await page.mouse.up()
  }
}

const counts = (page) =>
  page
    .locator('.class-head .number')
    .evaluateAll((all) => all.map(({ textContent }) => Number(textContent)))

const untilCount = (page, place, least) =>
  page.waitForFunction(
    ([at, wanted]) =>
      Number(document.querySelectorAll('.class-head .number')[at].textContent) >= wanted,
    [place, least],
    { timeout: 120_000 },
  )

async function untilTaught(page) {
  await page.waitForFunction(
    () =>
      /^Learned/.test(document.querySelector('.outcome').textContent) ||
      document.querySelector('.outcome.trouble'),
    null,
    { timeout: 120_000 },
  )
  assert.match(await page.locator('.outcome').innerText(), /^Learned/)
}

const expectSaid = (page, name) =>
  page.waitForFunction(
    (wanted) => document.querySelector('[data-testid=taught]').textContent.trim() === wanted,
    name,
    { timeout: 30_000 },
  )

/** Draws six of each of two classes. */
async function drawExamples(page) {
  for (const [name, shape] of [
    ['Ring', ring],
    ['Cross', saltire],
  ]) {
    const place = name === 'Ring' ? 0 : 1
    const field = page.getByLabel('Name of the class').nth(place)
    await field.fill(name)
    await field.blur()
    for (let i = 0; i < 6; ++i) {
      await draw(page, shape(i))
      await page.getByRole('button', { name: `It is ${name}` }).click()
      await untilCount(page, place, i + 1)
    }
  }
}

test('two drawn classes, from scratch and from the trained network', async (t) => {
  const { page, problems, close } = await openPage(
    visited.browser,
    `${visited.url}?seed=1&epochs=1`,
  )
  await untilPhase(page, 'done')
  await goTo(page, 'teach')
  const outcome = page.locator('.outcome')
  assert.equal(await outcome.innerText(), 'No examples yet of Class A, Class B.')
  const teach = page.getByRole('button', { name: /^Teach it/ })
  assert.equal(await teach.isDisabled(), true)
  await drawExamples(page)
  assert.deepEqual(await counts(page), [6, 6])
  // One too many is taken back by pressing it.
  await draw(page, ring(9))
  await page.getByRole('button', { name: 'It is Ring' }).click()
  await untilCount(page, 0, 7)
  await page.getByRole('button', { name: 'Remove example 7 of Ring' }).click()
  assert.deepEqual(await counts(page), [6, 6])

  for (const beginning of ['From scratch', 'From the trained network']) {
    await page.getByRole('radio', { name: beginning }).check()
    await teach.click()
    await page.waitForFunction(
      () => !document.querySelector('.outcome').textContent.startsWith('Learned'),
    )
    await untilTaught(page)
    const text = await outcome.innerText()
    t.diagnostic(`${beginning}: ${text}`)
    assert.match(text, /Of 2 examples held back, 2 are right\.$/)
    // On features of 128 numbers only the new layer learns: two rows of 128 weights and a bias.
    const weights = /Learned ([\d,]+) weights/.exec(text)[1]
    if (beginning !== 'From scratch') assert.equal(weights, '258')
    for (const [name, shape] of [
      ['Cross', saltire],
      ['Ring', ring],
    ]) {
      await draw(page, shape(20.5))
      await expectSaid(page, name)
    }
    const shares = await page
      .locator('#teach .bars li')
      .evaluateAll((rows) => rows.map((row) => Number(/(\d+) %$/.exec(row.ariaLabel)[1])))
    assert.ok(shares[0] > shares[1] && Math.abs(shares[0] + shares[1] - 100) <= 1, `${shares}`)
  }
  assert.deepEqual(await audit(page, '#teach'), [])

  // Kept like any model: there again after a reload, without its examples.
  await page.getByRole('button', { name: 'Keep it in this browser' }).click()
  await page.getByText('Kept in this browser.').waitFor()
  await page.reload()
  await goTo(page, 'teach')
  await page.getByRole('button', { name: 'Open Ring, Cross' }).click()
  await page.getByText('It knows Ring, Cross again.').waitFor()
  for (const [name, shape] of [
    ['Cross', saltire],
    ['Ring', ring],
  ]) {
    await draw(page, shape(21.5))
    await expectSaid(page, name)
  }
  assert.deepEqual(await counts(page), [0, 0])
  assert.deepEqual(problems, [])
  await close()
})

test('a taught network’s name says what it knows', async () => {
  const { labelOf, namesAt, placeOf, readLabel } = await load('teach/label')
  const label = { names: ['Über|all', 'B, C'], filmed: true, ink: false }
  assert.match(labelOf(label), /^[\w.-]+$/)
  assert.deepEqual(readLabel(labelOf(label)), label)
  for (const other of ['torchMnist', 'taught.drawings.ink.YQ', 'taught.a.b.!.!']) {
    assert.equal(readLabel(other), undefined, other)
  }
  assert.equal(namesAt(placeOf(label.names)), 'Über|all, B, C')
  assert.equal(namesAt('indexeddb://digits'), undefined)
})

test('the frozen network is shared, not changed, and what is taught outlives it', async () => {
  const { fromFeatures, lastFeatures } = await load('teach/student')
  const { batchOf } = await load('teach/samples')
  const bytes = (fill) => ({ data: new Uint8Array(784).fill(fill), shape: [28, 28, 1] })
  const pictures = [20, 30, 40, 200, 210, 220].map(bytes)
  const { x, labels } = batchOf(pictures, [0, 0, 0, 1, 1, 1])
  for (const [name, cut] of [
    ['torchMnist', 'dropout_1'],
    ['kerasMnist', 'dense_1'],
    ['mlp', undefined],
    ['softmaxRegression', 'flatten_1'],
  ]) {
    const base = await fovea.zoo[name]({ seed: 5 })
    if (cut) assert.equal(lastFeatures(base), cut)
    const taught = await fromFeatures(base, { label: 'two', classes: 2, seed: 1 })
    const before = await base.getWeights()
    await taught.fit(x, labels, { epochs: 3, batchSize: 3 })
    assert.deepEqual(await base.getWeights(), before, `${name}: weights below the new layer`)
    const features = taught.layers.at(-1).params
    assert.equal(taught.countParams().trainable, features)
    const answer = async () => Array.from((await taught.predict(x)).data)
    const first = await answer()
    if (name !== 'softmaxRegression') {
      // Shared: another bias below is another answer above.
      await base.setWeights(before.map((one) => ({ ...one, data: one.data.map((w) => w + 0.1) })))
      assert.notDeepEqual(await answer(), first)
      await base.setWeights(before)
    }
    await base.dispose()
    assert.deepEqual(await answer(), first, `${name}: after the network below was disposed of`)
    await taught.dispose()
  }
})

test('a drawing is cut out wherever it was drawn, and blank paper is none', async () => {
  const { croppedToInk, heldBack } = await load('teach/samples')
  const paper = (...points) => {
    const data = new Uint8Array(100 * 100 * 4)
    for (const [px, py] of points) data[(py * 100 + px) * 4 + 3] = 255
    return { data, shape: [100, 100, 4] }
  }
  assert.equal(croppedToInk(paper()), undefined)
  const inked = ({ data, shape }) => {
    const ink = [...data.keys()].filter((i) => i % 4 === 3 && data[i] > 0).map((i) => (i - 3) / 4)
    return [shape, ink]
  }
  const here = inked(croppedToInk(paper([10, 20], [49, 20], [30, 40])))
  assert.deepEqual(here, inked(croppedToInk(paper([60, 79], [99, 79], [80, 99]))))
  // 40 pixels of ink in 20 of 28 parts of the side.
  assert.deepEqual(here[0], [56, 56, 4])
  assert.deepEqual(heldBack([0, 0, 1, 0, 0, 0, 1]), [
    false,
    false,
    false,
    false,
    false,
    true,
    false,
  ])
})

test('two filmed classes, recorded while a button or a key is held', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-teach-'))
  const video = join(folder, 'scenes.y4m')
  await writeTwoScenes(video)
  const filming = await openSite([
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${video}`,
  ])
  try {
    const { page, problems } = await openPage(filming.browser, `${filming.url}?autostart=0`)
    await untilPhase(page, 'ready')
    await goTo(page, 'teach')
    await page.locator('#teach').getByRole('button', { name: 'Camera', exact: true }).click()
    await page.getByRole('button', { name: 'Use the camera' }).click()
    // Which scene the camera sees, by the brightness of the network's own picture.
    const untilScene = (bright) =>
      page.waitForFunction(
        (wanted) => {
          const canvas = document.querySelector('.teach-answer canvas.coloured')
          if (!canvas) return false
          const copy = new OffscreenCanvas(canvas.width, canvas.height)
          const context = copy.getContext('2d', { willReadFrequently: true })
          context.drawImage(canvas, 0, 0)
          const { data } = context.getImageData(0, 0, copy.width, copy.height)
          let sum = 0
          for (let i = 0; i < data.length; i += 4) sum += data[i]
          return sum / (data.length / 4) > 110 === wanted
        },
        bright,
        { timeout: 60_000 },
      )
    const record = page.getByRole('button', { name: /^Hold to record|^Recording/ })
    await untilScene(false)
    await untilScene(true)
    await record.first().scrollIntoViewIfNeeded()
    const { x, y, width, height } = await record.first().boundingBox()
    await page.mouse.move(x + width / 2, y + height / 2)
    await page.mouse.down()
    await untilCount(page, 0, 10)
    await page.mouse.up()
    const [first] = await counts(page)
    await page.waitForTimeout(500)
    assert.ok((await counts(page))[0] <= first + 1, 'records only while it is held')
    await untilScene(false)
    await record.last().focus()
    await page.keyboard.down(' ')
    await untilCount(page, 1, 10)
    await page.keyboard.up(' ')
    await page.getByRole('button', { name: /^Teach it/ }).click()
    await untilTaught(page)
    t.diagnostic(await page.locator('.outcome').innerText())
    await untilScene(false)
    await expectSaid(page, 'Class B')
    await untilScene(true)
    await expectSaid(page, 'Class A')

    // The camera goes off when the chapter is left.
    const track = await page.evaluateHandle(
      () => document.querySelector('#teach video').srcObject.getTracks()[0],
    )
    assert.equal(await track.evaluate(({ readyState }) => readyState), 'live')
    assert.deepEqual(await audit(page, '#teach'), [])
    await page.evaluate(() => scrollTo(0, 0))
    await page.waitForFunction(
      () => document.querySelector('#teach .camera [role=alert]')?.textContent !== undefined,
    )
    assert.equal(await track.evaluate(({ readyState }) => readyState), 'ended')
    assert.match(
      await page.locator('#teach .camera [role=alert]').innerText(),
      /turned off when you left this chapter/,
    )
    assert.deepEqual(problems, [])
  } finally {
    await filming.close()
    await rm(folder, { recursive: true, force: true })
  }
})

test('fits a phone, and a finger draws an example', async () => {
  const { page, problems, close } = await openPage(visited.browser, `${visited.url}?autostart=0`, {
    ...kPhone,
    colorScheme: 'dark',
  })
  await goTo(page, 'teach')
  await drawWithFinger(page, page.locator(kPad), stroke([0.3, 0.3], [0.7, 0.7]))
  await page.getByRole('button', { name: 'It is Class A' }).tap()
  await untilCount(page, 0, 1)
  await page.getByRole('button', { name: 'Add a class' }).tap()
  assert.deepEqual(await counts(page), [1, 0, 0])
  await page.getByRole('button', { name: 'Remove Class C' }).tap()
  assert.deepEqual(await counts(page), [1, 0])
  const wide = await page.evaluate(() => document.documentElement.scrollWidth)
  assert.ok(wide <= 360, `${wide} pixels wide`)
  assert.deepEqual(await audit(page, '#teach'), [])
  assert.deepEqual(problems, [])
  await close()
})
