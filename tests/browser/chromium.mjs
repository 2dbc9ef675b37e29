// SPDX-License-Identifier: MIT
// Chromium, and pages that keep a record of what must not happen: errors, requests to other hosts, long
// tasks of the main thread, things that move.
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

export const kPath = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path))
export const kArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The chapters below the first screen, in their order. */
export const kChapters = 'see data network learn inside try teach mistakes keep'.split(' ')

export function launch(more = []) {
  return chromium.launch({ executablePath: kPath, args: [...kArguments, ...more] })
}

/** In the page, before its own scripts. */
function observe() {
  globalThis.observed = { longTasks: [], shifts: 0, moved: [] }
  const watch = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({
      type,
      buffered: true,
    })
  watch('longtask', ({ startTime, duration }) =>
    globalThis.observed.longTasks.push({ startTime, duration }),
  )
  watch('layout-shift', ({ value, hadRecentInput, sources }) => {
    if (hadRecentInput) return
    globalThis.observed.shifts += value
    const where = ({ node }) =>
      node?.outerHTML?.slice(0, 80) ?? node?.parentElement?.outerHTML.slice(0, 80)
    globalThis.observed.moved.push(`${value.toFixed(4)}: ${sources.map(where).join(' | ')}`)
  })
}

/** A page of its own, with `problems`: every console error, failed request and foreign request. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 860 },
    colorScheme: 'light',
    ...options,
  })
  const page = await context.newPage()
  const problems = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('requestfailed', (request) => problems.push(`failed: ${request.url()}`))
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    const own = protocol === 'data:' || protocol === 'blob:' || origin === new URL(url).origin
    if (!own) problems.push(`request to another host: ${request.url()}`)
  })
  if (options.javaScriptEnabled !== false) await page.addInitScript(observe)
  await page.goto(url)
  return { page, problems, close: () => context.close() }
}

export const phase = (page) => page.locator('.page').getAttribute('data-phase')

/** Waits until the training is in one of the phases; generous, for slow and busy machines. */
export function untilPhase(page, ...phases) {
  return page.waitForFunction(
    (wanted) => wanted.includes(document.querySelector('.page').dataset.phase),
    phases,
    { timeout: 240_000 },
  )
}

/** The share of held-out digits that are right, as the page shows it. */
export async function accuracy(page) {
  const text = await page.getByTestId('accuracy').textContent()
  return Number.parseFloat(text) / 100
}

export async function untilAccuracy(page, least) {
  await page.waitForFunction(
    (share) =>
      Number.parseFloat(document.querySelector('[data-testid="accuracy"]').textContent) >=
      share * 100,
    least,
    { timeout: 240_000 },
  )
}

/** Goes to a chapter as its link does, and waits until it is there. */
export async function goTo(page, id) {
  await page.evaluate((hash) => (location.hash = hash), id)
  await page.locator(`#${id}[data-loaded=true]`).waitFor({ timeout: 120_000 })
}

/** Every library in the race has arrived, or will not. */
export function untilRaceIsOver(page, timeout) {
  const isOver = () =>
    [...document.querySelectorAll('.race tbody tr')].every(({ dataset }) =>
      ['done', 'absent'].includes(dataset.state),
    )
  return page.waitForFunction(isOver, undefined, { timeout })
}
