// SPDX-License-Identifier: MIT
// The packed package, installed into a new project for each of its consumers, built as that one
// builds, and run: every one trains for a moment and predicts, in Node or in Chromium, and comes to
// the same bits. Nothing is configured for it anywhere.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { root } from '../../scripts/lib/paths.mjs'
import { launch, openPage } from '../browser/chromium.mjs'
import { serve } from '../browser/server.mjs'
import {
  inProject,
  installBundlers,
  pack,
  project,
  startServer,
  tool,
} from './support/projects.mjs'
import { check } from './support/results.mjs'

let files
let browser
let first

before(async () => {
  ;[files] = await Promise.all([pack(), installBundlers()])
  browser = await launch()
})

after(() => browser?.close())

/** Opens a page, waits for the program, and looks at what it came to. */
async function inPage(t, url, look = () => {}) {
  const { page, problems, close } = await openPage(browser, url)
  try {
    await page.waitForFunction(() => globalThis.trialStarted, undefined, { timeout: 120_000 })
    const result = await page.evaluate(() => globalThis.trial)
    t.diagnostic(`${t.name}: ${check(result, first)}`)
    await look(page, result)
    assert.deepEqual(problems, [])
    return result
  } finally {
    await close()
  }
}

/** The same for files that a bundler made, or that are served as they are. */
async function inServedPage(t, folder, file = '', options = {}) {
  const server = await serve(folder, options)
  try {
    return await inPage(t, server.url + file)
  } finally {
    await server.close()
  }
}

test('the tarball holds what it needs and nothing else', () => {
  const top = new Set(files.map((name) => name.split('/')[0]))
  assert.deepEqual([...top].sort(), ['LICENSE', 'README.md', 'dist', 'package.json'])
  const wanted = ['index.js', 'node.js', 'node.cjs', 'types/index.d.ts', 'types-cjs/index.d.ts']
  const engines = ['simd.js', 'simd/worker.js', 'simd/fovea.wasm'].map((name) => `engine/${name}`)
  for (const name of [...wanted, ...engines]) assert.ok(files.includes(`dist/${name}`), name)
})

test('publint and arethetypeswrong find nothing', async () => {
  const installed = join(root, 'node_modules')
  await inProject(root, join(installed, 'publint/src/cli.js'), ['--strict'])
  const types = join(installed, '@arethetypeswrong/cli/dist/index.js')
  await inProject(root, types, ['--pack', '.'])
})

test('Node, import', async (t) => {
  const path = await project('node-esm')
  first = JSON.parse(await inProject(path, 'main.mjs'))
  t.diagnostic(`${t.name}: ${check(first)}`)
  const inWorker = JSON.parse(await inProject(path, 'main.mjs', ['{"worker":true,"threads":2}']))
  t.diagnostic(`${t.name}: ${check(inWorker, first)}`)
  assert.deepEqual([inWorker.backend.worker, inWorker.backend.threads], [true, 2])
})

test('Node, require', async (t) => {
  const path = await project('node-cjs')
  t.diagnostic(`${t.name}: ${check(JSON.parse(await inProject(path, 'main.cjs')), first)}`)
})

test('TypeScript, strict: node16 for import and require, bundler', async () => {
  const path = await project('typescript')
  const tsc = tool('typescript/bin/tsc')
  await inProject(path, tsc, ['-p', 'bundler.json'])
  await inProject(path, tsc, ['-p', 'node16.json'])
  assert.equal(await inProject(path, 'out/main.js'), '[1,3]\n')
  assert.equal(await inProject(path, 'out/required.cjs'), '[[3,3],null]\n')
})

test('Vite, development server', async (t) => {
  const path = await project('vite')
  const args = ['--host', '127.0.0.1', '--port', '0']
  const server = await startServer(path, tool('vite/bin/vite.js'), args)
  try {
    await inPage(t, server.url)
  } finally {
    await server.close()
  }
})

test('Vite, build', async (t) => {
  const path = await project('vite')
  await inProject(path, tool('vite/bin/vite.js'), ['build'])
  await inServedPage(t, join(path, 'dist'))
})

test('webpack 5', async (t) => {
  const path = await project('webpack')
  await inProject(path, 'build.cjs')
  await inServedPage(t, path)
})

test('Rollup', async (t) => {
  const path = await project('rollup')
  await inProject(path, tool('rollup/dist/bin/rollup'), ['-c'])
  await inServedPage(t, path)
})

test('esbuild, in several files and in one', async (t) => {
  const path = await project('esbuild')
  const esbuild = tool('esbuild/bin/esbuild')
  const several = ['--format=esm', '--splitting', '--outdir=dist', '--minify']
  await inProject(path, esbuild, ['main.js', '--bundle', ...several])
  await inServedPage(t, path)
  await inProject(path, esbuild, ['main.js', '--bundle', '--outfile=dist/one-file.js'])
  await inServedPage(t, path, 'one-file.html')
})

test('Next.js: rendered by the server, trained in the page and on the server', async (t) => {
  const path = await project('next')
  const next = tool('next/dist/bin/next')
  await inProject(path, next, ['build'])
  const server = await startServer(path, next, ['start', '--hostname', '127.0.0.1', '--port', '0'])
  try {
    const html = await (await fetch(server.url)).text()
    assert.match(html, /<p id="server">3 by 3<\/p>/)
    assert.match(html, /<p id="client">9(<!-- -->)? kernels<\/p>/)
    await inPage(t, server.url)
    const response = await fetch(`${server.url}train`)
    assert.equal(response.status, 200)
    t.diagnostic(`${t.name}, on the server: ${check(await response.json(), first)}`)
  } finally {
    await server.close()
  }
})

test('a plain module script', async (t) => {
  const path = await project('plain')
  const { backend } = await inServedPage(t, path)
  assert.equal(backend.worker, true)
})

test('a strict content security policy, with and without blob: workers', async (t) => {
  const path = await project('plain')
  const policy =
    "default-src 'self'; img-src data:; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'"
  for (const [file, value] of [
    ['', `${policy} blob:`],
    ['files.html', policy],
  ]) {
    const headers = { 'Content-Security-Policy': value }
    const { backend } = await inServedPage(t, path, file, { headers })
    assert.equal(backend.worker, true)
  }
})
