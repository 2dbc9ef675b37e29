// SPDX-License-Identifier: MIT
// The built page on a server of its own with a Chromium before it: what each file of tests starts once.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { launch } from './chromium.mjs'
import { serve } from './server.mjs'

export const kRoot = fileURLToPath(new URL('../..', import.meta.url))

/** The page on a server. @returns `{ folder, page, url, close }`; `folder` is for tests' own files too. */
export async function serveSite() {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-page-'))
  const page = join(folder, 'page')
  await build({
    configFile: join(kRoot, 'web/vite.config.mjs'),
    build: { outDir: page },
    logLevel: 'error',
  })
  const server = await serve(page)
  const close = async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { folder, page, url: server.url, close }
}

/** The same with a Chromium before it: `{ ..., browser }`. */
export async function openSite(chromiumArguments = []) {
  const site = await serveSite()
  const browser = await launch(chromiumArguments)
  const close = async () => {
    await browser.close()
    await site.close()
  }
  return { ...site, browser, close }
}
