// SPDX-License-Identifier: MIT
// Cuts a browser's module in two: what nearly every training needs, and the rest, which is fetched
// when a model first asks for it (src/core/rest.h). Both work on one memory and one table; nothing in
// the C++ but a check at the entrances of the rest knows of it. The cut goes along source files: a
// function that only files of the rest define belongs to the rest.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { emscripten } from '../lib/paths.mjs'
import { PlainError, run } from '../lib/shell.mjs'

/** The source files of the rest. */
const kRest = [/src\/vision\//, /src\/\w+\/\w+_rest\.cpp/, /src\/layers\/(rescaling|reshape)\.cpp/]

/** What the first part may call in the rest, after a call of need_rest(). */
const kEntrances = /^_ZN5fovea(4rest|17digit_from_pixels)/

const kFeatures = [
  'simd',
  'exception-handling',
  'bulk-memory',
  'sign-ext',
  'mutable-globals',
  'nontrapping-float-to-int',
  'multivalue',
  'reference-types',
  'relaxed-simd',
  'threads',
].map((name) => `--enable-${name}`)

const setting = (name) => run(join(emscripten, 'em-config'), [name]).trim()
const tool = (name) => join(setting('BINARYEN_ROOT'), 'bin', name)

/** Every object file below a folder. */
const objects = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.cpp.o') && /fovea_(bindings|hot|cold)/.test(name))
    .map((name) => join(folder, name))

/** The function symbols of object files: `defined` or only `used`. */
function symbols(files) {
  const nm = join(setting('LLVM_ROOT'), 'llvm-nm')
  const defined = new Set()
  const used = new Set()
  for (const line of run(nm, ['-P', ...files]).split('\n')) {
    const [name, kind] = line.split(' ')
    if (/^[TtWVw]$/.test(kind ?? '')) defined.add(name)
    else if (kind === 'U') used.add(name)
  }
  return { defined, used }
}

/** The functions of the rest. Refuses a cut that the first part would fall through. */
function restFunctions(folder) {
  const all = objects(join(folder, 'CMakeFiles'))
  const later = all.filter((name) => kRest.some((pattern) => pattern.test(name)))
  const first = symbols(all.filter((name) => !later.includes(name)))
  const rest = [...symbols(later).defined].filter((name) => !first.defined.has(name))
  const traps = rest.filter((name) => first.used.has(name) && !kEntrances.test(name))
  // Layers are made through tables that hold their factories' addresses: those are no calls.
  const calls = traps.filter((name) => !/^_ZN5fovea\d+make_/.test(name))
  if (calls.length > 0) {
    throw new PlainError(
      `split: the first part calls ${calls.join(', ')} of the rest without asking need_rest().`,
    )
  }
  return rest
}

/** Writes `whole`, `first` and `rest` of a variant's browser module; returns their paths. */
export function splitModule(folder, name) {
  const to = join(folder, 'split')
  mkdirSync(to, { recursive: true })
  const path = (part) => join(to, `${part}.wasm`)
  const module = join(folder, name)
  const list = join(to, 'functions.txt')
  writeFileSync(list, restFunctions(folder).join('\n'))
  run(tool('wasm-split'), [
    ...kFeatures,
    '--split',
    module,
    `--split-funcs=@${list}`,
    '--no-placeholders',
    '--quiet',
    '--import-namespace=first',
    '--export-prefix=%',
    '-o1',
    path('first-cut'),
    '-o2',
    path('rest-cut'),
  ])
  const slim = (from, part, ...passes) =>
    run(tool('wasm-opt'), [
      ...kFeatures,
      ...passes,
      '--strip-debug',
      '--strip-producers',
      from,
      '-o',
      path(part),
    ])
  slim(module, 'whole')
  slim(path('first-cut'), 'first')
  slim(path('rest-cut'), 'rest')
  return Object.fromEntries(
    ['whole', 'first', 'rest'].map((part) => [part, readFileSync(path(part))]),
  )
}
