// SPDX-License-Identifier: MIT
// The demo page in three browsers: it trains by itself, comes to the same accuracy for the same seed,
// reads a digit that is drawn, and opens its chapters.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { serveSite } from '../browser/site.mjs'
import { startChromium } from './drivers/chromium.mjs'
import { startFirefox } from './drivers/firefox.mjs'
import { startWebKit } from './drivers/webkit.mjs'

const kEngines = [
  { name: 'Chromium', start: startChromium },
  { name: 'Firefox', start: startFirefox },
  { name: 'WebKitGTK', start: startWebKit },
]
const kChapters = ['see', 'data', 'network', 'learn', 'inside', 'try', 'teach', 'mistakes', 'keep']
const kPatience = 240_000

let site
before(async () => (site = await serveSite()))
after(() => site?.close())

/** Asks the page again and again. */
async function until(page, question, argument) {
  const end = Date.now() + kPatience
  while (Date.now() < end) {
    const answer = await page.call(question, argument)
    if (answer) return answer
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`in vain: ${question}`)
}

/** In the page: a straight stroke from top to bottom. */
function drawOne() {
  const canvas = document.querySelector('#draw [data-testid=pad]')
  const { left, top, width, height } = canvas.getBoundingClientRect()
  const send = (type, share) =>
    canvas.dispatchEvent(
      new PointerEvent(type, {
        pointerId: 1,
        button: 0,
        buttons: 1,
        bubbles: true,
        clientX: left + width * (0.53 - share * 0.05),
        clientY: top + height * share,
      }),
    )
  canvas.setPointerCapture = () => {} // an invented pointer cannot be captured
  send('pointerdown', 0.2)
  for (let share = 0.24; share < 0.82; share += 0.04) send('pointermove', share)
  send('pointerup', 0.82)
}

const accuracies = []

for (const { name, start } of kEngines) {
  describe(name, () => {
    test(`the demo page in ${name}`, async (t) => {
      const browser = await start()
      try {
        const page = await browser.open(`${site.url}?epochs=1&seed=5`)
        await until(page, () => document.querySelector('.page')?.dataset.phase === 'done')
        const accuracy = await page.call(() =>
          document.querySelector('[data-testid=accuracy]').textContent.trim(),
        )
        t.diagnostic(`${name} ${browser.version}: ${accuracy}`)
        accuracies.push(accuracy)
        await page.call(drawOne)
        await until(
          page,
          () => document.querySelector('#draw [data-testid=verdict]').textContent.trim() === '1',
        )
        for (const chapter of kChapters) {
          await page.call((id) => {
            location.hash = id
          }, chapter)
          await until(page, (id) => document.getElementById(id).dataset.loaded === 'true', chapter)
        }
        await until(page, () => /98,442/.test(document.querySelector('#network tfoot').textContent))
        await page.close()
      } finally {
        await browser.close()
      }
    })
  })
}

test('the same seed gives the same accuracy everywhere', () => {
  assert.equal(accuracies.length, kEngines.length)
  assert.equal(new Set(accuracies).size, 1, accuracies.join())
})
