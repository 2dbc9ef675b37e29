// SPDX-License-Identifier: MIT
// Runs the usual trainings on an instrumented module and writes which functions they call:
//   node scripts/package/profile.mjs <build> <instrumented.wasm> <profile>
// Whatever else a page does fetches the rest of the engine first (split.mjs).
import { build } from 'esbuild'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../lib/paths.mjs'
import { wasmFolder } from '../lib/variants.mjs'

const [name, wasm, profile] = process.argv.slice(2)

/** The API for Node, but with the glue that browsers get: its wasm is what is measured. */
async function load() {
  // The glue is made for a worker, and asks for no more of it than this.
  globalThis.self ??= globalThis
  const glue = pathToFileURL(join(wasmFolder(name), 'fovea-web.mjs')).href
  const engines = `export const built = ['${name}']
    const start = async (settings) =>
      (globalThis.native = await (await import('${glue}')).default(settings))
    export const nodeGlue = { '${name}': async () => ({ default: start }) }`
  const folder = mkdtempSync(join(wasmFolder(name), 'profile-'))
  const outfile = join(folder, 'fovea.mjs')
  const plugin = {
    name: 'fovea-profile',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^fovea:/ }, ({ path }) => ({ path, namespace: 'fovea' }))
      onLoad({ filter: /.*/, namespace: 'fovea' }, () => ({ contents: engines }))
      onResolve({ filter: /^file:/ }, ({ path }) => ({ path, external: true }))
      onResolve({ filter: /\/platform\.js$/ }, () => ({
        path: join(root, 'js/src/platform.node.ts'),
      }))
    },
  }
  const entryPoints = [join(root, 'js/src/index.ts')]
  const settings = { bundle: true, format: 'esm', platform: 'node', target: 'node20' }
  await build({ ...settings, entryPoints, outfile, plugins: [plugin], logLevel: 'warning' })
  try {
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The exports of the instance, which the API keeps to itself. */
let exports
const instantiate = WebAssembly.instantiate
WebAssembly.instantiate = async (...settings) => {
  const made = await instantiate(...settings)
  exports = (made.instance ?? made).exports
  return made
}

const fovea = await load()
await fovea.init({ variant: name, threads: 1, worker: false, wasmBinary: readFileSync(wasm) })

const kImages = 40 // not a multiple of the batch: the last one is smaller
const pixels = Uint8Array.from({ length: kImages * 784 }, (_, i) => i * 7)
const x = fovea.tensor(pixels, [kImages, 28, 28, 1])
const classes = Uint8Array.from({ length: kImages }, (_, i) => i % 10)
const oneHot = fovea.oneHot(classes, 10)

async function train(model, y, recipe, { images = x, batchSize = 16 } = {}) {
  await model.compile({ metrics: ['accuracy'], ...recipe })
  const fit = { epochs: 2, batchSize, validationSplit: 0.2, verbose: 0 }
  await model.fit(images, y, fit)
  await model.evaluate(images, y)
  await model.predict(images)
  const [, ...one] = images.shape
  await model.predict(fovea.tensor(new Uint8Array(one.reduce((a, b) => a * b)), [1, ...one]))
}

const { layers, losses, optimizers, zoo } = fovea
const loss = losses.sparseCategoricalCrossentropy({ fromLogits: true })
const digits = await zoo.torchMnist({ seed: 1 })
await train(digits, classes, { optimizer: 'adam', loss })
await digits.setWeights(await digits.getWeights())
await digits.dispose()

const own = await fovea.sequential({
  layers: [
    layers.conv2d({ inputShape: [28, 28, 1], filters: 4, kernelSize: 5, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dropout({ rate: 0.25 }),
    layers.dense({ units: 10, activation: 'softmax', kernelInitializer: 'heNormal' }),
  ],
})
await train(own, oneHot, { optimizer: 'sgd', loss: 'categoricalCrossentropy' })
const momentum = optimizers.sgd({ learningRate: 0.1, momentum: 0.9 })
await train(own, classes, { optimizer: momentum, loss: 'sparseCategoricalCrossentropy' })

// Kernels choose their paths by the number of images, of filters and of places: all that are usual.
const kShapes = [
  { batchSize: 1, filters: [4, 8], kernelSize: 3, padding: 'valid', units: 10 },
  { batchSize: 3, filters: [8, 10], kernelSize: 5, padding: 'same', units: 100 },
  { batchSize: 7, filters: [10, 20], kernelSize: 3, padding: 'same', units: 16 },
  { batchSize: 13, filters: [6, 16], kernelSize: 5, padding: 'valid', units: 120 },
  { batchSize: 32, filters: [32, 64], kernelSize: 3, padding: 'valid', units: 128 },
  { batchSize: 2, filters: [16, 32], kernelSize: 3, padding: 'same', units: 64 },
  {
    batchSize: 8,
    size: 32,
    channels: 3,
    filters: [8, 16],
    kernelSize: 3,
    padding: 'same',
    units: 10,
  },
  {
    batchSize: 9,
    size: 24,
    channels: 4,
    filters: [8, 8],
    kernelSize: 5,
    padding: 'valid',
    units: 3,
  },
]
for (const { batchSize, size = 28, channels = 1, filters, units, ...window } of kShapes) {
  const convolution = { ...window, activation: 'relu' }
  const [some, more] = filters
  const inputShape = [size, size, channels]
  const bytes = Uint8Array.from({ length: kImages * size * size * channels }, (_, i) => i * 7)
  const images = fovea.tensor(bytes, [kImages, ...inputShape])
  const shaped = await fovea.sequential({
    layers: [
      layers.conv2d({ inputShape, filters: some, ...convolution }),
      layers.maxPooling2d(),
      layers.conv2d({ filters: more, ...convolution }),
      layers.conv2d({ filters: more, kernelSize: 1 }),
      layers.maxPooling2d(),
      layers.flatten(),
      layers.dense({ units, activation: 'relu' }),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
  })
  const recipe = { optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' }
  await train(shaped, classes, recipe, { images, batchSize })
  await shaped.dispose()
}

// How the first part says that it needs the rest.
globalThis.native.setRest(false)
const late = { optimizer: 'nadam', loss: 'meanSquaredError' }
await own.compile(late).catch(() => {})
globalThis.native.setRest(true)
await own.dispose()

// The profile goes behind the memory in use.
const memory = Object.values(exports).find((one) => one instanceof WebAssembly.Memory)
const size = exports.__write_profile(0, 0)
const at = memory.grow(Math.ceil(size / 65536)) * 65536
exports.__write_profile(at, size)
writeFileSync(profile, new Uint8Array(memory.buffer, at, size))
