// SPDX-License-Identifier: MIT
// Reads every #include and import and fails on an arrow that points up, so that the layers of the
// code stay what ARCHITECTURE.md says they are. Also the ceiling on the length of a file.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const kLongestFile = 400

// Folder of src -> folders it may include besides itself.
const kMayInclude = {
  core: [],
  kernels: ['core'],
  layers: ['kernels', 'core'],
  graph: ['layers', 'core'],
  training: ['graph', 'kernels', 'data', 'core'],
  data: ['core'],
  vision: ['core'],
  bindings: ['core', 'kernels', 'layers', 'graph', 'training', 'data', 'vision'],
}
// Only these folders may start or lock anything; everyone else is handed a pool.
const kThreadHeaders = ['thread', 'mutex', 'condition_variable', 'atomic', 'future', 'pthread.h']
const kMayUseThreads = ['core', 'bindings']

const filesUnder = (folder, pattern) => {
  const path = join(root, folder)
  if (!statSync(path, { throwIfNoEntry: false })) return []
  return readdirSync(path, { recursive: true })
    .filter((name) => pattern.test(name) && !/(^|\/)(node_modules|dist)\//.test(name))
    .map((name) => join(folder, name))
    .filter((name) => statSync(join(root, name)).isFile())
    .sort()
}
const text = (path) => readFileSync(join(root, path), 'utf8')
const cppFiles = filesUnder('src', /\.(cpp|h)$/)

const includes = (path) =>
  [...text(path).matchAll(/^\s*#\s*include\s*([<"])([^>"]+)[>"]/gm)].map(([, kind, name]) => ({
    name,
    own: kind === '"',
  }))
const isHighway = (name) => name.startsWith('hwy/')

const imports = (path) =>
  [
    ...text(path).matchAll(
      /(?:^|[\s;])(?:import|export)\b[^'"`;()]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|[\s;])import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm,
    ),
  ].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic)

const none = (violations) => {
  if (violations.length) assert.fail(`\n${violations.join('\n')}`)
}

test('src: includes point down only', () => {
  const violations = []
  for (const path of cppFiles) {
    const folder = path.split('/')[1]
    const allowed = kMayInclude[folder]
    if (!allowed) violations.push(`${path}: src/${folder} is not a layer that the test knows`)
    for (const { name, own } of includes(path)) {
      if (!own || isHighway(name)) continue
      const target = name.split('/')[0]
      if (!name.includes('/') || !(target in kMayInclude))
        violations.push(`${path}: includes "${name}"; write the path from src, as "core/shape.h"`)
      else if (target !== folder && !allowed?.includes(target))
        violations.push(`${path}: src/${folder} must not include src/${target} ("${name}")`)
    }
  }
  none(violations)
})

test('src: kernels/simd.h is the only file that includes Highway', () => {
  const users = cppFiles.filter((path) => includes(path).some(({ name }) => isHighway(name)))
  none(users.filter((path) => path !== 'src/kernels/simd.h'))
})

test('src: raw SIMD intrinsics stay in kernels/simd.h', () => {
  const raw = /\b(_mm\w*|wasm_[a-z]\d+x\d+_\w+|v(ld|st)1q_f32)\s*\(/
  none(cppFiles.filter((path) => path !== 'src/kernels/simd.h' && raw.test(text(path))))
})

test('src: only core and bindings know threads', () => {
  const violations = []
  for (const path of cppFiles) {
    if (kMayUseThreads.includes(path.split('/')[1])) continue
    for (const { name } of includes(path))
      if (kThreadHeaders.includes(name)) violations.push(`${path}: includes <${name}>`)
  }
  none(violations)
})

// core/text.cpp has JavaScript read and write numbers: the C library's conversions are too large.
const kKnowsEmscripten = /^src\/bindings\/|^src\/core\/text\.cpp$/

test('src: only bindings and the conversion of numbers know Emscripten', () => {
  const users = cppFiles.filter((path) =>
    includes(path).some(({ name }) => name.startsWith('emscripten/')),
  )
  none(users.filter((path) => !kKnowsEmscripten.test(path)))
})

test('src: the library neither prints nor aborts', () => {
  const forbidden = /\b(printf|fprintf|puts|std::cout|std::cerr|abort|std::exit)\b\s*[(<]/
  none(cppFiles.filter((path) => forbidden.test(text(path).replace(/\/\/.*$/gm, ''))))
})

// Two libraries come with it: one that reads protobuf, for ONNX, and one for the browser's database.
test('js: the library imports nothing but itself, Node, pbf and idb', () => {
  const violations = []
  for (const path of filesUnder('js/src', /\.ts$/))
    for (const name of imports(path)) {
      // fovea:engines and fovea:glue are the built modules, put in by the bundler.
      if (/^(node|fovea):/.test(name)) continue
      if (name === 'pbf' && path.includes('formats/onnx/')) continue
      if (name === 'idb' && path === 'js/src/formats/places.ts') continue
      if (!name.startsWith('.')) violations.push(`${path}: imports "${name}"`)
      else if (relative('js', normalize(join(dirname(path), name))).startsWith('../../'))
        violations.push(`${path}: imports "${name}" from outside js`)
    }
  none(violations)
})

test('web: of the library only its public entry "fovea"', () => {
  const violations = []
  for (const path of filesUnder('web', /\.(ts|js|mjs|svelte)$/)) {
    if (/vite\.config|\/plugins?\//.test(path)) continue
    for (const name of imports(path)) {
      const inside = !name.startsWith('.') || normalize(join(dirname(path), name)).startsWith('web')
      if (!inside || /^fovea\/|\.wasm$/.test(name)) violations.push(`${path}: imports "${name}"`)
    }
  }
  none(violations)
})

test(`files stay under ${kLongestFile} lines`, () => {
  const code = /\.(cpp|h|ts|js|mjs|svelte|py|css)$/
  const folders = ['src', 'js', 'web', 'scripts', 'tests', 'examples', 'bench', 'cmake']
  const long = folders
    .flatMap((folder) => filesUnder(folder, code))
    .map((path) => `${path}: ${text(path).split('\n').length - 1} lines`)
    .filter((line) => Number(/(\d+) lines$/.exec(line)[1]) > kLongestFile)
  none(long)
})
