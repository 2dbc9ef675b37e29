// SPDX-License-Identifier: MIT
// The JavaScript packages that package-lock.json names.
import { join } from 'node:path'
import { root } from '../lib/paths.mjs'
import { runAsync, say, seconds } from '../lib/shell.mjs'
import { digest, once, readText } from '../lib/stamp.mjs'

export async function setUpNpm() {
  const lock = readText(join(root, 'package-lock.json')) ?? ''
  await once(join(root, 'node_modules', '.fovea-stamp'), digest(lock), async () => {
    const start = performance.now()
    say('npm: installing the packages of package-lock.json')
    await runAsync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root })
    say(`npm: installed in ${seconds(start)}`)
  })
}
