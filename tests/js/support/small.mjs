// Small networks and data that train in milliseconds, for tests of behaviour rather than of quality.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import * as fovea from 'fovea'

const { layers } = fovea

/** A convolutional network for [8, 8, 1] in 3 classes, with dropout. */
export function smallLayers() {
  return [
    layers.conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dropout({ rate: 0.25 }),
    layers.dense({ units: 3, activation: 'softmax' }),
  ]
}

/** The network above, compiled. */
export async function smallModel(options = {}) {
  const model = await fovea.sequential({ layers: smallLayers(), seed: 7, ...options })
  await model.compile({
    optimizer: fovea.optimizers.adam({ learningRate: 0.01 }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  })
  return model
}

/** Images with a bright band at the top, in the middle or at the bottom, and noise: three classes. */
export function bands(count, seed = 1) {
  const data = new Uint8Array(count * 64)
  const labels = new Int32Array(count)
  let state = seed
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
  for (let k = 0; k < count; ++k) {
    labels[k] = k % 3
    for (let i = 0; i < 64; ++i) {
      const inBand = Math.floor(i / 24) === labels[k]
      data[k * 64 + i] = Math.floor(random() * 100) + (inBand ? 120 : 0)
    }
  }
  return { images: fovea.tensor(data, [count, 8, 8, 1]), labels }
}

/** Runs something that must fail with exactly this code and sentence. */
export async function rejects(code, message, work) {
  await assert.rejects(
    async () => work(),
    (error) => {
      assert.ok(error instanceof fovea.FoveaError, `is no FoveaError but ${error.stack}`)
      assert.equal(error.message, message)
      assert.equal(error.code, code)
      return true
    },
  )
}

/** All weights in one array, for comparisons bit for bit. */
export async function bits(model) {
  const weights = await model.getWeights()
  return Buffer.concat(weights.map(({ data }) => Buffer.from(data.buffer))).toString('hex')
}
