// SPDX-License-Identifier: MIT
// The demo page from nothing: set-up, package, page. Built again only when something changed.
import { join } from 'node:path'
import { buildTarget } from '../build.mjs'
import { setUp } from '../setup.mjs'
import { fingerprint } from './cmake.mjs'
import { build, root } from './paths.mjs'
import { say, seconds } from './shell.mjs'
import { digest, once } from './stamp.mjs'

export const kPageConfig = join(root, 'web', 'vite.config.mjs')
export const kPageFolder = join(build, 'page')

/** Everything that the page is made of; gives Vite, which set-up may just have installed. */
export async function preparePage() {
  await setUp(['build'])
  await buildTarget('use', [])
  return import('vite')
}

export async function buildPage(vite) {
  const { FOVEA_DATA_DIR, FOVEA_FASHION_DIR, FOVEA_CIFAR_DIR } = process.env
  const data = [FOVEA_DATA_DIR, FOVEA_FASHION_DIR, FOVEA_CIFAR_DIR].join('|')
  const key = digest(fingerprint(['web', 'dist', 'package-lock.json']), data)
  const work = async () => {
    const start = performance.now()
    await vite.build({ configFile: kPageConfig, logLevel: 'error' })
    say(`build: page in ${seconds(start)}`)
  }
  await once(join(build, 'fovea-built-page'), key, work, [join(kPageFolder, 'index.html')])
}
