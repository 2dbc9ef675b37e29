// SPDX-License-Identifier: MIT
// Sets up, builds, and serves the demo page on this machine: npm start [-- --port 5173] [--open]
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { buildTarget } from './build.mjs'
import { root } from './lib/paths.mjs'
import { main } from './lib/shell.mjs'
import { setUp } from './setup.mjs'

await main(async () => {
  await setUp(['build'])
  await buildTarget('use', [])
  // web/vite.config holds the headers that allow threads; Vite prints the address.
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const args = [vite, 'web', '--host', '127.0.0.1', ...process.argv.slice(2)]
  const server = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal))
  server.on('exit', (status) => (process.exitCode = status ?? 1))
})
