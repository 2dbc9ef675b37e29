// SPDX-License-Identifier: MIT
// The chapter that opens the network: the numbers on the page are those of the same network trained in
// Node, one unit's products add up to them, and the address brings the unit back.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as fovea from 'fovea'
import { goTo, openPage, untilPhase } from './chromium.mjs'
import { openSite } from './site.mjs'

const kSeed = 7
const kNumber = /[−-]?\d+\.\d+/g
const numbers = (text) => text.match(kNumber).map((one) => Number(one.replace('−', '-')))

describe('look inside', { concurrency: false }, () => {
  let site
  let visit
  let twin
  let digit

  before(async () => {
    site = await openSite()
    visit = await openPage(site.browser, `${site.url}?epochs=1&seed=${kSeed}#inside`)
    // A seed in the address means the same bits everywhere: so here too.
    await fovea.init({ reproducible: true })
    const { train, test: held } = await fovea.datasets.digits()
    twin = await fovea.zoo.torchMnist({ seed: kSeed })
    await twin.compile({
      optimizer: fovea.optimizers.adam({ learningRate: 0.001 }),
      loss: fovea.losses.sparseCategoricalCrossentropy({ fromLogits: true }),
    })
    await twin.fit(train.images, train.labels, { epochs: 1, batchSize: 32, seed: kSeed })
    digit = { data: held.images.data.slice(0, 784), shape: [1, 28, 28, 1] }
    await goTo(visit.page, 'inside')
    await untilPhase(visit.page, 'done')
  })
  after(async () => {
    await visit?.close()
    await site?.close()
    await twin?.dispose()
  })

  const inside = () => visit.page.locator('#inside')
  const select = (name) =>
    inside().locator('.picture-layer').filter({ hasText: name.title }).nth(name.nth).click()
  const arithmetic = () => inside().getByTestId('arithmetic').innerText()
  const settled = (title) =>
    visit.page.waitForFunction(
      (wanted) => document.querySelector('#layer-title')?.textContent.includes(wanted),
      title,
    )

  test('a unit of a convolution: window × weights, summed, is the library’s number', async () => {
    await select({ title: 'Convolution', nth: 1 })
    await settled('conv2d_2')
    const { conv2d_2: maps } = await twin.activations(digit, ['conv2d_2'])
    const value = maps.data[(7 * 14 + 7) * 32]
    const shown = numbers(await arithmetic())
    assert.ok(Math.abs(shown.at(-1) - value) < 0.0006, `${shown.at(-1)} is not ${value}`)
    const total = shown.at(-2)
    assert.ok(Math.abs(Math.max(0, total) - shown.at(-1)) < 0.0015, 'relu of the sum')

    const tables = await inside()
      .locator('.matrix')
      .evaluateAll((all) => all.map((one) => one.querySelector('tbody').innerText))
    const [window, weights, products] = tables.map(numbers)
    assert.equal(window.length, 9)
    window.forEach((one, k) => {
      assert.ok(Math.abs(one * weights[k] - products[k]) < 0.02, `product ${k}`)
    })
    // Each of the sixteen maps adds something; all of them are the sum.
    const sums = await inside()
      .locator('.sum')
      .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))
    const all = sums.map((text) => numbers(text)[0]).reduce((one, other) => one + other, 0)
    assert.equal(sums.length, 16)
    const bias = shown.at(-3)
    assert.ok(Math.abs(all + bias - total) < 0.1, `${all} + ${bias} is not ${total}`)
  })

  test('arrow keys move the unit and choose the map; the address brings both back', async () => {
    const map = inside().getByRole('application', { name: 'Map 1' })
    await map.press('ArrowRight')
    await map.press('ArrowDown')
    await map.press('ArrowDown')
    await inside().getByRole('listbox', { name: '32 maps' }).press('ArrowRight')
    await visit.page.waitForURL(/layer=conv2d_2.*unit=9\.8\.1/)
    const { conv2d_2: maps } = await twin.activations(digit, ['conv2d_2'])
    const value = maps.data[(9 * 14 + 8) * 32 + 1]
    await visit.page.waitForFunction(() =>
      /Map 2, row 9, column 8/.test(document.querySelector('#inside').innerText),
    )
    const before = await arithmetic()
    assert.ok(Math.abs(numbers(before).at(-1) - value) < 0.0006)

    const again = await openPage(site.browser, visit.page.url())
    await goTo(again.page, 'inside')
    await untilPhase(again.page, 'done')
    await again.page.waitForFunction(
      (wanted) => document.querySelector('#inside [data-testid=arithmetic]')?.innerText === wanted,
      before,
    )
    assert.deepEqual(again.problems, [])
    await again.close()
  })

  test('pooling keeps the largest, a neuron adds up all its products', async () => {
    await select({ title: 'Max pooling', nth: 0 })
    await settled('max_pooling2d_1')
    const window = numbers(await inside().locator('.matrix tbody').innerText())
    const [largest] = numbers(await arithmetic())
    assert.ok(Math.abs(Math.max(...window) - largest) < 0.006)

    await select({ title: 'Dense', nth: 1 })
    await settled('dense_2')
    const { data } = await twin.predict(digit)
    const neuron = numbers(await arithmetic())
    const shown = await inside().locator('.terms caption').innerText()
    const index = Number(/Neuron (\d+)/.exec(shown)[1])
    assert.ok(Math.abs(neuron.at(-1) - data[index]) < 0.0006, `${neuron.at(-1)}, ${data[index]}`)
    assert.match(shown, /10 largest of its 128 products/)
    const [these, rest, bias, total] = neuron
    assert.ok(Math.abs(these + rest + bias - total) < 0.002)
  })

  test('saliency, Grad-CAM and covering are drawn; every layer has its histograms', async () => {
    await visit.page.waitForFunction(
      () => document.querySelectorAll('#inside .explained canvas.heat').length >= 2,
    )
    assert.match(await inside().locator('#explain-title').innerText(), /^Why a \d\?$/)
    await inside().getByRole('button', { name: 'Cover part after part' }).click()
    await visit.page.waitForFunction(
      () => document.querySelectorAll('#inside .explained canvas.heat').length === 3,
    )
    await inside().getByLabel('Ask for').selectOption('3')
    await visit.page.waitForFunction(
      () => document.querySelector('#explain-title').textContent.trim() === 'Why a 3?',
    )
    await visit.page.waitForFunction(
      () => document.querySelectorAll('#inside .histogram path[d^=M0]').length === 10,
    )
    assert.deepEqual(visit.problems, [])
  })
})
