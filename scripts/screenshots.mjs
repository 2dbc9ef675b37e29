// SPDX-License-Identifier: MIT
// Pictures of the demo page for the README and docs/page.md: the first screen and every chapter, light,
// dark and on a phone, into docs/pictures. Needs a built package; builds the page.
//   npm run screenshots [-- see data]     only some of them
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  goTo,
  kChapters,
  openPage,
  untilPhase,
  untilRaceIsOver,
} from '../tests/browser/chromium.mjs'
import { writeDigit } from '../tests/browser/handwriting.mjs'
import { openSite } from '../tests/browser/site.mjs'
import { root } from './lib/paths.mjs'
import { main, PlainError, say } from './lib/shell.mjs'

const kFolder = join(root, 'docs', 'pictures')
const kLargestBytes = 180_000
const kThemes = {
  light: { viewport: { width: 1180, height: 860 }, colorScheme: 'light' },
  dark: { viewport: { width: 1180, height: 860 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 780 }, colorScheme: 'light', isMobile: true },
}

/** What a chapter shows at its best, where it is not as it opens. */
const kScenes = {
  async see(page) {
    for (let k = 0; k < 6; ++k)
      await page.locator('.see-bench').getByRole('button', { name: 'Step', exact: true }).click()
  },
  async network(page) {
    await page.locator('#network .layer-name').nth(2).click()
  },
  async inside(page) {
    await page.locator('#inside .picture-layer').nth(3).click()
    await page.getByRole('button', { name: 'Cover part after part' }).click()
    await page.waitForFunction(
      () => document.querySelectorAll('#inside .explained canvas.heat').length === 3,
    )
  },
  async keep(page) {
    await page.getByLabel('Name').fill('my digits')
    await page.getByRole('button', { name: 'Keep in this browser' }).click()
    await page.getByRole('button', { name: 'Start the race' }).click()
    await untilRaceIsOver(page, 240_000)
  },
  async teach(page) {
    const pad = page.locator('#teach [data-testid=pad]')
    const say = (name) => page.getByRole('button', { name: `It is ${name}` })
    for (const [place, digit, name] of [
      [0, 0, 'Ring'],
      [1, 4, 'Chair'],
    ]) {
      const field = page.getByLabel('Name of the class').nth(place)
      await field.fill(name)
      await field.blur()
      for (let k = 0; k < 6; ++k) {
        await writeDigit(page, pad, digit)
        await say(name).click()
      }
    }
    await page.getByRole('button', { name: /^Teach it/ }).click()
    await page.waitForFunction(() =>
      /^Learned/.test(document.querySelector('.outcome').textContent),
    )
    await writeDigit(page, pad, 4)
    await page.waitForFunction(
      () => document.querySelector('[data-testid=taught]').textContent.trim() === 'Chair',
    )
  },
  async try(page) {
    await writeDigit(page, page.locator('#try [data-testid=pad]'), 3)
    await page.waitForFunction(
      () => document.querySelector('#try [data-testid=verdict]').textContent.trim() === '3',
    )
  },
}

/** At most as tall as three screens of a phone, or one and a half of a desk: the rest is for the visitor. */
async function picture(page, element, path, tallest) {
  const { x, y, width, height } = await element.evaluate((section) => {
    const { left, top, width, height } = section.getBoundingClientRect()
    return { x: left + scrollX, y: top + scrollY, width, height }
  })
  const margin = Math.min(x, 16)
  const clip = { x: x - margin, y, width: width + 2 * margin, height: Math.min(height, tallest) }
  const image = await page.screenshot({ fullPage: true, clip })
  writeFileSync(path, image)
  return image.length
}

await main(async () => {
  const wanted = process.argv.slice(2)
  const known = ['top', ...kChapters]
  const stranger = wanted.find((name) => !known.includes(name))
  if (stranger) throw new PlainError(`screenshots has no "${stranger}": ${known.join(', ')}.`)
  const names = wanted.length > 0 ? wanted : known
  mkdirSync(kFolder, { recursive: true })
  const site = await openSite()
  try {
    for (const [theme, options] of Object.entries(kThemes)) {
      const { page, problems, close } = await openPage(
        site.browser,
        `${site.url}?epochs=3`,
        options,
      )
      await untilPhase(page, 'done')
      for (const name of names) {
        // The bar of chapters stays in view: over a picture of one chapter it would lie across it.
        const bar = name === 'top' ? 'visible' : 'hidden'
        await page.addStyleTag({ content: `.rail { visibility: ${bar} }` })
        if (name === 'top') await writeDigit(page, page.locator('#draw [data-testid=pad]'), 3)
        else await goTo(page, name)
        await kScenes[name]?.(page)
        // Whatever is still drawn comes to rest.
        await page.waitForTimeout(1500)
        await page.evaluate(() => document.activeElement?.blur())
        const path = join(kFolder, `${name}-${theme}.png`)
        const tallest = theme === 'phone' ? 2200 : 1400
        const bytes =
          name === 'top'
            ? (await page.evaluate(() => scrollTo(0, 0)), await top(page, path))
            : await picture(page, page.locator(`#${name}`), path, tallest)
        say(`${name}-${theme}.png ${(bytes / 1000).toFixed(0)} kB`)
        if (statSync(path).size > kLargestBytes) say(`  more than ${kLargestBytes / 1000} kB`)
      }
      if (problems.length > 0) throw new PlainError(problems.join('\n'))
      await close()
    }
  } finally {
    await site.close()
  }
})

async function top(page, path) {
  const image = await page.screenshot()
  writeFileSync(path, image)
  return image.length
}
