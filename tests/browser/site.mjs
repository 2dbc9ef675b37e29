// SPDX-License-Identifier: MIT
// The built page on a server of its own with a Chromium before it: what each file of tests starts once.
// The page is built once for all of them: anew only when something that it is made of has changed.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build as viteBuild } from 'vite'
import { fingerprint } from '../../scripts/lib/cmake.mjs'
import { alone } from '../../scripts/lib/lock.mjs'
import { build, root } from '../../scripts/lib/paths.mjs'
import { digest, once } from '../../scripts/lib/stamp.mjs'
import { launch } from './chromium.mjs'
import { serve } from './server.mjs'

const kInputs = ['web', 'dist', 'node_modules/vite', 'node_modules/svelte']
const kBuilt = join(build, 'test-page')

/** Builds the page where needed, and returns its folder. */
async function builtPage() {
  const page = join(kBuilt, 'page')
  const { FOVEA_DATA_DIR, FOVEA_FASHION_DIR, FOVEA_CIFAR_DIR } = process.env
  const data = [FOVEA_DATA_DIR, FOVEA_FASHION_DIR, FOVEA_CIFAR_DIR].join('|')
  const configFile = join(root, 'web/vite.config.mjs')
  const make = () => viteBuild({ configFile, build: { outDir: page }, logLevel: 'error' })
  await alone(kBuilt, async () => {
    const key = digest(fingerprint(kInputs), data)
    await once(join(kBuilt, 'made'), key, make, [join(page, 'index.html')])
  })
  return page
}

/** The page on a server. @returns `{ folder, page, url, close }`; `folder` is for tests' own files. */
export async function serveSite() {
  const page = await builtPage()
  const folder = await mkdtemp(join(tmpdir(), 'fovea-page-'))
  const server = await serve(page)
  const close = async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { folder, page, url: server.url, close }
}

/** The same with a Chromium before it: `{ ..., browser }`. `more`: the browser's own arguments. */
export async function openSite(more = []) {
  const site = await serveSite()
  const browser = await launch(more)
  const close = async () => {
    await browser.close()
    await site.close()
  }
  return { ...site, browser, close }
}
