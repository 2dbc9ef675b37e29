// SPDX-License-Identifier: MIT
// The package in Chromium, as a plain module script without any bundler, served as a test wants it.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { after, before, beforeEach } from 'node:test'
import { fileURLToPath } from 'node:url'
import { launch, openPage } from './chromium.mjs'

export const dist = fileURLToPath(new URL('../../dist/', import.meta.url))
const kTypes = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' }
export const kIsolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** The page's own script: tests call what it puts on the window. */
const kScript = `import * as fovea from '/dist/index.js'
import { bands, bits, smallModel } from '/support.js'
Object.assign(globalThis, { fovea, bands, bits, smallModel, ready: true })`

let server
let browser

/** What the server sends with everything, and a path that it does not have: a test sets what it wants. */
export const served = {}
beforeEach(() => Object.assign(served, { headers: {}, missing: undefined }))

before(async () => {
  // The same small networks as in Node's tests, without Node.
  const support = await readFile(new URL('../js/support/small.mjs', import.meta.url), 'utf8')
  const inBrowser = support
    .replace("import assert from 'node:assert/strict'\n", '')
    .replace("'fovea'", "'/dist/index.js'")
    .replace('Buffer.concat(', 'hexOf(')
    .replace('Buffer.from(data.buffer)', 'new Uint8Array(data.buffer)')
    .replace(").toString('hex')", ')')
  const hexOf =
    "const hexOf = (parts) => parts.map((part) => [...part].map((byte) => byte.toString(16).padStart(2, '0')).join('')).join('')\n"
  const made = {
    '/': '<!doctype html><title>package</title><script type="module" src="/page.js"></script>',
    '/favicon.ico': '',
    '/page.js': kScript,
    '/silent.js': '// a worker that never answers',
    '/support.js': hexOf + inBrowser,
  }
  server = createServer(async ({ url }, response) => {
    const path = url.split('?')[0]
    const type = kTypes[extname(path)] ?? (path === '/' ? 'text/html' : 'application/octet-stream')
    try {
      if (path === served.missing) throw new Error('missing')
      const body = made[path] ?? (await readFile(join(dist, path.replace(/^\/dist\//, ''))))
      response.writeHead(200, { 'Content-Type': type, ...served.headers }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  browser = await launch()
})

after(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
})

/** Runs a function in a new page that has the package; nothing may be complained of meanwhile. */
export async function inPage(work, argument, { expected = [] } = {}) {
  const { page, problems, close } = await openPage(
    browser,
    `http://127.0.0.1:${server.address().port}/`,
  )
  try {
    await page.waitForFunction(() => globalThis.ready)
    const result = await page.evaluate(work, argument)
    const unexpected = problems.filter((one) => !expected.some((known) => one.includes(known)))
    assert.deepEqual(unexpected, [])
    return result
  } finally {
    await close()
  }
}

/** In the page: starts the engine, trains the small network, and tells what came of it. */
export async function trainSmall(options) {
  const { fovea, bands, bits, smallModel } = globalThis
  const backend = await fovea.init(options)
  const model = await smallModel()
  const { images, labels } = bands(48)
  const { history } = await model.fit(images, labels, { epochs: 3 })
  const { shape } = await model.predict(images)
  return {
    backend,
    loss: history.loss,
    shape,
    weights: await bits(model),
    bytes: images.data.length,
  }
}
