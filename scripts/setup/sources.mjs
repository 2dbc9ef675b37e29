// SPDX-License-Identifier: MIT
// The upstream sources of the C++ libraries: from Debian's source archive where there is apt; where
// there is none CMake fetches them from upstream (cmake/libraries.cmake names the same releases).
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sources, toolchain } from '../lib/paths.mjs'
import { run, say } from '../lib/shell.mjs'
import { hasApt, openApt } from './apt.mjs'

const kLibraries = { highway: 'hwy/highway.h', catch2: 'extras/catch_amalgamated.cpp' }

export function setUpSources() {
  const missing = Object.keys(kLibraries).filter(
    (name) => !existsSync(join(sources, name, kLibraries[name])),
  )
  if (missing.length === 0 || !hasApt()) return
  say(`libraries: downloading the sources of ${missing.join(' and ')}`)
  const apt = openApt(join(toolchain, 'apt'))
  for (const name of missing) {
    const fresh = join(sources, `${name}.new`)
    rmSync(fresh, { recursive: true, force: true })
    mkdirSync(fresh, { recursive: true })
    // Python, which Emscripten needs anyway, unpacks every kind of tarball; tar may lack xz.
    run('python3', ['-m', 'tarfile', '-e', apt.downloadSource(name), fresh])
    rmSync(join(sources, name), { recursive: true, force: true })
    renameSync(join(fresh, readdirSync(fresh)[0]), join(sources, name))
    rmSync(fresh, { recursive: true })
  }
  apt.close()
}
