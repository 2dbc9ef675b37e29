// SPDX-License-Identifier: MIT
// Fovea as its user has it: the package in dist/, in Node's own thread.
import { readFileSync } from 'node:fs'
import * as fovea from '../../dist/node.js'
import { kExamples } from '../lib/pixels.mjs'
import { kSettings, loop, serve } from '../lib/serve.mjs'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const backend = await fovea.init({ ...kSettings, seed: 1 })
const { variant, threads } = kSettings
if (backend.variant !== variant || backend.threads !== threads)
  throw new Error(`Fovea runs ${backend.variant}, ${backend.threads} threads: ${backend.reasons}`)

async function prepare({ net, phase, batch, size, images, labels }) {
  const model = await fovea.zoo[net.name]({ seed: 1 })
  const dispose = () => model.dispose()
  const tensor = (first, count) => ({
    data: images.subarray(first * size, (first + count) * size),
    shape: [count, ...net.input],
  })
  if (phase === 'infer') {
    const inputs = []
    for (let first = 0; first + batch <= kExamples; first += batch)
      inputs.push(tensor(first, batch))
    const options = { batchSize: batch }
    const step = async (first) => (await model.predict(inputs[first / batch], options)).data[0]
    return { run: loop(batch, step), dispose }
  }
  const loss = fovea.losses.sparseCategoricalCrossentropy({ fromLogits: !net.softmax })
  await model.compile({ optimizer: 'adam', loss })
  const run = async (steps) => {
    let last = 0
    for (let left = steps; left > 0;) {
      const count = batch * Math.min(left, Math.floor(kExamples / batch))
      const fit = { batchSize: batch, epochs: 1, shuffle: false }
      const { history } = await model.fit(tensor(0, count), labels.subarray(0, count), fit)
      last = history.loss[0]
      left -= count / batch
    }
    return last
  }
  return { run, dispose }
}

await serve({ library: 'fovea', version }, prepare)
