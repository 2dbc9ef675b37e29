// SPDX-License-Identifier: MIT
// Sets up, builds, and serves the demo page on this machine, as a visitor gets it.
//   npm start [-- --port 4173] [--dev]     --dev: Vite's server that follows edits of web/
import { parseArgs } from 'node:util'
import { buildPage, kPageConfig, preparePage } from './lib/page.mjs'
import { main, say } from './lib/shell.mjs'

const { values } = parseArgs({ options: { port: { type: 'string' }, dev: { type: 'boolean' } } })

await main(async () => {
  const vite = await preparePage()
  const place = { host: '127.0.0.1', ...(values.port ? { port: Number(values.port) } : {}) }
  let server
  if (values.dev) {
    server = await vite.createServer({ configFile: kPageConfig, server: place })
    await server.listen()
  } else {
    await buildPage(vite)
    server = await vite.preview({ configFile: kPageConfig, preview: place })
  }
  say(`Fovea's page: ${server.resolvedUrls.local[0]}   (Ctrl-C ends)`)
})
