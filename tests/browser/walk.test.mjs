// SPDX-License-Identifier: MIT
// Whole visits: a teacher's link opened in class, a student's slow phone, a keyboard alone before the
// camera and the examples, a visitor who wants less motion.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accuracy, goTo, openPage, phase, untilAccuracy, untilPhase } from './chromium.mjs'
import { drawWithFinger, kPhone, stroke } from './finger.mjs'
import { writeDigit } from './handwriting.mjs'
import { openSite } from './site.mjs'

let site
before(async () => {
  site = await openSite(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'])
})
after(() => site?.close())

const focused = (page) => page.evaluate(() => document.activeElement.textContent.trim())

test('a teacher’s link: the experiment, the unit that is opened, the chapter, and how it waits', async () => {
  const address = `${site.url}?seed=42&epochs=2&shift=10&autostart=0&layer=conv2d_2&unit=7.7.3#inside`
  const { page, problems, close } = await openPage(site.browser, address, {
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  await goTo(page, 'inside')
  await untilPhase(page, 'ready')
  await page.locator('#watch .state', { hasText: 'It waits for you: press Start.' }).waitFor()
  await page.locator('#inside [data-testid=arithmetic]').waitFor()
  assert.match(await page.locator('#layer-title').innerText(), /conv2d_2|Convolution/)
  // A change keeps the seed named, 42 or not, and what is opened; so does the copied link.
  await goTo(page, 'learn')
  await page.getByLabel('Batch size').fill('64')
  await page.getByLabel('Batch size').blur()
  await page.waitForURL(/batch=64/)
  await page.getByRole('button', { name: 'Copy a link' }).click()
  await page.getByText('Copied.').waitFor()
  const link = new URL(await page.evaluate(() => navigator.clipboard.readText()))
  for (const query of [link.searchParams, new URL(page.url()).searchParams]) {
    const { seed, epochs, batch, shift, layer, unit } = Object.fromEntries(query)
    assert.deepEqual(
      [seed, epochs, batch, shift, layer, unit],
      ['42', '2', '64', '10', 'conv2d_2', '7.7.3'],
    )
  }
  // A link that is followed holds, even if the chapter before it comes into view, and into the address,
  // between the click and its event.
  await page.evaluate(() => {
    location.hash = 'mistakes'
    history.replaceState(history.state, '', `${location.pathname}${location.search}#learn`)
  })
  await page.locator('#mistakes[data-loaded=true]').waitFor()
  await page.waitForFunction(() => location.hash === '#mistakes')
  assert.deepEqual(problems, [])
  await close()
})

test('a student’s phone, four times slower: 95 %, a digit by finger, the next chapters', async (t) => {
  const { page, problems, close } = await openPage(site.browser, site.url, {
    ...kPhone,
    viewport: { width: 390, height: 844 },
  })
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await untilAccuracy(page, 0.95)
  const [paint, now] = await page.evaluate(() => [
    performance.getEntriesByName('first-contentful-paint')[0].startTime,
    performance.now(),
  ])
  t.diagnostic(`from first paint to 95 %: ${((now - paint) / 1000).toFixed(1)} s`)
  await untilPhase(page, 'done')
  await drawWithFinger(
    page,
    page.locator('#draw [data-testid=pad]'),
    stroke([0.52, 0.2], [0.48, 0.78]),
  )
  await page.waitForFunction(
    () => document.querySelector('#draw [data-testid=verdict]').textContent.trim() === '1',
  )
  // The bar at the top brings the chapter under itself, not behind itself.
  for (const chapter of ['data', 'try']) {
    await page.locator(`.rail a[href="#${chapter}"]`).tap()
    await page.locator(`#${chapter}[data-loaded=true]`).waitFor()
    await page.waitForFunction((id) => location.hash === `#${id}`, chapter)
    await page.waitForTimeout(1000)
    const [title, bar] = await page.evaluate((id) => {
      const edge = (selector, side) =>
        document.querySelector(selector).getBoundingClientRect()[side]
      return [edge(`#${id}-title`, 'top'), edge('.rail', 'bottom')]
    }, chapter)
    assert.ok(title >= bar - 1 && title < 500, `${chapter}: title at ${title}, bar to ${bar}`)
  }
  const { shifts, moved } = await page.evaluate(() => globalThis.observed)
  t.diagnostic(`layout shift ${shifts.toFixed(5)}`)
  assert.ok(shifts < 0.01, `layout shift ${shifts}: ${moved}`)
  assert.deepEqual(problems, [])
  await close()
})

test('by keyboard alone: the camera on and off, examples taken back', async () => {
  const { page, problems, close } = await openPage(site.browser, `${site.url}?autostart=0`)
  await untilPhase(page, 'ready')
  await goTo(page, 'try')
  await page.locator('#try').getByRole('button', { name: 'Camera', exact: true }).press('Enter')
  const use = page.locator('#try').getByRole('button', { name: 'Use the camera' })
  await use.press('Enter')
  await page.locator('#try .camera.on').waitFor()
  await page.waitForFunction(() => document.activeElement.textContent.trim() === 'Stop the camera')
  await page.keyboard.press('Enter')
  await use.waitFor()
  assert.equal(await focused(page), 'Use the camera')

  await goTo(page, 'teach')
  const pad = page.locator('#teach [data-testid=pad]')
  for (const digit of [0, 1]) {
    await writeDigit(page, pad, digit)
    await page.getByRole('button', { name: 'It is Class A' }).press('Enter')
  }
  await page.locator('#teach [role=status]', { hasText: 'Class A: 2, Class B: 0' }).waitFor()
  await page.getByRole('button', { name: 'Remove example 1 of Class A' }).press('Enter')
  const name = () => page.evaluate(() => document.activeElement.ariaLabel)
  assert.equal(await name(), 'Remove example 1 of Class A', 'the next one has taken its place')
  await page.keyboard.press('Enter')
  assert.equal(await name(), 'Name of the class', 'none is left')
  assert.deepEqual(problems, [])
  await close()
})

test('less motion: it waits, says why, and learns when asked', async () => {
  const { page, problems, close } = await openPage(site.browser, `${site.url}?epochs=1`, {
    reducedMotion: 'reduce',
  })
  await untilPhase(page, 'ready')
  const state = page.locator('#watch .state')
  await page.getByText('Your device asks for less motion, so it waits: press Start.').waitFor()
  await page.waitForTimeout(500)
  assert.equal(await phase(page), 'ready')
  const still = await page.evaluate(
    () => document.getAnimations().filter(({ playState }) => playState === 'running').length,
  )
  assert.equal(still, 0, 'nothing is animated')
  await page.getByRole('button', { name: 'Start', exact: true }).first().press('Enter')
  await untilPhase(page, 'done')
  assert.equal(await state.innerText(), '')
  assert.ok((await accuracy(page)) > 0.85)
  assert.deepEqual(problems, [])
  await close()
})
