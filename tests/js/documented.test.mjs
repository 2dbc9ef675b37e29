// Every export has a comment, every function and method an example, every example is right by its
// types, and those that need nothing but the library run.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import * as fovea from 'fovea'
import { tf, tfl } from './parity/tfjs.mjs'

const source = fileURLToPath(new URL('../../js/src/', import.meta.url))
const kOptions = {
  strict: true,
  noImplicitAny: false, // examples are JavaScript as much as TypeScript
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable', 'dom.asynciterable'].map(
    (name) => `lib.${name}.d.ts`,
  ),
  types: ['node'],
}

/** What examples talk of without saying where it comes from. */
const kPrelude = `
import * as fovea from './index.js'
declare const model: fovea.Model, base: fovea.Model, m1: fovea.Model, m2: fovea.Model, m3: fovea.Model
declare const x: fovea.Tensor, y: fovea.Tensor, image: fovea.Tensor, digit: fovea.Tensor
declare const images: fovea.Tensor, photo: fovea.Tensor, labels: Int32Array
declare const train: fovea.Dataset, test: fovea.Dataset, layers: fovea.Layer[]
declare const loss: fovea.Loss, optimizer: fovea.Optimizer
declare const set: fovea.Dataset, imagesFile: File, labelsFile: File, lines: string[]
declare const urls: string[], tf: any
declare function readBatch(url: string): Promise<{ x: fovea.Tensor, y: Int32Array }>
declare function useSmallerBatches(): void
declare function writeFile(path: string, content: string | Uint8Array): Promise<void>
declare const canvas: HTMLCanvasElement, video: HTMLVideoElement, file: File, files: File[]
`

/** A program of the library and one more file. */
function programWith(name, text) {
  const host = ts.createCompilerHost(kOptions)
  const { readFile, fileExists, getSourceFile } = host
  const path = source + name
  host.fileExists = (one) => one === path || fileExists(one)
  host.readFile = (one) => (one === path ? text : readFile(one))
  host.getSourceFile = (one, ...rest) =>
    one === path ? ts.createSourceFile(one, text, rest[0]) : getSourceFile(one, ...rest)
  return { program: ts.createProgram([path], kOptions, host), path }
}

/** Every export with its comment and its examples, members of classes and interfaces included. */
function documentation() {
  const { program, path } = programWith('all.ts', "export * from './index.js'")
  const checker = program.getTypeChecker()
  const found = []
  const note = (where, symbol, needsExample) => {
    const tags = symbol.getJsDocTags(checker)
    if (tags.some(({ name }) => name === 'internal')) return
    const comment = ts.displayPartsToString(symbol.getDocumentationComment(checker))
    const examples = tags
      .filter(({ name }) => name === 'example')
      .map(({ text }) => /```ts\n([^]*?)```/.exec(ts.displayPartsToString(text))?.[1])
    found.push({ where, comment, examples, needsExample })
  }
  const isOurs = (symbol) =>
    symbol.declarations?.some((one) => one.getSourceFile().fileName.startsWith(source))
  const visit = (symbol, before) => {
    const isAlias = symbol.flags & ts.SymbolFlags.Alias
    const target = isAlias ? checker.getAliasedSymbol(symbol) : symbol
    const where = before + symbol.name
    if (target.flags & ts.SymbolFlags.ValueModule) {
      for (const one of checker.getExportsOfModule(target)) visit(one, `${where}.`)
      return
    }
    note(where, target, Boolean(target.flags & ts.SymbolFlags.Value))
    if (!(target.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))) return
    for (const member of checker.getDeclaredTypeOfSymbol(target).getProperties()) {
      const [declaration] = member.declarations ?? []
      const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected
      if (!isOurs(member) || ts.getCombinedModifierFlags(declaration) & hidden) continue
      if (member.name.startsWith('__@')) continue // [Symbol.asyncDispose]
      const isMethod = target.flags & ts.SymbolFlags.Class && member.flags & ts.SymbolFlags.Method
      note(`${where}#${member.name}`, member, Boolean(isMethod))
    }
  }
  const exported = checker.getSymbolAtLocation(program.getSourceFile(path))
  for (const one of checker.getExportsOfModule(exported)) visit(one, '')
  return found
}

const documented = documentation()
const examples = documented.flatMap(({ where, examples: list }) =>
  list.map((code) => ({ where, code })),
)

test('every export has a comment, and every function, method and constant an example', () => {
  assert.ok(documented.length > 600, `${documented.length} names`)
  const silent = documented.filter(({ comment }) => comment === '').map(({ where }) => where)
  assert.deepEqual(silent, [], 'without a comment')
  const without = documented.filter((one) => one.needsExample && one.examples.length === 0)
  assert.deepEqual(
    without.map(({ where }) => where),
    [],
    'without an example',
  )
  assert.deepEqual(
    examples.filter(({ code }) => code === undefined).map(({ where }) => where),
    [],
    'an example without ```ts',
  )
})

test('every example is right by its types', () => {
  const bodies = examples.map(({ code }, k) => `export async function example${k}() {\n${code}}\n`)
  const text = kPrelude + bodies.join('')
  const { program, path } = programWith('examples.ts', text)
  const problems = program.getSemanticDiagnostics(program.getSourceFile(path))
  const syntax = program.getSyntacticDiagnostics(program.getSourceFile(path))
  const found = [...syntax, ...problems].map(({ start, messageText }) => {
    const number = text.slice(0, start).match(/export async function example/g)?.length ?? 0
    const sentence = ts.flattenDiagnosticMessageText(messageText, ' ')
    return `${examples[number - 1]?.where}: ${sentence}`
  })
  assert.deepEqual(found, [])
})

const { conv2d, dense, dropout, flatten, maxPooling2d } = fovea.layers
const smallLayers = () => [
  conv2d({ inputShape: [28, 28, 1], filters: 3, kernelSize: 5, strides: 2 }),
  conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
  maxPooling2d({ poolSize: 5 }),
  flatten(),
  dropout({ rate: 0.5 }),
  dense({ units: 10, activation: 'softmax' }),
]

/** What examples talk of, for one of them: a small network and data for it. */
async function surroundings() {
  const count = 24
  const images = fovea.tensor(
    new Uint8Array(count * 784).map((_, k) => k % 251),
    [count, 28, 28, 1],
  )
  const labels = Int32Array.from({ length: count }, (_, k) => k % 10)
  const one = fovea.tensor(images.data.slice(0, 784), [28, 28, 1])
  const set = { images, labels }
  const loss = 'sparseCategoricalCrossentropy'
  const models = []
  for (let k = 0; k < 5; ++k) {
    models.push(await fovea.sequential({ layers: smallLayers(), seed: k }))
    await models[k].compile({ optimizer: 'adam', loss, metrics: ['accuracy'] })
  }
  const [model, base, m1, m2, m3] = models
  const quiet = { log() {} }
  return {
    ...{ fovea, model, base, m1, m2, m3, images, labels, image: one, digit: one, photo: one },
    ...{ x: images, y: fovea.tensor(labels, [count]), train: set, test: set, set, lines: [] },
    ...{ loss, optimizer: 'adam', layers: smallLayers(), console: quiet, models },
    ...{ writeFile: async () => {}, useSmallerBatches() {}, tf: { ...tf, ...tfl } },
    ...{ urls: ['a', 'b'], readBatch: async () => ({ x: images, y: labels }) },
  }
}

// What needs a page, a camera, files or another network than the one that is here.
const kNotHere = /^(browser|datasets|Webcam|losses|models|loadModel|Model#save)\b/

test('examples run', async (t) => {
  const AsyncFunction = (async () => {}).constructor
  const failed = []
  let ran = 0
  for (const { where, code } of examples) {
    if (kNotHere.test(where)) continue
    const { models, ...given } = await surroundings()
    if (where === 'init') await fovea.shutdown() // what it is called before
    const { outputText } = ts.transpileModule(`{${code}}`, { compilerOptions: kOptions })
    try {
      await new AsyncFunction(...Object.keys(given), outputText)(...Object.values(given))
    } catch (error) {
      failed.push(`${where}: ${error.message}`)
    }
    for (const one of models) await one.dispose()
    ++ran
  }
  assert.deepEqual(failed, [])
  t.diagnostic(`${ran} of ${examples.length} examples were run`)
  await fovea.shutdown()
})
