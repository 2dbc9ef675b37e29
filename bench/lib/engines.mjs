// SPDX-License-Identifier: MIT
// Chromium, Firefox and WebKit, opened alike. Whoever is not on the machine rejects with a sentence.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kArguments, kPath, launch } from '../../tests/browser/chromium.mjs'

const kFirefox = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => existsSync(path))
const kWebKitDriver = '/usr/bin/WebKitWebDriver'

/**
 * Each opens an engine: { host, open(url) -> { ask(name, request), close() }, close() }. `askAlone(url,
 * name, request)`, where there is one, asks a new process that nobody drives: a driver hears of every
 * request and message, which takes a third of a start on two processors.
 */
export const kEngines = { chromium, firefox, webkit }

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
    askAlone: askChromiumAlone,
    close: () => browser.close(),
  }
}

/** What the page (peers/browser.mjs) writes to the console, which goes to the error output. */
async function askChromiumAlone(url, name, request) {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-chromium-'))
  const settings = ['--headless', '--no-first-run', `--user-data-dir=${folder}`]
  const address = `${url}#${encodeURIComponent(JSON.stringify([name, request]))}`
  const browser = spawn(kPath, [...kArguments, ...settings, '--enable-logging=stderr', address], {
    detached: true, // a group of its own, to be ended as a whole
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(browser, 'exit')
  const end = () => {
    if (browser.exitCode === null && browser.signalCode === null)
      process.kill(-browser.pid, 'SIGKILL')
  }
  // Who asked waits no longer than that, and nobody else would end it.
  const late = setTimeout(end, 90_000)
  try {
    let written = ''
    for await (const text of browser.stderr.setEncoding('utf8')) {
      written += text
      const [, answer] = /fovea-bench (\{.*?\}) fovea-bench/.exec(written) ?? []
      if (answer === undefined) continue
      const { result, error } = JSON.parse(answer)
      if (error !== undefined) throw new Error(error)
      return result
    }
    throw new Error('Chromium ended without an answer')
  } finally {
    clearTimeout(late)
    end()
    await ended
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
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
