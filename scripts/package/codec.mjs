// SPDX-License-Identifier: MIT
// Compiles codec.cpp: to the packer, and to the unpacker that the API carries as text.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, emscripten } from '../lib/paths.mjs'
import { run } from '../lib/shell.mjs'
import { digest } from '../lib/stamp.mjs'

const kSource = fileURLToPath(new URL('codec.cpp', import.meta.url))
const kPacker = ['run', 'lengths', 'packed', 'text', 'counts']
const kUnpacker = ['run', 'packed', 'text', 'checksum', 'finish']

const setting = (name) => run(join(emscripten, 'em-config'), [name]).trim()

/** Compiled once for each state of the files; tests and builds may do so at the same time. */
function compile(name, settings, exports) {
  const sources = ['codec.cpp', 'syntax.h', 'codec.mjs'].map((one) => new URL(one, import.meta.url))
  const key = digest(...sources.map((path) => readFileSync(path)))
  const folder = join(build, 'codec')
  const made = join(folder, `${name}-${key}.wasm`)
  if (existsSync(made)) return readFileSync(made)
  mkdirSync(folder, { recursive: true })
  const path = (ending) => join(folder, `${name}-${process.pid}.${ending}`)
  // No library is linked, so that there is nothing to import.
  run(join(emscripten, 'em++'), [
    ...['-std=c++20', '-Oz', '-Wall', '-Wextra', '-Werror', '-mcpu=mvp', ...settings],
    ...['-c', kSource, '-o', path('o')],
  ])
  run(join(setting('LLVM_ROOT'), 'wasm-ld'), [
    ...['--no-entry', '--strip-all', '-z', 'stack-size=4096', path('o'), '-o', path('wasm')],
    ...exports.map((one) => `--export=${one}`),
  ])
  // What is one function stays one: an engine optimises a function while it runs at its next call.
  run(join(setting('BINARYEN_ROOT'), 'bin/wasm-opt'), [
    ...['-Oz', '--one-caller-inline-max-function-size=0', '--mvp-features', '--enable-simd'],
    ...[path('wasm'), '-o', path('small')],
  ])
  renameSync(path('small'), made)
  for (const ending of ['o', 'wasm']) rmSync(path(ending))
  return readFileSync(made)
}

let packer
export function packerModule() {
  packer ??= new WebAssembly.Module(compile('pack', ['-DFOVEA_PACK', '-msimd128'], kPacker))
  return packer
}

/** Which unpacker a build has: every browser knows the first version of WebAssembly, without SIMD. */
export const unpackerOf = (name) => (name.startsWith('scalar') ? 'scalar' : 'simd')

const unpackers = new Map()
/** In hexadecimal: that is what gzip makes least of. */
export function unpackerText(kind) {
  if (!unpackers.has(kind)) {
    const settings = kind === 'simd' ? ['-msimd128'] : []
    unpackers.set(kind, compile(`unpack-${kind}`, settings, kUnpacker).toString('hex'))
  }
  return unpackers.get(kind)
}
