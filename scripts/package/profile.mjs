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

async function train(model, y, recipe) {
  await model.compile({ metrics: ['accuracy'], ...recipe })
  const fit = { epochs: 2, batchSize: 16, validationSplit: 0.2, verbose: 0 }
  await model.fit(x, y, fit)
  await model.evaluate(x, y)
  await model.predict(x)
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
