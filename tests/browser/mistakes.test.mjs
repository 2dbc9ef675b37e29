// SPDX-License-Identifier: MIT
// The chapter on mistakes: its counts against each other and against the library's own evaluation, live
// while the network learns, cells opened by mouse and walked by keyboard.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { audit } from './audit.mjs'
import { accuracy, goTo, openPage, untilPhase } from './chromium.mjs'
import { openSite } from './site.mjs'

let visited
before(async () => (visited = await openSite()))
after(() => visited?.close())

const kWrong = '[data-testid=wrong]'

/** The matrix as the page shows it: rows of numbers. */
const matrixOf = (page) =>
  page
    .locator('.confusion tbody tr')
    .evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll('td')].map(({ textContent }) => +textContent)),
    )

const wrongIn = async (page) => Number((await page.locator(kWrong).textContent()).replace(',', ''))

test('counts, cells and images, live and by keyboard', async () => {
  const { page, problems, close } = await openPage(
    visited.browser,
    `${visited.url}?autostart=0&seed=1&epochs=2`,
  )
  await goTo(page, 'mistakes')
  const settled = (most) =>
    page.waitForFunction(
      ([selector, limit]) => {
        const text = document.querySelector(selector).textContent.trim().replace(',', '')
        return text !== '–' && Number(text) <= limit
      },
      [kWrong, most],
      { timeout: 240_000 },
    )
  await settled(1000)
  assert.ok((await wrongIn(page)) > 500, 'an untrained network is mostly wrong')

  // While it learns the count falls by itself.
  await page.getByRole('button', { name: 'Go on with the training' }).click()
  await settled(300)
  await untilPhase(page, 'done')
  const end = Math.round((1 - (await accuracy(page))) * 1000)
  await page.waitForFunction(
    ([selector, wanted]) => Number(document.querySelector(selector).textContent) === wanted,
    [kWrong, end],
  )

  const matrix = await matrixOf(page)
  const all = matrix.flat().reduce((sum, count) => sum + count, 0)
  const right = matrix.reduce((sum, row, label) => sum + row[label], 0)
  assert.equal(all, 1000)
  assert.equal(1000 - right, end)
  const spoken = await page
    .locator('.standings li')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label')))
  for (const [label, row] of matrix.entries()) {
    const count = row.reduce((sum, one) => sum + one, 0)
    assert.match(spoken[label], new RegExp(`, ${count - row[label]} of ${count} wrong$`))
  }

  // The most certain ones come first.
  const labelsOf = () =>
    page
      .locator('.gallery li button .visually-hidden')
      .evaluateAll((texts) => texts.map(({ textContent }) => textContent))
  const shares = (await labelsOf()).map((text) => Number(/(\d+) %$/.exec(text)[1]))
  assert.deepEqual(
    shares,
    [...shares].sort((a, b) => b - a),
  )
  assert.equal(shares.length, Math.min(27, end))

  // The cell with most mistakes opens just these.
  const cells = matrix.flatMap((row, label) =>
    row.map((count, guess) => ({ label, guess, count: label === guess ? 0 : count })),
  )
  const worst = cells.sort((a, b) => b.count - a.count)[0]
  const cell = ({ label, guess }) => page.locator('.confusion td').nth(label * 10 + guess)
  await cell(worst).click()
  const opened = await labelsOf()
  assert.equal(opened.length, worst.count)
  for (const text of opened) {
    assert.match(text, new RegExp(`: ${worst.label}, taken for ${worst.guess},`))
  }
  assert.equal(
    await page.locator('.gallery-title h3').innerText(),
    `${worst.label}, taken for ${worst.guess} ${worst.count}`,
  )
  // An image opens with its probabilities, the largest at what it was taken for.
  await page.locator('.gallery li button').last().click()
  const bars = await page
    .locator('.opened .bars li')
    .evaluateAll((rows) => rows.map((row) => Number(/(\d+) %/.exec(row.ariaLabel)[1])))
  assert.equal(bars.indexOf(Math.max(...bars)), worst.guess)

  // By keyboard: to the corner, then along the first row.
  await cell(worst).press('Home')
  for (let i = 0; i < worst.label; ++i) await page.locator('.confusion td:focus').press('ArrowUp')
  assert.equal((await labelsOf()).length, Math.min(27, matrix[0][0]))
  await page.locator('.confusion td:focus').press('End')
  assert.match(await page.locator('.gallery-title h3').innerText(), /^0, taken for 9/)
  assert.equal((await labelsOf()).length, matrix[0][9])
  assert.equal(await page.locator('.confusion td[tabindex="0"]').count(), 1, 'one stop for Tab')
  await page.getByRole('button', { name: 'All mistakes' }).click()
  assert.equal((await labelsOf()).length, Math.min(27, end))

  assert.deepEqual(await audit(page, '#mistakes'), [])
  assert.deepEqual(problems, [])
  await close()
})

test('fits a phone in the dark, and a finger opens a cell', async () => {
  const { page, problems, close } = await openPage(
    visited.browser,
    `${visited.url}?autostart=0&net=softmaxRegression&seed=1`,
    {
      viewport: { width: 360, height: 740 },
      deviceScaleFactor: 2,
      isMobile: true,
      hasTouch: true,
      colorScheme: 'dark',
    },
  )
  await goTo(page, 'mistakes')
  await page.waitForFunction(
    (selector) => document.querySelector(selector).textContent.trim() !== '–',
    kWrong,
    { timeout: 60_000 },
  )
  await page.locator('.confusion td').nth(11).tap()
  assert.match(await page.locator('.gallery-title h3').innerText(), /^1, recognised/)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth)
  assert.ok(wide <= 360, `${wide} pixels wide`)
  assert.deepEqual(await audit(page, '#mistakes'), [])
  assert.deepEqual(problems, [])
  await close()
})
