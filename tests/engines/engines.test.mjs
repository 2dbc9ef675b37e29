// SPDX-License-Identifier: MIT
// The package in the engines of three browsers: each loads it, trains, predicts, and comes to the
// bits of Node. Threads are started again and again: a start that hangs must be noticed.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import * as fovea from 'fovea'
import { build, root } from '../../scripts/lib/paths.mjs'
import { serve } from '../browser/server.mjs'
import { check } from '../package/support/results.mjs'
import { trial } from '../package/trial.mjs'
import { startChromium } from './drivers/chromium.mjs'
import { startFirefox } from './drivers/firefox.mjs'
import { startWebKit } from './drivers/webkit.mjs'

const folder = join(build, 'engines')
const kPage = '<!doctype html><title>engine</title><script type="module" src="page.mjs"></script>'
const kEngines = [
  { name: 'Chromium (V8)', start: startChromium, relaxed: true, threadedStarts: 4 },
  { name: 'Firefox (SpiderMonkey)', start: startFirefox, relaxed: true, threadedStarts: 16 },
  { name: 'WebKitGTK (JavaScriptCore)', start: startWebKit, relaxed: false, threadedStarts: 4 },
]

let isolated
let open
let inNode
let atOnce

before(async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  symlinkSync(join(root, 'dist'), join(folder, 'dist'))
  for (const name of ['engines/page.mjs', 'engines/keep.mjs', 'package/trial.mjs']) {
    cpSync(join(root, 'tests', name), join(folder, basename(name)))
  }
  writeFileSync(join(folder, 'index.html'), kPage)
  isolated = await serve(folder)
  open = await serve(folder, { isolated: false })
  inNode = await trial(fovea)
  const { whole } = await import(pathToFileURL(join(folder, 'keep.mjs')).href)
  atOnce = await whole(fovea)
})

after(async () => {
  await isolated?.close()
  await open?.close()
})

/** A page of an engine with the package loaded. */
async function pageOf(browser, url) {
  const page = await browser.open(url)
  await ready(page)
  return page
}

/** Waits for the page's script. */
async function ready(page) {
  for (let is = false; !is;) is = await page.call(() => globalThis.isReady === true)
}

const inPage = (page, options) => page.call((given) => globalThis.trial(given), options)

for (const { name, start, relaxed, threadedStarts } of kEngines) {
  describe(name, () => {
    let browser
    before(async () => {
      browser = await start()
    })
    after(() => browser?.close())

    test(`${name}: trains and predicts; with reproducible, to the bits of Node`, async (t) => {
      const page = await pageOf(browser, isolated.url)
      const fastest = await page.call(async () => {
        await globalThis.fovea.init()
        const backend = globalThis.fovea.backend()
        await globalThis.fovea.shutdown()
        return backend
      })
      const { variant, threads, worker, reasons } = fastest
      t.diagnostic(
        `${name} ${browser.version}: ${variant}, ${threads} thread(s), worker ${worker}. ${reasons.join(' ')}`,
      )
      assert.equal(variant, relaxed ? 'relaxed' : 'simd')
      assert.equal(worker, true)
      t.diagnostic(`${name}: ${check(await inPage(page, {}), inNode)}`)
      t.diagnostic(`${name}: ${check(await inPage(page, { threads: 1 }), inNode)}`)
      const scalar = await inPage(page, { variant: 'scalar' })
      assert.equal(scalar.weights, inNode.weights, 'scalar has other bits')
      await page.close()
    })

    test(`${name}: saves, reloads the page, loads, and goes on as if never stopped`, async () => {
      const page = await pageOf(browser, isolated.url)
      assert.equal(await page.call(() => globalThis.beginAndSave()), 1)
      await page.reload()
      await ready(page)
      const found = await page.call(() => globalThis.loadAndGoOn())
      assert.deepEqual(found, { weights: atOnce, epochs: [2, 3, 4], losses: 3 })
      await page.close()
    })

    test(`${name}: a page that is not isolated has one thread and says why`, async () => {
      const page = await pageOf(browser, open.url)
      const { backend, weights } = await inPage(page, {})
      assert.equal(backend.threads, 1)
      assert.match(backend.reasons.at(-1), /Cross-Origin-Opener-Policy: same-origin/)
      assert.equal(weights, inNode.weights)
      await page.close()
    })

    test(`${name}: ${threadedStarts} starts with threads, none of which hangs`, async (t) => {
      const page = await pageOf(browser, isolated.url)
      const found = await page.call(async (count) => {
        const all = []
        for (let k = 0; k < count; ++k) {
          all.push(await globalThis.fovea.init({ reproducible: true, threads: 2 }))
          const model = await globalThis.fovea.zoo.logistic({ seed: k })
          await model.predict(globalThis.fovea.tensor(new Uint8Array(784), [1, 28, 28, 1]))
          await globalThis.fovea.shutdown()
        }
        return all
      }, threadedStarts)
      assert.equal(found.length, threadedStarts)
      const late = found.flatMap(({ reasons }) => reasons.filter((one) => /failed/.test(one)))
      for (const { threads, reasons } of found) {
        assert.ok(threads === 2 || /^1 thread: the second start failed too/.test(reasons.at(-1)))
      }
      const threaded = found.filter(({ threads }) => threads === 2).length
      t.diagnostic(
        `${name}: ${threaded} of ${threadedStarts} with threads; ${late.join(' ') || 'none hung'}`,
      )
      await page.close()
    })
  })
}

test('WebKitGTK without shared memory: one thread, and the reason', async (t) => {
  const browser = await startWebKit({ sharedMemory: false })
  try {
    const page = await pageOf(browser, isolated.url)
    const result = await inPage(page, {})
    t.diagnostic(`without shared memory: ${check(result, inNode)}`)
    assert.equal(result.backend.threads, 1)
    assert.equal(result.backend.reasons.at(-1), '1 thread: no shared WebAssembly memory here.')
  } finally {
    await browser.close()
  }
})
