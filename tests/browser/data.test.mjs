// SPDX-License-Identifier: MIT
// The chapter on data: balance, samples down to their numbers, augmentation, the visitor's own files.
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import * as fovea from 'fovea'
import { goTo, openPage, untilAccuracy, untilPhase } from './chromium.mjs'
import { bitmap, idx } from './files.mjs'
import { openSite } from './site.mjs'

let site
before(async () => (site = await openSite()))
after(() => site?.close())

const chapter = (page) => page.locator('#data')

/** One colour, with a brighter left or right half. */
function halves(side, colour, brightLeft) {
  return bitmap(side, (i) => {
    const share = i % side < side / 2 === brightLeft ? 1 : 0.3
    return colour.map((value) => value * share)
  })
}

test('balance, samples of a class, and an image down to its numbers', async () => {
  const { train } = await fovea.datasets.digits()
  const { page, problems, close } = await openPage(site.browser, `${site.url}?autostart=0#data`)
  await goTo(page, 'data')
  await page.waitForFunction(() => /9/.test(document.querySelector('.balance .share').textContent))
  const counts = await chapter(page).locator('.balance .share').allTextContents()
  const numbers = counts.map((text) => Number(text.replace(',', '')))
  const expected = Array.from({ length: 10 }, (_, k) => train.labels.filter((l) => l === k).length)
  assert.deepEqual(numbers, expected)
  const { mean, standardDeviation } = fovea.datasets.summary(train)
  assert.match(
    await chapter(page).locator('.facts').innerText(),
    new RegExp(`${mean.toFixed(1)} ± ${standardDeviation.toFixed(1)}`),
  )

  await chapter(page).locator('.balance-row').nth(3).press('Enter')
  const names = await chapter(page)
    .locator('.sample')
    .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))
  assert.equal(names.length, 30)
  assert.ok(
    names.every((name) => name.startsWith('A 3,')),
    names.join(),
  )
  await chapter(page).locator('.sample').nth(4).click()
  await chapter(page).locator('.numbers summary').click()
  // The table is made once the fold has told that it is open.
  await chapter(page).locator('.numbers td').first().waitFor()
  const cells = await chapter(page).locator('.numbers td').allTextContents()
  const row = Number(/image (\d+)/.exec(names[4])[1]) - 1
  assert.deepEqual(cells.map(Number), [...train.images.data.subarray(row * 784, (row + 1) * 784)])
  assert.deepEqual(problems, [])
  await close()
})

test('augmentation is previewed by its own layers and trained with', async () => {
  const address = `${site.url}?autostart=0&epochs=1&net=softmaxRegression#data`
  const { page, problems, close } = await openPage(site.browser, address)
  await goTo(page, 'data')
  const previews = () =>
    page
      .locator('.augment-images canvas')
      .evaluateAll((all) => new Set(all.map((canvas) => canvas.toDataURL())).size)
  await page.waitForFunction(() => {
    const canvas = document.querySelector('.augment-images canvas')
    return canvas
      .getContext('2d')
      .getImageData(0, 0, 28, 28)
      .data.some((value) => value > 0)
  })
  assert.equal(await previews(), 1, 'nothing is changed yet')
  const slider = page.getByRole('slider', { name: 'Shift' })
  for (let k = 0; k < 20; ++k) await slider.press('ArrowRight')
  await page.waitForFunction(
    () =>
      new Set(
        [...document.querySelectorAll('.augment-images canvas')].map((one) => one.toDataURL()),
      ).size > 8,
  )
  await page.getByRole('button', { name: 'Train with it' }).click()
  await page.waitForURL(/shift=20/)
  await untilPhase(page, 'ready')
  await page.locator('.controls .primary').first().press('Enter')
  await untilPhase(page, 'done')
  await goTo(page, 'network')
  assert.match(await page.locator('#network tfoot').innerText(), /7,850/, 'no weights were added')
  assert.deepEqual(problems, [])
  await close()
})

test('IDX files of one’s own: the network takes their shape and classes', async () => {
  const { page, problems, close } = await openPage(site.browser, `${site.url}?epochs=8&autostart=0`)
  await goTo(page, 'data')
  const count = 400
  const images = Buffer.alloc(count * 144)
  const labels = Buffer.alloc(count)
  for (let row = 0; row < count; ++row) {
    labels[row] = row % 3
    // A bright row at the top, in the middle, or at the bottom, with some noise.
    for (let i = 0; i < 144; ++i) images[row * 144 + i] = (i * 7 + row * 31) % 40
    for (let x = 0; x < 12; ++x) images[row * 144 + ((row % 3) * 5 + 1) * 12 + x] = 220
  }
  await page
    .locator('.file input')
    .first()
    .setInputFiles([
      { name: 'my-images-idx3-ubyte', mimeType: '', buffer: idx([count, 12, 12], images) },
      { name: 'my-labels-idx1-ubyte', mimeType: '', buffer: idx([count], labels) },
    ])
  await page.waitForFunction(() => /12 × 12 × 1/.test(document.querySelector('#data').innerText))
  await untilPhase(page, 'ready')
  assert.match(await page.locator('header').innerText(), /your own images/)
  await page.locator('.controls .primary').first().press('Enter')
  await untilAccuracy(page, 0.9)
  assert.deepEqual(problems, [])
  await close()
})

test('a folder of images for each class; what is no data set is refused', async () => {
  const root = join(site.folder, 'pictures')
  for (const side of ['left', 'right']) {
    await mkdir(join(root, side), { recursive: true })
    for (let k = 0; k < 12; ++k) {
      const colour = [120 + 10 * k, 250 - 8 * k, 200]
      await writeFile(join(root, side, `${k}.bmp`), halves(40, colour, side === 'left'))
    }
  }
  const { page, problems, close } = await openPage(site.browser, `${site.url}?epochs=3&autostart=0`)
  await goTo(page, 'data')
  await page.locator('.file input').nth(1).setInputFiles(root)
  await page.waitForFunction(() => /32 × 32 × 3/.test(document.querySelector('#data').innerText))
  await untilPhase(page, 'ready')
  const names = await page.locator('.balance-name').allTextContents()
  assert.deepEqual(names, ['left', 'right'])

  await page
    .locator('.file input')
    .first()
    .setInputFiles([{ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') }])
  await page.waitForFunction(() => document.querySelector('.drop [role=alert]').textContent !== '')
  assert.match(
    await page.locator('.drop [role=alert]').innerText(),
    /None of these 1 files is known here\. Give IDX files/,
  )
  assert.deepEqual(problems, [])
  await close()
})
