// SPDX-License-Identifier: MIT
// npm run bench -- --browser: Fovea in pages of Chromium, Firefox and WebKit, isolated so that threads
// may run, served on loopback. An engine that is not on the machine is left out with a note.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { launch } from '../../tests/browser/chromium.mjs'
import { serve } from '../../tests/browser/server.mjs'
import { median } from './measure.mjs'
import { kNets } from './nets.mjs'
import { table } from './report.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const kFirefox = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => existsSync(path))
const kWebKitDriver = '/usr/bin/WebKitWebDriver'

/** Each opens an engine: { host, open(url) -> { ask(name, request), close() }, close() }. */
const kEngines = { chromium, firefox, webkit }

async function chromium() {
  const browser = await launch()
  return {
    host: `Chromium ${browser.version().split('.')[0]}`,
    async open(url) {
      const context = await browser.newContext()
      const page = await context.newPage()
      await page.goto(url)
      return { ask: (...given) => page.evaluate(callInPage, given), close: () => context.close() }
    },
    close: () => browser.close(),
  }
}

async function firefox() {
  if (kFirefox === undefined) throw new Error('it is not on this machine')
  const puppeteer = await import('puppeteer-core')
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: kFirefox,
    protocolTimeout: 600_000,
  })
  return {
    host: (await browser.version()).replace(
      /^(\w)(\w*)\/(\d+).*/,
      (_, a, b, n) => a.toUpperCase() + b + ' ' + n,
    ),
    async open(url) {
      const page = await browser.newPage()
      await page.goto(url)
      return { ask: (...given) => page.evaluate(callInPage, given), close: () => page.close() }
    },
    close: () => browser.close(),
  }
}

/** Under a display of its own; WebKitGTK has threads only when told so. */
async function webkit() {
  const { default: selenium } = await import('selenium-webdriver')
  const binary = [
    '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
    '/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
  ].find((path) => existsSync(path))
  if (!existsSync(kWebKitDriver) || binary === undefined)
    throw new Error('WebKitWebDriver or MiniBrowser is not on this machine')
  const port = await freePort()
  const server = spawn('xvfb-run', ['-a', kWebKitDriver, `--port=${port}`], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, JSC_useSharedArrayBuffer: '1' },
  })
  const end = () => {
    try {
      process.kill(-server.pid)
    } catch {
      // It has ended already.
    }
  }
  const missing = new Promise((_, reject) => server.on('error', reject))
  missing.catch(() => {})
  try {
    const builder = new selenium.Builder()
      .usingServer(`http://127.0.0.1:${port}`)
      .withCapabilities({
        browserName: 'MiniBrowser',
        'webkitgtk:browserOptions': { binary, args: ['--automation'] },
      })
    const driver = await Promise.race([insist(() => builder.build()), missing])
    await driver.manage().setTimeouts({ script: 600_000 })
    const version = (await driver.getCapabilities()).get('browserVersion')
    return {
      host: `WebKit ${version ?? ''}`.trim(),
      async open(url) {
        await driver.get(url)
        const script = `const done = arguments[1]; (${callInPage})(arguments[0]).then(
          (value) => done({ value }), (error) => done({ error: String(error) }))`
        const ask = async (...given) => {
          const { value, error } = await driver.executeAsyncScript(script, given)
          if (error) throw new Error(error)
          return value
        }
        return { ask, close: async () => {} }
      },
      close: () =>
        driver
          .quit()
          .catch(() => {})
          .finally(end),
    }
  } catch (error) {
    end()
    throw error
  }
}

/** An engine that hangs must not hang the benchmark. */
function within(promise, seconds = 90) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${seconds} s`)), 1000 * seconds)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** The driver takes a moment to listen. */
async function insist(attempt, left = 50) {
  try {
    return await attempt()
  } catch (error) {
    if (left === 0) throw error
    await new Promise((resolve) => setTimeout(resolve, 200))
    return insist(attempt, left - 1)
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** In the page: waits for its script, then calls. */
async function callInPage([name, request]) {
  while (globalThis.foveaBench === undefined)
    await new Promise((resolve) => setTimeout(resolve, 20))
  return globalThis.foveaBench[name](request)
}

function cases({ nets, quick }) {
  const list = []
  for (const variant of ['simd', 'relaxed'])
    for (const threads of quick ? [1] : [1, 2])
      for (const net of nets)
        for (const [phase, batch] of quick
          ? [['train', 32]]
          : [
              ['train', 32],
              ['train', 128],
              ['infer', 1],
              ['infer', 32],
              ['infer', 128],
            ])
          list.push({ variant, threads, net, phase, batch })
  return list
}

const asked = (work) => ({ ...work, net: kNets[work.net].name, softmax: kNets[work.net].softmax })

async function measureEngine(engine, url, options, notes) {
  const { host } = engine
  const rows = []
  const starts = []
  const inPage = async (...given) => {
    const page = await within(engine.open(url))
    try {
      return await within(page.ask(...given))
    } finally {
      await within(page.close())
      process.stderr.write(`bench: ${engine.host}: ${Object.values(given[1]).join(' ')}\n`)
    }
  }
  const { quick, windows, windowMs } = options
  for (const variant of ['simd', 'relaxed']) {
    const request = asked({ variant, threads: 1, net: 'B' })
    const times = []
    try {
      for (let i = 0; i < (quick ? 1 : 5); ++i) times.push(await inPage('start', request))
      starts.push({ library: 'fovea', variant, threads: 1, host, firstStepMs: median(times) })
    } catch (error) {
      notes.push(`fovea ${variant} ${host}: no cold start: ${error.message.split('\n')[0]}`)
    }
  }
  for (const work of cases(options)) {
    try {
      const measured = await inPage('measure', { ...asked(work), windows, windowMs })
      rows.push({ library: 'fovea', ...work, host, data: 'random', clock: 'wall', ...measured })
    } catch (error) {
      const { variant, threads, net, phase, batch } = work
      const name = `fovea ${variant} x${threads} ${host}`
      notes.push(`${name}: left out of ${phase} ${net} ${batch}: ${error.message.split('\n')[0]}`)
    }
  }
  return { rows, starts }
}

/** { rows, starts, notes, text }. */
export async function browserReport(options) {
  const rows = []
  const starts = []
  const notes = []
  const server = await serve(root)
  try {
    for (const [name, make] of Object.entries(kEngines)) {
      let engine
      try {
        engine = await within(make())
      } catch (error) {
        notes.push(`${name}: left out: ${error.message.split('\n')[0]}`)
        continue
      }
      try {
        const measured = await measureEngine(
          engine,
          `${server.url}bench/peers/browser.html`,
          options,
          notes,
        )
        rows.push(...measured.rows)
        starts.push(...measured.starts)
      } finally {
        await within(engine.close()).catch(() => {})
      }
    }
  } finally {
    await server.close()
  }
  return { rows, starts, notes, text: textOf(rows, starts, notes) }
}

function textOf(rows, starts, notes) {
  const speed = rows.map((row) => [
    `${row.net} ${row.phase} ${row.batch}`,
    row.host,
    `${row.variant} x${row.threads}`,
    Math.round(row.imagesPerSecond).toLocaleString('en-US'),
    row.medianMs.toFixed(3),
    row.p99Ms.toFixed(3),
  ])
  const first = starts.map(({ host, variant, firstStepMs }) => [
    host,
    variant,
    firstStepMs.toFixed(0),
  ])
  return [
    table([['fovea', 'host', 'variant', 'images/s', 'median ms', 'p99 ms'], ...speed]),
    table([['import to first trained step of B', 'variant', 'ms'], ...first]),
    [...new Set(notes)].join('\n'),
  ].join('\n\n')
}
