// The package as it is shipped: entries, types, no side effects, sizes.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import * as fovea from 'fovea'
import { unpackerText } from '../../scripts/package/codec.mjs'
import { loadUnpacking, packed } from '../../scripts/package/pack.mjs'
import { budgetBytes, downloadBytes } from '../../scripts/package/sizes.mjs'
import { kVariants } from '../../scripts/lib/variants.mjs'

const dist = fileURLToPath(new URL('../../dist/', import.meta.url))

test('require gives the same library', async () => {
  const required = createRequire(import.meta.url)('fovea')
  assert.deepEqual(Object.keys(required).sort(), Object.keys(fovea).sort())
  const model = await required.zoo.logistic({ seed: 1 })
  assert.equal(model.countParams().total, 785)
  await required.shutdown()
})

test('the public names are those of the API', () => {
  assert.deepEqual(Object.keys(fovea).sort(), [
    'FoveaError',
    'backend',
    'browser',
    'callbacks',
    'constraints',
    'dataset',
    'datasets',
    'ensemble',
    'explain',
    'image',
    'init',
    'initializers',
    'input',
    'kernels',
    'layers',
    'loadModel',
    'losses',
    'memory',
    'metrics',
    'model',
    'models',
    'oneHot',
    'optimizers',
    'regularizers',
    'schedules',
    'sequential',
    'shutdown',
    'tensor',
    'zoo',
  ])
})

test('the bundle for browsers names nothing of Node and runs no text as code', () => {
  const files = [
    'index.js',
    ...kVariants.flatMap((one) => [`engine/${one}.js`, `engine/${one}/worker.js`]),
  ]
  for (const name of files) {
    const text = readFileSync(join(dist, name), 'utf8')
    assert.doesNotMatch(text, /node:|\brequire\(|new Function\(|\beval\(/, name)
  }
})

test('the strings of every build are its plain files', async () => {
  const { unpackModule } = await loadUnpacking()
  for (const name of kVariants) {
    const { script } = await import(join(dist, 'engine', `${name}-worker.js`))
    assert.equal(readFileSync(join(dist, 'engine', name, 'worker.js'), 'utf8'), script, name)
    const packed = await import(join(dist, 'engine', `${name}.js`))
    const bytes = await unpackModule(packed, unpackerText())
    assert.ok(WebAssembly.validate(bytes) || name.startsWith('relaxed'), name)
    // Those without threads come in two parts; parts.test.mjs runs them.
    if (!name.endsWith('-threads')) continue
    const whole = readFileSync(join(dist, 'engine', name, 'fovea.wasm'))
    assert.ok(whole.equals(bytes), name)
  }
})

/** A module of one function `() -> ()` with this code, and what stands around it. */
function moduleOf(code, { more = [], locals = [0] } = {}) {
  const body = [...locals, ...code, 0x0b]
  const size = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7]
  const sections = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, ...more]
  const length = 1 + size.length + body.length
  const coded = length < 128 ? [length] : [(length & 127) | 128, length >> 7]
  return Buffer.from([0, 97, 115, 109, 1, 0, 0, 0, ...sections, 10, ...coded, 1, ...size, ...body])
}

const kMemory = [5, 3, 1, 0, 1]
const kConstant = [0x41, 0]
const kVector = [0xfd, 12, ...Array(16).fill(7)]
const kModules = {
  'no function': Buffer.from([0, 97, 115, 109, 1, 0, 0, 0]),
  'an empty function': moduleOf([]),
  'locals of three types': moduleOf([], { locals: [3, 1, 0x7f, 200, 1, 0x7d, 1, 0x7b] }),
  'blocks in blocks': moduleOf([2, 0x40, 3, 0x40, ...kConstant, 13, 1, 12, 0, 11, 11]),
  'a table of branches': moduleOf([2, 0x40, ...kConstant, 14, 3, 0, 1, 0, 1, 11]),
  'bytes that look like an end': moduleOf([
    0x43,
    11,
    11,
    11,
    11,
    26,
    0x44,
    ...Array(8).fill(11),
    26,
  ]),
  vectors: moduleOf([...kVector, ...kVector, 0xfd, 13, ...Array(16).fill(11), 26]),
  lanes: moduleOf([...kVector, 0xfd, 27, 3, 26, ...kVector, 0xfd, 31, 1, 26]),
  memory: moduleOf([...kConstant, ...kConstant, 0xfd, 0, 4, 11, 0xfd, 11, 4, 11], {
    more: kMemory,
  }),
  'a selection with a type': moduleOf([...kConstant, ...kConstant, ...kConstant, 28, 1, 0x7f, 26]),
  'a size of two bytes': moduleOf(Array(200).fill(1)),
}

test('a module that is packed comes back byte for byte', async () => {
  const { unpackModule } = await loadUnpacking()
  for (const [name, wasm] of Object.entries(kModules)) {
    assert.ok(WebAssembly.validate(wasm), name)
    assert.ok(wasm.equals(await unpackModule(await packed(wasm), unpackerText())), name)
  }
})

test('a worker unpacks the second part of a module; one that is late is not waited for', async () => {
  const { unpackModule, unpackPart } = await loadUnpacking()
  const module = await import(join(dist, 'engine', 'simd.js'))
  const whole = Buffer.from(await unpackModule(module, unpackerText()))
  const withWorker = async (elsewhere) =>
    Buffer.from(await unpackModule(module, unpackerText(), elsewhere))
  assert.ok(whole.equals(await withWorker(async (part) => unpackPart(part))))
  // What it gives is taken, and nothing is computed a second time.
  const other = whole.subarray(-10).map((byte) => byte ^ 1)
  assert.ok(other.equals((await withWorker(async () => other)).subarray(-10)))
  const late = () => new Promise(() => {})
  const broken = () => Promise.reject(new Error('no worker'))
  for (const elsewhere of [late, broken, async () => {}]) {
    assert.ok(whole.equals(await withWorker(elsewhere)))
  }
})

test('a packed module that is damaged is refused in a sentence', async () => {
  const { unpackModule } = await loadUnpacking()
  const good = await packed(kModules.memory, 0)
  assert.equal(good.parts.length, 2)
  const damages = [
    (text) => (text[0] === 'a' ? 'b' : 'a') + text.slice(1),
    (text) => text.slice(0, -1) + (text.at(-1) === 'a' ? 'b' : 'a'),
    (text) => text.slice(0, -1),
    () => '',
  ]
  for (const damage of damages) {
    const [first, second] = good.parts
    for (const damaged of [
      { ...good, codes: damage(good.codes) },
      { ...good, parts: [{ ...first, letters: damage(first.letters) }, second] },
      { ...good, parts: [first, { ...second, letters: damage(second.letters) }] },
    ]) {
      const letters = [damaged.codes, ...damaged.parts.map((part) => part.letters)].join('')
      await assert.rejects(unpackModule(damaged, unpackerText()), {
        code: 'bad-file',
        message: `init: the engine's module came damaged (${letters.length} letters). Load the page again.`,
      })
    }
  }
})

test('what a page downloads to train stays within its bounds', (t) => {
  for (const name of ['scalar', 'simd', 'relaxed']) {
    const { files, total } = downloadBytes(dist, name)
    for (const one of files) t.diagnostic(`${one.name}: ${one.bytes} bytes gzipped`)
    t.diagnostic(`${name}: ${total} bytes of ${budgetBytes(name)}`)
    assert.ok(total <= budgetBytes(name), `${name}: ${total} bytes, too many`)
  }
})

test('the types tell right use from wrong', () => {
  const use = `
    import * as fovea from 'fovea'
    const model: fovea.Model = await fovea.sequential({ layers: [
      fovea.layers.conv2d({ inputShape: [28, 28, 1], filters: 8, kernelSize: [3, 5], padding: [[1, 1], [0, 2]] }),
      fovea.layers.flatten(),
      fovea.layers.dense({ units: 10, activation: 'softmax' }),
    ] })
    await model.compile({ optimizer: fovea.optimizers.sgd({ momentum: 0.9 }), loss: 'categoricalCrossentropy' })
    const { train } = await fovea.datasets.digits()
    const { history }: fovea.History = await model.fit(train, { epochs: 2 })
    const losses: number[] | undefined = history['loss']
    for await (const step of model.train(train.images, [1, 2, 3])) { const n: number = step.imagesPerSecond; void n }
    const output: fovea.FloatTensor = await model.predict(train.images, { latest: 'pad' })
    void [losses, output]
    await using other = await fovea.zoo.mlp({ hidden: [10] })
    void other
    // @ts-expect-error the units are missing
    fovea.layers.dense({})
    // @ts-expect-error a misspelt option
    await model.fit(train, { epoch: 2 })
    // @ts-expect-error no such activation
    fovea.layers.activation({ activation: 'rely' })
    // @ts-expect-error a loss that does not exist
    await model.compile({ optimizer: 'adam', loss: 'hinges' })
    // @ts-expect-error not for users
    new fovea.Model()
  `
  const file = fileURLToPath(new URL('./use.mts', import.meta.url))
  const options = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: [
      'lib.es2023.d.ts',
      'lib.esnext.disposable.d.ts',
      'lib.dom.d.ts',
      'lib.dom.asynciterable.d.ts',
    ],
    types: [],
  }
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, getSourceFile } = host
  host.fileExists = (name) => name === file || fileExists(name)
  host.readFile = (name) => (name === file ? use : readFile(name))
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, use, rest[0]) : getSourceFile(name, ...rest)
  const problems = ts.getPreEmitDiagnostics(ts.createProgram([file], options, host))
  assert.deepEqual(
    problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
    [],
  )
})

test('every type that is exported is there, and none of them is any', () => {
  const types = readdirSync(join(dist, 'types'), { recursive: true }).filter((name) =>
    name.endsWith('.d.ts'),
  )
  assert.ok(types.length > 30)
  for (const name of types) {
    const text = readFileSync(join(dist, 'types', name), 'utf8').replace(/\/\*[^]*?\*\//g, '')
    assert.doesNotMatch(text, /\bany\b(?!\()/, name) // a method may have the name
  }
  assert.ok(existsSync(join(dist, 'types', 'index.d.ts')))
})
