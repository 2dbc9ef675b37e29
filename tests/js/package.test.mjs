// The package as it is shipped: entries, types, no side effects, sizes.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import ts from 'typescript'
import * as fovea from 'fovea'
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
  const source = fileURLToPath(new URL('../../js/src/unpack.ts', import.meta.url))
  const { outputFiles } = await build({ entryPoints: [source], format: 'esm', write: false })
  const { unpack } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)
  for (const name of kVariants) {
    const { worker, wasm, size } = await import(join(dist, 'engine', `${name}.js`))
    assert.equal(worker, readFileSync(join(dist, 'engine', name, 'worker.js'), 'utf8'))
    const bytes = unpack(wasm, size)
    assert.ok(WebAssembly.validate(bytes) || name.startsWith('relaxed'), name)
    // Those without threads come in two parts; parts.test.mjs runs them.
    if (!name.endsWith('-threads')) continue
    const whole = readFileSync(join(dist, 'engine', name, 'fovea.wasm'))
    assert.ok(whole.equals(bytes), name)
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
    assert.doesNotMatch(text, /\bany\b/, name)
  }
  assert.ok(existsSync(join(dist, 'types', 'index.d.ts')))
})
