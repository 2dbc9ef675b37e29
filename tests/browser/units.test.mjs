// SPDX-License-Identifier: MIT
// A unit of every kind of layer that can be made on the page, opened in Look inside: what is written out
// comes to the number that the layer gives.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { goTo, openPage, untilPhase } from './chromium.mjs'
import { openSite } from './site.mjs'

const kNumber = /[−-]?\d+\.\d+/g
const numbers = (text) => text.match(kNumber).map((one) => Number(one.replace('−', '-')))

/** The page asks for weights and for maps some 200 ms apart; a busy machine takes longer. */
const kAgreeMilliseconds = 5000

const kLayers = [
  'separableConv2d_4_3_1_same_tanh',
  'batchNormalization',
  'depthwiseConv2d_3_2_same_linear',
  'localResponseNormalization',
  'averagePooling2d_3_2',
  'layerNormalization',
  'activation_relu',
  'globalMaxPooling2d',
  'dropout_0.5',
  'dense_10_softmax',
]

// What stands in the line of each, and how its end is worked out from the number before.
const same = (z) => z
const kExpected = [
  ['dropout_1', /handed on as it is/, same],
  ['separable_conv2d_1', /× its share/, Math.tanh],
  ['batch_normalization_1', /− mean .* ÷ √\(variance .* × gamma .* \+ beta/, same],
  ['depthwise_conv2d_1', /^Σ .* \+ bias/, same],
  ['local_response_normalization_1', /÷ \(2 \+ 0\.0001 × the sum of their squares/, same],
  ['average_pooling2d_1', /the mean of the 9 numbers in the window/, same],
  ['layer_normalization_1', /− mean/, same],
  ['activation_1', /→ relu →/, (z) => Math.max(0, z)],
  ['global_max_pooling2d_1', /the largest of the 36 numbers in the window/, same],
]

// The picture shows the image first, and no layer that only hands on: dropout is opened by the address.
const kPictured = ['', ...kExpected.slice(1).map(([name]) => name), 'dense_1']

describe('every unit can be opened', { concurrency: false }, () => {
  let site
  let visit

  before(async () => {
    site = await openSite()
    const address = `${site.url}?autostart=0&net=own&layers=${kLayers.join('-')}&seed=5&layer=dropout_1#inside`
    visit = await openPage(site.browser, address)
    const { page } = visit
    await goTo(page, 'inside')
    await goTo(page, 'learn')
    await untilPhase(page, 'ready')
    // Some steps: moving averages, gamma and beta are then no longer as they begin.
    const seen = (images) =>
      page.waitForFunction(
        (wanted) => document.querySelector('.page').innerText.includes(wanted),
        `Images seen\n${images}`,
      )
    for (const images of [32, 64, 96]) {
      await page.getByRole('button', { name: 'One step' }).press('Enter')
      await seen(images)
    }
    await goTo(page, 'inside')
  })
  after(async () => {
    await visit?.close()
    await site?.close()
  })

  test('the line of each layer ends in what the line before it comes to', async () => {
    const { page } = visit
    for (const [name, pattern, activation] of kExpected) {
      await open(page, name)
      const read = () => page.locator('#inside [data-testid=arithmetic]').innerText()
      const ends = (text) => numbers(text).slice(-2)
      const comesTo = ([computed, given]) => Math.abs(activation(computed) - given) < 0.002
      let text = await read()
      // After a step, weights and maps arrive one after the other: within a moment they agree.
      const deadline = Date.now() + kAgreeMilliseconds
      while (!comesTo(ends(text)) && Date.now() < deadline) {
        await page.waitForTimeout(50)
        text = await read()
      }
      assert.match(text, pattern, name)
      const [computed, given] = ends(text)
      const close = comesTo([computed, given])
      assert.ok(
        close,
        `${name}: ${computed} comes to ${activation(computed)}, not ${given}: ${text}`,
      )
    }
  })

  test('a softmax neuron: e to its sum, divided by all of them', async () => {
    const { page } = visit
    await open(page, 'dense_1')
    const shown = numbers(await page.locator('#inside [data-testid=arithmetic]').innerText())
    const [total, shift, sum] = numbers(
      (
        await page.locator('#inside .layer-view > p.small', { hasText: 'softmax:' }).innerText()
      ).replace(/^.*?=/, ''),
    )
    assert.ok(Math.abs(Math.exp(total - shift) / sum - shown.at(-1)) < 0.002)
    assert.equal(shown.at(-2), total)
    assert.deepEqual(visit.problems, [])
  })
})

/** Opens a layer by its place in the picture, and waits for its arithmetic. */
async function open(page, name) {
  const place = kPictured.indexOf(name)
  if (place > 0) await page.locator('#inside .picture-layer').nth(place).press('Enter')
  await page.waitForFunction(
    (wanted) =>
      document.querySelector('#layer-title')?.textContent.includes(wanted) &&
      document.querySelector('#inside [data-testid=arithmetic]'),
    name,
  )
}
