// SPDX-License-Identifier: MIT
// Sets up, builds, and serves the demo page on this machine, as a visitor gets it.
//   npm start [-- --port 4173] [--dev]     --dev: Vite's server that follows edits of web/
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildTarget } from './build.mjs'
import { fingerprint } from './lib/cmake.mjs'
import { build, root } from './lib/paths.mjs'
import { main, say, seconds } from './lib/shell.mjs'
import { digest, once } from './lib/stamp.mjs'
import { setUp } from './setup.mjs'

const { values } = parseArgs({ options: { port: { type: 'string' }, dev: { type: 'boolean' } } })

async function buildPage(vite, configFile) {
  const data = process.env.FOVEA_DATA_DIR ?? ''
  const key = digest(fingerprint(['web', 'dist', 'package-lock.json']), data)
  const work = async () => {
    const start = performance.now()
    await vite.build({ configFile, logLevel: 'error' })
    say(`build: page in ${seconds(start)}`)
  }
  await once(join(build, 'fovea-built-page'), key, work, [join(build, 'page', 'index.html')])
}

await main(async () => {
  await setUp(['build'])
  await buildTarget('use', [])
  // Imported here, since set-up may just have installed it.
  const vite = await import('vite')
  const configFile = join(root, 'web', 'vite.config.mjs')
  const place = { host: '127.0.0.1', ...(values.port ? { port: Number(values.port) } : {}) }
  let server
  if (values.dev) {
    server = await vite.createServer({ configFile, server: place })
    await server.listen()
  } else {
    await buildPage(vite, configFile)
    server = await vite.preview({ configFile, preview: place })
  }
  say(`Fovea's page: ${server.resolvedUrls.local[0]}   (Ctrl-C ends)`)
})
