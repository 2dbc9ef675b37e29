// SPDX-License-Identifier: MIT
// WebKitGTK (JavaScriptCore, Safari's engine): its MiniBrowser on a display without a screen, by
// selenium-webdriver. Shared memory, which Safari has, is off in WebKitGTK unless asked for.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Builder, Capabilities } from 'selenium-webdriver'

/** Ends a process and waits for it. */
function end(child) {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return child.exitCode === null && child.kill() ? ended : undefined
}

/** Starts Xvfb on a display that is free; resolves when it says which. */
function startDisplay() {
  const args = ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp']
  const child = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  return new Promise((resolve, reject) => {
    let number = ''
    child.stdio[3].on('data', (data) => {
      number += data
      if (number.endsWith('\n')) resolve({ display: `:${number.trim()}`, child })
    })
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)))
  })
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** It lies in a folder that is named after the processor. */
function miniBrowser() {
  const folders = [
    '/usr/lib',
    '/usr/libexec',
    ...readdirSync('/usr/lib').map((one) => `/usr/lib/${one}`),
  ]
  const versions = ['webkit2gtk-4.1', 'webkitgtk-6.0', 'webkit2gtk-4.0']
  return folders
    .flatMap((folder) => versions.map((version) => join(folder, version, 'MiniBrowser')))
    .find((path) => existsSync(path))
}

/** The driver listens a moment after it was started. */
async function connected(build, attempts = 50) {
  try {
    return await build()
  } catch (error) {
    if (attempts === 0 || !/ECONNREFUSED/.test(String(error))) throw error
    await new Promise((resolve) => setTimeout(resolve, 100))
    return connected(build, attempts - 1)
  }
}

export async function startWebKit({ sharedMemory = true } = {}) {
  const { display, child: screen } = await startDisplay()
  const port = await freePort()
  const env = {
    ...process.env,
    DISPLAY: display,
    GDK_BACKEND: 'x11',
    JSC_useSharedArrayBuffer: sharedMemory ? '1' : '0',
  }
  const server = spawn('WebKitWebDriver', [`--port=${port}`], { env, stdio: 'ignore' })
  const capabilities = new Capabilities({
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': { binary: miniBrowser(), args: ['--automation'] },
  })
  const driver = await connected(() =>
    new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(capabilities).build(),
  )
  await driver.manage().setTimeouts({ script: 120_000, pageLoad: 60_000 })
  const found = await driver.getCapabilities()
  return {
    version: found.get('browserVersion'),
    async open(url) {
      await driver.get(url)
      return {
        async call(work, argument) {
          const text = `const done = arguments[arguments.length - 1]
            const work = ${String(work)}
            Promise.resolve(work(arguments[0])).then(
              (value) => done({ value }), (error) => done({ error: String(error) }))`
          const { value, error } = await driver.executeAsyncScript(text, argument)
          if (error !== undefined) throw new Error(error)
          return value
        },
        reload: () => driver.navigate().refresh(),
        close: () => driver.get('about:blank'),
      }
    },
    async close() {
      await driver.quit().catch(() => {})
      await end(server)
      await end(screen)
    },
  }
}
