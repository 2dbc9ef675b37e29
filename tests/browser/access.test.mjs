// SPDX-License-Identifier: MIT
// The page for everyone: axe finds nothing in any chapter, light, dark and on a phone; nothing is cut
// off at 360 pixels or at twice the size; every control has a name and is reached by keyboard.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { goTo, kChapters, openPage, untilPhase } from './chromium.mjs'
import { openSite } from './site.mjs'

const kAxe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const kPhone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }

let site
before(async () => (site = await openSite()))
after(() => site?.close())

/** A page on which every chapter has been opened, folds too. */
async function everything(options) {
  const visit = await openPage(site.browser, `${site.url}?epochs=1`, options)
  const { page } = visit
  for (const chapter of kChapters) await goTo(page, chapter)
  await untilPhase(page, 'done')
  await page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) fold.open = true
  })
  await page.locator('#network .layer-name').nth(0).click()
  await page.waitForFunction(
    () => document.querySelectorAll('#inside .explained canvas.heat').length >= 2,
  )
  return visit
}

async function axe(page) {
  await page.evaluate(kAxe)
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ['violations'] }),
  )
  return violations.map(({ id, nodes }) => {
    const where = nodes.slice(0, 3).map(({ target, any, all }) => {
      return `${target.join(' ')} ${[...any, ...all].map(({ message }) => message).join('; ')}`
    })
    return `${id} (${nodes.length}): ${where.join(' | ')}`
  })
}

/** What reaches over the right edge of the screen, and does not scroll by itself. */
function tooWide() {
  const wide = document.documentElement.clientWidth
  const over = [...document.querySelectorAll('main *')].filter((element) => {
    if (element.getBoundingClientRect().right <= wide + 1) return false
    return !element.closest(
      '[class*=frame], .rail ul, .map-grid, .sums, .formula, .visually-hidden',
    )
  })
  return {
    page: document.documentElement.scrollWidth - wide,
    over: over.slice(0, 5).map(({ tagName, className }) => `${tagName}.${className}`),
  }
}

for (const [name, options] of Object.entries({
  light: {},
  dark: { colorScheme: 'dark' },
  phone: kPhone,
})) {
  test(`axe finds nothing: ${name}`, async () => {
    const { page, problems, close } = await everything(options)
    assert.deepEqual(await axe(page), [])
    const { page: wider, over } = await page.evaluate(tooWide)
    assert.equal(wider, 0, `the page is ${wider} pixels too wide: ${over}`)
    assert.deepEqual(problems, [])
    await close()
  })
}

test('nothing is cut off at twice the size', async () => {
  // 200 % on a screen of 1280 pixels is a page of 640, each pixel twice as large.
  const zoomed = { viewport: { width: 640, height: 430 }, deviceScaleFactor: 2 }
  const { page, close } = await everything(zoomed)
  const { page: wider, over } = await page.evaluate(tooWide)
  assert.equal(wider, 0, `the page is ${wider} pixels too wide: ${over}`)
  await close()
})

test('the keyboard reaches every chapter, in order, and always shows where it is', async () => {
  const { page, close } = await everything({})
  await page.locator('.skip').focus()
  const seen = []
  const kMost = 600
  for (let k = 0; k < kMost; ++k) {
    await page.keyboard.press('Tab')
    const now = await page.evaluate(() => {
      const active = document.activeElement
      const style = getComputedStyle(active)
      const hidden = active.matches('input[type=file]') ? active.parentElement : active
      const outline = getComputedStyle(hidden).outlineStyle
      return {
        chapter: active.closest('section.chapter')?.id ?? '',
        shown: outline !== 'none' || style.outlineStyle !== 'none',
        what: `${active.tagName}.${active.className} ${active.textContent.slice(0, 20)}`,
        end: active === document.body,
      }
    })
    if (now.end) break
    assert.ok(now.shown, `${now.what} has no visible focus`)
    if (now.chapter !== '' && seen.at(-1) !== now.chapter) seen.push(now.chapter)
  }
  assert.deepEqual(seen, ['watch', 'draw', ...kChapters])
  await close()
})
