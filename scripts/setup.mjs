// SPDX-License-Identifier: MIT
// Sets up whatever is missing, says what it does, and costs nothing when run again.
//   node scripts/setup.mjs [build] [test] [lint] [browser]      (build alone is the default)
import { pathToFileURL } from 'node:url'
import { main, say } from './lib/shell.mjs'
import { setUpEmscripten } from './setup/emscripten.mjs'
import { setUpNpm } from './setup/npm.mjs'
import { setUpSources } from './setup/sources.mjs'
import { installPackages, kPackages } from './setup/system.mjs'

export async function setUp(parts = ['build']) {
  await setUpNpm()
  installPackages(parts.flatMap((part) => kPackages[part] ?? []))
  setUpSources()
  await setUpEmscripten()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => {
    const parts = process.argv.slice(2)
    await setUp(parts.length ? parts : ['build'])
    say('setup: everything is in place')
  })
}
