// How the package is loaded: importing it does nothing, the build is chosen by what validates, and
// what is not asked for is not fetched.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const path = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

/** In a process of its own: what is touched while the file is imported. */
const kImport = `
  const touched = []
  const watch = (object, name) => {
    const kept = object[name]
    const get = () => (touched.push(name), kept)
    Object.defineProperty(object, name, { configurable: true, get, set() { touched.push(name) } })
  }
  const page = ['window', 'document', 'self', 'navigator', 'location', 'localStorage', 'indexedDB']
  const others = ['Worker', 'SharedArrayBuffer', 'crypto', 'fetch', 'setTimeout', 'queueMicrotask']
  const wasm = ['compile', 'instantiate', 'validate', 'Module', 'Memory']
  const listening = () => process.eventNames().map(String).sort().join()
  const before = listening()
  const names = Object.getOwnPropertyNames(globalThis)
  if (process.argv[2] === 'browser') {
    for (const name of [...page, ...others]) watch(globalThis, name)
  }
  for (const name of wasm) watch(WebAssembly, name)
  const fovea = await import(process.argv[1])
  const added = Object.getOwnPropertyNames(globalThis)
    .filter((one) => !names.includes(one) && !page.includes(one) && !others.includes(one))
  const same = before === listening()
  process.stdout.write(JSON.stringify([touched, added, same, fovea.backend(), typeof fovea.init]))
`

test('importing does nothing: no global is read or made, no engine is started', () => {
  for (const [file, place] of [
    ['dist/index.js', 'browser'],
    ['dist/node.js', 'node'],
    ['dist/node.cjs', 'node'],
  ]) {
    const args = ['--input-type=module', '--eval', kImport, path(file), place]
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    assert.equal(stderr, '', file)
    assert.deepEqual(JSON.parse(stdout), [[], [], true, null, 'function'], file)
  }
})

/** What a bundler makes of a program: for each file what it imports at once. */
async function bundled(contents) {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: path('tests') },
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir: path('nowhere'),
    write: false,
    metafile: true,
    logLevel: 'error',
  })
  return { outputs: metafile.outputs, outputFiles }
}

test('sideEffects: false holds: a bare import leaves nothing', async () => {
  const { outputFiles } = await bundled("import 'fovea'")
  assert.equal(outputFiles.find((one) => one.path.endsWith('stdin.js')).text, '')
})

test('engines, and what a page needs now and then, are fetched when they are asked for', async () => {
  const { outputs } = await bundled("import * as fovea from 'fovea'; console.log(fovea)")
  const reached = new Set(Object.keys(outputs).filter((name) => name.endsWith('stdin.js')))
  for (const name of reached) {
    for (const { path: next, kind } of outputs[name].imports) {
      if (kind === 'import-statement') reached.add(next)
    }
  }
  const inputs = [...reached].flatMap((name) => Object.keys(outputs[name].inputs))
  assert.ok(inputs.includes('dist/index.js'))
  const late = inputs.filter((name) => /engine\/|part-later/.test(name))
  assert.deepEqual(late, [])
  const all = Object.values(outputs).flatMap((one) => Object.keys(one.inputs))
  assert.ok(all.some((name) => /part-later/.test(name)) && all.includes('dist/engine/simd.js'))
})

async function variants() {
  const entryPoints = [path('js/src/engine/variants.ts')]
  const { outputFiles } = await build({ entryPoints, bundle: true, format: 'esm', write: false })
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)
}

const kSimdOpcode = [253, 98] // i8x16.popcnt
const kCatchOpcode = [6, 64, 25] // try, catch_all
const kRelaxedOpcode = [253, 133, 2] // f32x4.relaxed_madd
const kAtomicOpcode = [254, 16, 2, 0] // i32.atomic.load

test('what runs here is found by validating the very opcode', async (t) => {
  const { detectFeatures } = await variants()
  const holds = (bytes, opcode) => Buffer.from(bytes).includes(Buffer.from(opcode))
  const all = [kSimdOpcode, kCatchOpcode, kRelaxedOpcode, kAtomicOpcode]
  for (const [missing, expected] of [
    [[], { simd: true, relaxed: true, threads: true }],
    [[kSimdOpcode], { simd: false, relaxed: false, threads: false }],
    [[kCatchOpcode], { simd: false, relaxed: false, threads: false }],
    [[kRelaxedOpcode], { simd: true, relaxed: false, threads: true }],
    [[kAtomicOpcode], { simd: true, relaxed: true, threads: false }],
  ]) {
    const seen = new Set()
    t.mock.method(WebAssembly, 'validate', (bytes) => {
      all.filter((one) => holds(bytes, one)).forEach((one) => seen.add(one))
      return !missing.some((one) => holds(bytes, one))
    })
    assert.deepEqual(detectFeatures(), expected)
    if (missing.length === 0) assert.equal(seen.size, all.length)
    t.mock.restoreAll()
  }
  // The modules are right: what this Node has is what it says.
  const here = detectFeatures()
  assert.deepEqual([here.simd, here.threads], [true, true])
})

const everything = ['scalar', 'simd', 'relaxed', 'simd-threads', 'relaxed-threads']
const can = { simd: true, relaxed: true, threads: true }

test('the build and its reasons, in every situation', async () => {
  const { chooseVariant } = await variants()
  const fastest = 'the fastest that runs here.'
  const noSimd = 'passed over: no WebAssembly SIMD here.'
  const noRelaxed = 'relaxed passed over: no WebAssembly relaxed SIMD here.'
  for (const [given, expected, reasons] of [
    [{}, 'relaxed-threads', [`relaxed: ${fastest}`, '4 threads: one per processor.']],
    [
      { processors: 32 },
      'relaxed-threads',
      [`relaxed: ${fastest}`, '8 threads: one per processor.'],
    ],
    [{ processors: 1 }, 'relaxed', [`relaxed: ${fastest}`, '1 thread: one processor.']],
    [{ threads: 1 }, 'relaxed', [`relaxed: ${fastest}`, '1 thread: asked for.']],
    [{ threads: 3 }, 'relaxed-threads', [`relaxed: ${fastest}`, '3 threads: asked for.']],
    [
      { reproducible: true },
      'simd-threads',
      [
        'relaxed passed over: reproducible is true.',
        `simd: ${fastest}`,
        '4 threads: one per processor.',
      ],
    ],
    [
      { features: { ...can, relaxed: false } },
      'simd-threads',
      [noRelaxed, `simd: ${fastest}`, '4 threads: one per processor.'],
    ],
    [
      { features: { simd: false, relaxed: false, threads: false } },
      'scalar',
      [
        noRelaxed,
        `simd ${noSimd}`,
        `scalar: ${fastest}`,
        '1 thread: no shared WebAssembly memory here.',
      ],
    ],
    [
      { features: { ...can, threads: false } },
      'relaxed',
      [`relaxed: ${fastest}`, '1 thread: no shared WebAssembly memory here.'],
    ],
    [{ threadsRefused: 'a reason' }, 'relaxed', [`relaxed: ${fastest}`, '1 thread: a reason.']],
    [
      { variant: 'scalar' },
      'scalar',
      ['scalar: asked for.', '1 thread: the scalar variant has none.'],
    ],
    [
      { built: ['scalar', 'simd'] },
      'simd',
      [
        'relaxed passed over: this copy of Fovea was built without the variant relaxed.',
        `simd: ${fastest}`,
        '1 thread: this copy of Fovea was built without simd-threads.',
      ],
    ],
  ]) {
    const answer = chooseVariant({
      variant: 'auto',
      threads: 'auto',
      reproducible: false,
      features: can,
      built: everything,
      processors: 4,
      threadsRefused: undefined,
      ...given,
    })
    assert.deepEqual([answer.build, answer.reasons], [expected, reasons])
  }
})
