// SPDX-License-Identifier: MIT
// The chapter on one's own pictures: drawn by mouse, finger and keyboard, or held before the camera; what
// the network sees can be read pixel by pixel, and below a limit it is not sure.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import * as fovea from 'fovea'
import { audit } from './audit.mjs'
import { goTo, openPage, untilPhase } from './chromium.mjs'
import { drawWithFinger, kPhone, stroke } from './finger.mjs'
import { writeDigit } from './handwriting.mjs'
import { openSite } from './site.mjs'
import { writePaperVideo } from './video.mjs'

let visited
before(async () => (visited = await openSite()))
after(() => visited?.close())

const verdictIs = (page, wanted) =>
  page.waitForFunction(
    (text) => document.querySelector('#try [data-testid=verdict]').textContent.trim() === text,
    String(wanted),
    { timeout: 30_000 },
  )

test('a drawing: what is seen, pixel by pixel, and how sure', async () => {
  const { page, problems, close } = await openPage(
    visited.browser,
    `${visited.url}?seed=1&epochs=2`,
  )
  await untilPhase(page, 'done')
  await goTo(page, 'try')
  const pad = page.locator('#try [data-testid=pad]')
  await writeDigit(page, pad, 3)
  await verdictIs(page, 3)
  await page.locator('#try .pad-box').waitFor()
  assert.match(await page.locator('#try .time').innerText(), /^Answered in [\d.]+ ms\.$/)
  const shares = await page
    .locator('#try .bars li')
    .evaluateAll((rows) => rows.map((row) => Number(/: (\d+) %/.exec(row.ariaLabel)[1])))
  assert.equal(shares.length, 10)
  assert.equal(shares.indexOf(Math.max(...shares)), 3)

  const canvas = await page.locator('#try .reader canvas').boundingBox()
  assert.ok(canvas.width >= 270, `drawn ${canvas.width} pixels wide`)
  // Its pixels by keyboard: the ink's centre of mass is in the middle, the corner is paper.
  const reader = page.getByRole('application', { name: 'The pixels that the network sees' })
  const reading = async () => /: (\d+) of 255$/.exec(await page.locator('.reading').innerText())[1]
  await reader.press('Home')
  assert.equal(await reading(), '0')
  const row = []
  for (let i = 0; i < 27; ++i) {
    await reader.press('ArrowRight')
    row.push(Number(await reading()))
  }
  assert.ok(Math.max(...row) > 100, `ink in the middle row: ${row}`)
  assert.match(await page.locator('.reading').innerText(), /column 28/)
  // And by mouse.
  const { x, y, width, height } = await reader.boundingBox()
  await page.mouse.click(x + width / 56, y + height / 56)
  assert.match(await page.locator('.reading').innerText(), /^Row 1, column 1: 0 of 255$/)

  // The limit: at 99 % it is not sure of a scribble, at 20 % of nearly nothing.
  await page.locator('#try').getByRole('button', { name: 'Clear' }).click()
  await verdictIs(page, '–')
  const limit = page.getByRole('slider', { name: /Sure from/ })
  await writeDigit(page, pad, 3)
  await verdictIs(page, 3)
  await limit.press('End')
  const best = Math.max(...shares)
  if (best < 99) {
    await verdictIs(page, '?')
    assert.match(await page.locator('#try .verdict').innerText(), /not sure, perhaps a 3/)
  }
  await limit.press('Home')
  await verdictIs(page, 3)
  assert.match(await page.locator('.threshold').innerText(), /20 %/)
  assert.deepEqual(await audit(page, '#try'), [])
  assert.deepEqual(problems, [])
  await close()
})

test('the camera: recognised, mirrored, off when the chapter is left', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-try-'))
  const { test: digits } = await fovea.datasets.digits()
  // A plainly written 3.
  const video = join(folder, 'paper.y4m')
  await writePaperVideo(video, digits.images.data.subarray(16 * 784, 17 * 784))
  const filming = await openSite([
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${video}`,
  ])
  try {
    const { page, problems } = await openPage(filming.browser, `${filming.url}?epochs=2&seed=1`)
    await untilPhase(page, 'done')
    await goTo(page, 'try')
    await page.locator('#try').getByRole('button', { name: 'Camera', exact: true }).click()
    await page.getByRole('button', { name: 'Use the camera' }).click()
    await verdictIs(page, 3)
    await page.locator('#try .camera-light').waitFor()
    const track = await page.evaluateHandle(
      () => document.querySelector('#try video').srcObject.getTracks()[0],
    )
    assert.equal(await track.evaluate(({ readyState }) => readyState), 'live')

    // Mirrored, for the network too: its own picture is turned around.
    const inkOnTheLeft = () =>
      page.locator('#try .reader canvas').evaluate((canvas) => {
        const copy = new OffscreenCanvas(28, 28)
        const context = copy.getContext('2d', { willReadFrequently: true })
        context.drawImage(canvas, 0, 0)
        const { data } = context.getImageData(0, 0, 28, 28)
        const sums = [0, 0]
        for (let i = 0; i < 784; ++i) sums[i % 28 < 14 ? 0 : 1] += 255 - data[i * 4]
        return sums[0] / (sums[0] + sums[1])
      })
    const before = await inkOnTheLeft()
    await page.locator('#try').getByRole('button', { name: 'Mirror' }).click()
    await page.waitForFunction(() =>
      document.querySelector('#try .camera').classList.contains('mirrored'),
    )
    await page.waitForTimeout(1000)
    const after = await inkOnTheLeft()
    assert.ok(Math.abs(before + after - 1) < 0.12, `${before} and ${after} of the ink on the left`)
    await page.locator('#try').getByRole('button', { name: 'Mirror' }).click()

    await page.evaluate(() => scrollTo(0, 0))
    await page.waitForFunction(() =>
      document
        .querySelector('#try .camera [role=alert]')
        ?.textContent.includes('when you left this chapter'),
    )
    assert.equal(await track.evaluate(({ readyState }) => readyState), 'ended')
    assert.deepEqual(await audit(page, '#try'), [])
    assert.deepEqual(problems, [])
  } finally {
    await filming.close()
    await rm(folder, { recursive: true, force: true })
  }
})

test('a camera that is not allowed, absent, busy or taken away is told in a sentence', async () => {
  const { page, close } = await openPage(visited.browser, `${visited.url}?autostart=0`)
  await goTo(page, 'try')
  await page.locator('#try').getByRole('button', { name: 'Camera', exact: true }).click()
  const alert = page.locator('#try .camera [role=alert]')
  for (const [name, sentence] of [
    ['NotAllowedError', 'The camera is not allowed. Allow it in the address bar and try again.'],
    ['NotFoundError', 'There is no camera. Connect one and try again.'],
    ['NotReadableError', 'The camera is in use by another program. Close it there and try again.'],
  ]) {
    await page.evaluate((which) => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', which))
    }, name)
    await page.getByRole('button', { name: /Use the camera|Try again/ }).click()
    await page.waitForFunction(
      (text) => document.querySelector('#try .camera [role=alert]').textContent.trim() === text,
      sentence,
    )
  }
  // Two that work, from canvases: one is chosen by its name, and then unplugged.
  await page.evaluate(() => {
    globalThis.asked = []
    globalThis.streams = []
    navigator.mediaDevices.enumerateDevices = () =>
      Promise.resolve([
        { kind: 'videoinput', deviceId: 'front', label: 'Front' },
        { kind: 'audioinput', deviceId: 'microphone', label: 'Microphone' },
        { kind: 'videoinput', deviceId: 'desk', label: 'Desk' },
      ])
    navigator.mediaDevices.getUserMedia = ({ video, audio }) => {
      globalThis.asked.push({ video, audio })
      const canvas = document.createElement('canvas')
      canvas.width = canvas.height = 200
      canvas.getContext('2d').fillRect(0, 0, 200, 200)
      const stream = canvas.captureStream(10)
      globalThis.streams.push(stream)
      return Promise.resolve(stream)
    }
    globalThis.unplug = () => {
      const [track] = globalThis.streams.at(-1).getTracks()
      track.stop()
      track.dispatchEvent(new Event('ended'))
    }
  })
  await page.getByRole('button', { name: 'Try again' }).click()
  const choice = page.getByRole('combobox', { name: 'Which camera' })
  await choice.waitFor()
  assert.deepEqual(await choice.locator('option').allInnerTexts(), ['Front', 'Desk'])
  await choice.selectOption('Desk')
  await page.waitForFunction(() => globalThis.streams.length === 2)
  assert.deepEqual(await page.evaluate(() => globalThis.asked), [
    { video: { facingMode: 'environment' }, audio: false },
    { video: { deviceId: { exact: 'desk' } }, audio: false },
  ])
  const states = () =>
    page.evaluate(() => globalThis.streams.map((stream) => stream.getTracks()[0].readyState))
  assert.deepEqual(await states(), ['ended', 'live'])
  await page.locator('#try .camera.on').waitFor()
  await page.evaluate(() => globalThis.unplug())
  await alert.waitFor()
  assert.match(await alert.innerText(), /^The camera was taken away\./)
  await close()
})

test('fits a phone in the dark; a finger and the keyboard draw', async () => {
  const { page, problems, close } = await openPage(
    visited.browser,
    `${visited.url}?epochs=1&seed=1`,
    { ...kPhone, colorScheme: 'dark' },
  )
  await untilPhase(page, 'done')
  await goTo(page, 'try')
  const pad = page.locator('#try [data-testid=pad]')
  await drawWithFinger(page, pad, stroke([0.52, 0.2], [0.48, 0.78]))
  await verdictIs(page, 1)
  await page.locator('#try').getByRole('application', { name: 'Drawing pad' }).press('Delete')
  await verdictIs(page, '–')
  const wide = await page.evaluate(() => document.documentElement.scrollWidth)
  assert.ok(wide <= 360, `${wide} pixels wide`)
  assert.deepEqual(await audit(page, '#try'), [])
  assert.deepEqual(problems, [])
  await close()
})
