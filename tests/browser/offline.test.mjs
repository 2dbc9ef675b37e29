// SPDX-License-Identifier: MIT
// A first visit is enough: afterwards the page opens and trains without a connection. And what a visit
// downloads in all is said.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { goTo, openPage, untilAccuracy, untilPhase } from './chromium.mjs'
import { openSite } from './site.mjs'

let site
before(async () => (site = await openSite()))
after(() => site?.close())

test('after the first visit it works without a connection', async () => {
  const { page, problems, close } = await openPage(site.browser, `${site.url}?epochs=1`)
  await page.locator('html[data-offline=ready]').waitFor({ timeout: 120_000 })
  assert.deepEqual(problems, [])
  await page.context().setOffline(true)
  await page.reload()
  await untilPhase(page, 'done')
  await untilAccuracy(page, 0.8)
  assert.equal(await page.evaluate(() => globalThis.crossOriginIsolated), true)
  for (const chapter of ['data', 'network', 'inside', 'mistakes', 'keep']) await goTo(page, chapter)
  await page.waitForFunction(() =>
    /98,442/.test(document.querySelector('#network tfoot').textContent),
  )
  await close()
})

test('it can be installed', async () => {
  const { page, close } = await openPage(site.browser, `${site.url}?autostart=0`)
  const session = await page.context().newCDPSession(page)
  const { errors, data, url } = await session.send('Page.getAppManifest')
  assert.deepEqual(errors, [])
  assert.match(url, /manifest\.webmanifest$/)
  const { name, icons, display } = JSON.parse(data)
  assert.match(name, /Fovea/)
  assert.equal(display, 'standalone')
  assert.equal(icons.length > 0, true)
  await close()
})

test('what a visit downloads', async (t) => {
  const { page, close } = await openPage(site.browser, `${site.url}?epochs=1`)
  const files = new Set()
  page.on('request', (request) => {
    const { protocol, pathname } = new URL(request.url())
    if (protocol === 'http:') files.add(pathname)
  })
  await page.reload()
  await untilPhase(page, 'done')
  const bytes = (name) => {
    const body = readFileSync(join(site.page, name === '/' ? 'index.html' : name))
    // What is packed already is sent as it is.
    return name.endsWith('.gz') ? body.length : gzipSync(body).length
  }
  const kept = [...files].filter((name) => name !== '/sw.js')
  const data = kept.filter((name) => name.startsWith('/data/'))
  const sum = (names) => names.reduce((all, name) => all + bytes(name), 0)
  const code = sum(kept) - sum(data)
  const kB = (count) => `${(count / 1000).toFixed(0)} kB`
  t.diagnostic(`page and engine: ${kB(code)} gzipped in ${kept.length - data.length} files`)
  t.diagnostic(`10,000 digits: ${kB(sum(data))}`)
  assert.equal(data.length, 2)
  assert.ok(code < 400_000, `page and engine take ${kB(code)}`)
  await close()
})
