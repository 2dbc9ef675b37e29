// SPDX-License-Identifier: MIT
// Sets up whatever is missing, says what it does, and costs nothing when run again.
//   node scripts/setup.mjs [build] [test] [lint] [browser] [package] [engines]
// Build alone is the default.
import { pathToFileURL } from 'node:url'
import { alone } from './lib/lock.mjs'
import { toolchain } from './lib/paths.mjs'
import { main, PlainError, say } from './lib/shell.mjs'
import { setUpEmscripten } from './setup/emscripten.mjs'
import { setUpNpm } from './setup/npm.mjs'
import { setUpSources } from './setup/sources.mjs'
import { installPackages, kPackages } from './setup/system.mjs'

const kNames = Object.keys(kPackages).join(', ')

export async function setUp(parts = ['build']) {
  for (const part of parts)
    if (!kPackages[part]) throw new PlainError(`setup has no part "${part}": ${kNames} are known.`)
  await alone(toolchain, () => setUpParts(parts))
}

async function setUpParts(parts) {
  await installPackages(kPackages.build)
  // npm and apt mostly wait for the network, while Emscripten compiles its libraries.
  const others = parts.filter((part) => part !== 'build')
  const waiting = [setUpNpm(), installPackages(others.flatMap((part) => kPackages[part]))]
  const failures = Promise.all(waiting)
  failures.catch(() => {})
  setUpSources()
  await setUpEmscripten()
  await failures
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => {
    const parts = process.argv.slice(2)
    await setUp(parts.length ? parts : ['build'])
    say('setup: everything is in place')
  })
}
