// SPDX-License-Identifier: MIT
// Where the figures come from, and what a browser has to fetch.
import { existsSync, readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { downloadBytes } from '../../scripts/package/sizes.mjs'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))

export function machine() {
  const cpu = cpus()[0]?.model.trim() ?? 'unknown'
  return {
    cpu,
    processors: cpus().length,
    memoryBytes: totalmem(),
    os: `${type()} ${release()}`,
    load: loadavg(),
  }
}

/** The file that the results of this day and machine go to. */
export function resultsFile(date, { cpu }) {
  const name = cpu
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return path(`results/${date.toISOString().slice(0, 10)}-${name}.json`)
}

const modules = 'node_modules'
/** As their documentation has them fetched: whole bundles, minified, and one wasm. */
const kFetched = {
  'tfjs, wasm': [
    `${modules}/@tensorflow/tfjs-core/dist/tf-core.min.js`,
    `${modules}/@tensorflow/tfjs-layers/dist/tf-layers.min.js`,
    `${modules}/@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js`,
    `${modules}/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm`,
  ],
  'tfjs, cpu': [
    `${modules}/@tensorflow/tfjs-core/dist/tf-core.min.js`,
    `${modules}/@tensorflow/tfjs-layers/dist/tf-layers.min.js`,
    `${modules}/@tensorflow/tfjs-backend-cpu/dist/tf-backend-cpu.min.js`,
  ],
  onnxruntime: [
    `${modules}/onnxruntime-web/dist/ort.wasm.min.mjs`,
    `${modules}/onnxruntime-web/dist/ort-wasm-simd-threaded.mjs`,
    `${modules}/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm`,
  ],
  convnetjs: [`${modules}/convnetjs/build/convnet-min.js`],
}

/** Bytes, gzipped, by library; those that are not installed are not in it. */
export function downloads() {
  const sizes = {}
  for (const variant of ['scalar', 'simd', 'relaxed', 'simd-threads', 'relaxed-threads'])
    if (existsSync(path(`../dist/engine/${variant}.js`)))
      sizes[`fovea, ${variant}`] = downloadBytes(path('../dist'), variant).total
  for (const [name, files] of Object.entries(kFetched)) {
    if (!files.every((file) => existsSync(path(file)))) continue
    const bytes = files.map((file) => gzipSync(readFileSync(path(file)), { level: 9 }).length)
    sizes[name] = bytes.reduce((sum, size) => sum + size, 0)
  }
  return sizes
}
