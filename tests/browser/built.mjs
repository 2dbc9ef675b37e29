// SPDX-License-Identifier: MIT
// The page as it is built, served, and a browser for it. Built once for all test files: anew only when
// something that it is made of has changed.
import { join } from 'node:path'
import { build as viteBuild } from 'vite'
import { fingerprint } from '../../scripts/lib/cmake.mjs'
import { alone } from '../../scripts/lib/lock.mjs'
import { build, root } from '../../scripts/lib/paths.mjs'
import { digest, once } from '../../scripts/lib/stamp.mjs'
import { launch } from './chromium.mjs'
import { serve } from './server.mjs'

const kInputs = ['web', 'dist', 'node_modules/vite', 'node_modules/svelte']
const kFolder = join(build, 'test-page')

/** Builds the page where needed, and returns its folder. */
export async function builtPage() {
  const page = join(kFolder, 'page')
  await alone(kFolder, async () => {
    const key = digest(fingerprint(kInputs))
    await once(join(kFolder, 'made'), key, () => make(page), [join(page, 'index.html')])
  })
  return page
}

async function make(page) {
  const configFile = join(root, 'web/vite.config.mjs')
  await viteBuild({ configFile, build: { outDir: page }, logLevel: 'error' })
}

/** The served page and a browser. `more`: the browser's own arguments. */
export async function visitable(more = []) {
  const server = await serve(await builtPage())
  const browser = await launch(more)
  const close = async () => {
    await browser.close()
    await server.close()
  }
  return { url: server.url, browser, close }
}

/** Goes to a chapter as its link does, and waits until it is there. */
export async function goTo(page, id) {
  await page.evaluate((hash) => (location.hash = hash), id)
  await page.locator(`#${id}[data-loaded=true]`).waitFor({ timeout: 60_000 })
}
