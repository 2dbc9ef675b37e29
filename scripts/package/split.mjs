// SPDX-License-Identifier: MIT
// Cuts a browser's module in two: what the usual trainings call, and the rest, which is fetched when
// something first calls it (src/core/rest.h). What they call is measured (profile.mjs), not listed.
// Both parts work on one memory and one table. A call into the rest before it is there goes to one
// JavaScript function for all, which throws what need_rest() throws.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { emscripten } from '../lib/paths.mjs'
import { run } from '../lib/shell.mjs'
import { nodeOptions } from '../lib/variants.mjs'
import { kForRest, numbered } from './exports.mjs'
import { lateText, withText, withoutText } from './late-text.mjs'
import { Reader, kSections, leb, named, section } from './wasm-reader.mjs'

/** May go: our functions and containers of our things. Memory, exceptions and Embind stay. */
const kMayGo = /^(?!_ZNK?10(emscripten|__cxxabiv1)).*(fovea|^_ZNK?St3__2|_GLOBAL__N_1)/

/** Stay, called or not: an update of a parameter cannot be begun again half done. */
const kStay = /(adam|sgd)_update|(load|store)_few/

/** The module from which the first part imports its stand-ins for the rest; see native.ts. */
const kLate = 'late'

/**
 * What only one function calls becomes part of that, where it is small: a browser compiles each function
 * when it is first called, and the call costs more than the code. Kernels stay functions of their own,
 * because faster code is taken up with the next call.
 */
const kInlined = '--one-caller-inline-max-function-size=40'

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

/** The functions that no usual training calls. Threaded builds come whole and are not measured. */
function restFunctions(variant, module, to) {
  const instrumented = join(to, 'instrumented.wasm')
  const profile = join(to, 'profile')
  run(tool('wasm-split'), [...kFeatures, '--instrument', module, '-o', instrumented])
  const script = fileURLToPath(new URL('profile.mjs', import.meta.url))
  const settings = [...nodeOptions(variant), script, variant, instrumented, profile]
  execFileSync(process.execPath, settings, { stdio: ['ignore', 'inherit', 'inherit'] })
  const print = [...kFeatures, `--print-profile=${profile}`, module]
  return run(tool('wasm-split'), print)
    .split('\n')
    .filter((line) => line.startsWith('- '))
    .map((line) => line.slice(2))
    .filter((name) => kMayGo.test(name) && !kStay.test(name))
}

/** Writes `whole` and, of a build without threads, `first` and `rest`; returns their bytes. */
export function splitModule(folder, name, variant) {
  const to = join(folder, 'split')
  mkdirSync(to, { recursive: true })
  const path = (part) => join(to, `${part}.wasm`)
  const module = join(folder, name)
  const slim = (from, part, ...passes) => {
    const settings = [...passes, '--strip-debug', '--strip-producers', from, '-o', path(part)]
    run(tool('wasm-opt'), [...kFeatures, ...settings])
    return readFileSync(path(part))
  }
  const whole = slim(module, 'whole', '-Oz')
  if (variant.endsWith('-threads')) return { whole }
  const list = join(to, 'functions.txt')
  const functions = restFunctions(variant, module, to)
  writeFileSync(list, functions.join('\n'))
  run(tool('wasm-split'), [
    ...kFeatures,
    '--split',
    module,
    `--split-funcs=@${list}`,
    '--quiet',
    '--import-namespace=first',
    `--placeholder-namespace=${kLate}`,
    `--export-prefix=${kForRest}`,
    '-o1',
    path('first-cut'),
    '-o2',
    path('rest-cut'),
  ])
  writeFileSync(path('first-cut'), oneStandIn(readFileSync(path('first-cut'))))
  const texts = lateText(readFileSync(module), functions)
  const { first, rest } = numbered(
    slim(path('first-cut'), 'first', '-Oz', kInlined, '--duplicate-import-elimination'),
    slim(path('rest-cut'), 'rest'),
  )
  return { whole, first: withoutText(first, texts), rest: withText(rest, texts) }
}

/**
 * wasm-split imports a stand-in for every function of the rest. Here all of them get one name, so that
 * those of one type become one import.
 */
function oneStandIn(wasm) {
  const { begin, reader } = [...new Reader(wasm).sections()].find(
    ({ id }) => id === kSections.imports,
  )
  const count = reader.number()
  const content = leb(count)
  for (let i = 0; i < count; ++i) {
    const [module, name] = [reader.text(), reader.text()]
    const late = module.startsWith(kLate)
    content.push(...named(late ? kLate : module), ...named(late ? '' : name))
    content.push(...reader.importedThing())
  }
  const imports = section(kSections.imports, content)
  return Buffer.concat([wasm.subarray(0, begin), imports, wasm.subarray(reader.end)])
}
