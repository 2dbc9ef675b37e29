// SPDX-License-Identifier: MIT
// Chooses an Emscripten: the one on PATH where it is recent enough, else a private copy.
// Whichever it is, .toolchain/emscripten links to it, so that the rest of the build need not ask.
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { readlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { emscripten, toolchain } from '../lib/paths.mjs'
import { PlainError, run, runAsync, say, seconds, which } from '../lib/shell.mjs'
import { digest, once, readText } from '../lib/stamp.mjs'
import { hasApt } from './apt.mjs'
import { kPrivateVersion, makePrivateCopy, privateRoot } from './emscripten_copy.mjs'

// 4.0.7 began to export HEAP views by name only, which is what the bindings are written for.
const kOldest = [4, 0, 7]

export async function setUpEmscripten() {
  const found = onPath()
  if (found && isRecent(found.version)) {
    if (link(found.root)) say(`emscripten: ${found.version}, from PATH`)
  } else if (existsSync(privateRoot) || hasApt()) {
    if (found)
      say(`emscripten: the one on PATH is ${found.version}, older than ${kOldest.join('.')}`)
    await once(join(toolchain, 'stamps', 'emscripten'), digest(kPrivateVersion, toolchain), () =>
      makePrivateCopy(),
    )
    link(privateRoot)
  } else {
    throw new PlainError(
      `Fovea needs Emscripten ${kOldest.join('.')} or newer: install emsdk ` +
        '(emscripten.org/docs/getting_started) so that emcc is on PATH, and run this again.',
    )
  }
  await makeSystemLibraries()
}

function onPath() {
  const emcc = which('emcc')
  if (!emcc) return undefined
  const folder = dirname(realpathSync(emcc))
  // Homebrew's emcc is a script beside the real one's folder.
  for (const candidate of [folder, join(folder, '..', 'libexec')]) {
    const version = readText(join(candidate, 'emscripten-version.txt'))
    if (version) return { root: realpathSync(candidate), version: version.replace(/["\s]/g, '') }
  }
  const version = /\d+\.\d+\.\d+/.exec(run(emcc, ['--version']))?.[0]
  throw new PlainError(
    `emcc on PATH (${version ?? 'of unknown version'}) is a wrapper whose Emscripten folder cannot ` +
      'be found: put the folder that holds emscripten-version.txt on PATH instead.',
  )
}

function isRecent(version) {
  const parts = version.split(/[.-]/).map(Number)
  for (let i = 0; i < 3; ++i) if (parts[i] !== kOldest[i]) return parts[i] > kOldest[i]
  return true
}

function link(target) {
  try {
    if (readlinkSync(emscripten) === target) return false
  } catch {
    // not there yet
  }
  mkdirSync(toolchain, { recursive: true })
  rmSync(emscripten, { force: true })
  symlinkSync(target, emscripten)
  return true
}

// Emscripten compiles its C and C++ libraries at first use. Linking a line of C++ with each family
// of flags does that once, here, where it can be announced.
const kFamilies = {
  'C++ exceptions': ['-fexceptions'],
  'wasm exceptions': ['-fwasm-exceptions', '-sWASM_LEGACY_EXCEPTIONS=1'],
  threads: ['-fwasm-exceptions', '-sWASM_LEGACY_EXCEPTIONS=1', '-pthread'],
}
const kProgram = `#include <iostream>
#include <stdexcept>
int main(int x, char**) { if (x < 0) throw std::runtime_error("negative"); std::cout << x; }
`

async function makeSystemLibraries() {
  const version = readFileSync(join(emscripten, 'emscripten-version.txt'), 'utf8')
  const key = digest(version, realpathSync(emscripten), JSON.stringify(kFamilies), kProgram)
  await once(join(toolchain, 'stamps', 'system-libraries'), key, async () => {
    const start = performance.now()
    const folder = join(toolchain, 'probe')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'probe.cpp'), kProgram)
    const link = (...flags) =>
      runAsync(join(emscripten, 'em++'), ['probe.cpp', '-o', 'probe.mjs', ...flags], {
        cwd: folder,
      })
    for (const [name, flags] of Object.entries(kFamilies)) {
      say(`emscripten: making its system libraries for ${name}`)
      // As the modules are linked, and as the tests are: with a file system.
      await link('-O3', '-sALLOW_MEMORY_GROWTH', '-sFILESYSTEM=0', ...flags)
      await link('-O1', '-sALLOW_MEMORY_GROWTH', '-sNODERAWFS', ...flags)
    }
    rmSync(folder, { recursive: true })
    say(`emscripten: system libraries made in ${seconds(start)}`)
  })
}
