// SPDX-License-Identifier: MIT
// TensorFlow.js: layers on its wasm backend (inference only: it has no gradient of a convolution's
// filter) or on its cpu backend, plain JavaScript, its only other one in Node without native code.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { kExamples } from '../lib/pixels.mjs'
import { kSettings, loop, serve } from '../lib/serve.mjs'

const require = createRequire(import.meta.url)
const tf = require('@tensorflow/tfjs-core')
const { layers, sequential, train } = { ...require('@tensorflow/tfjs-layers'), train: tf.train }
const backend = require(`@tensorflow/tfjs-backend-${kSettings.variant}`)
if (kSettings.variant === 'wasm') {
  const main = require.resolve('@tensorflow/tfjs-backend-wasm')
  backend.setWasmPaths(join(dirname(main), '/'))
}
await tf.setBackend(kSettings.variant)
await tf.ready()

function build(net) {
  const model = sequential()
  let inputShape = net.input
  let spatial = true
  for (const layer of net.layers) {
    const first = inputShape ? { inputShape } : {}
    inputShape = undefined
    if (layer.type === 'conv') {
      const { filters, size: kernelSize, pad } = layer
      const padding = pad > 0 ? 'same' : 'valid'
      model.add(layers.conv2d({ ...first, filters, kernelSize, padding, activation: 'relu' }))
    } else if (layer.type === 'pool') model.add(layers.maxPooling2d({ poolSize: 2 }))
    else if (layer.type === 'dropout') model.add(layers.dropout({ rate: layer.rate }))
    else {
      if (spatial) model.add(layers.flatten())
      spatial = false
      model.add(layers.dense({ units: layer.units, activation: layer.relu ? 'relu' : 'linear' }))
    }
  }
  if (net.softmax) model.add(layers.softmax())
  return model
}

async function prepare({ net, phase, batch, size, images, labels }) {
  const model = build(phase === 'train' ? { ...net, softmax: true } : net)
  const inputs = []
  for (let first = 0; first + batch <= kExamples; first += batch) {
    const data = images.subarray(first * size, (first + batch) * size)
    const x = tf.tensor(data, [batch, ...net.input])
    const y = tf.tidy(() =>
      tf.oneHot(tf.tensor1d([...labels.subarray(first, first + batch)], 'int32'), 10),
    )
    inputs.push({ x, y })
  }
  const dispose = () => {
    model.dispose()
    for (const { x, y } of inputs) tf.dispose([x, y])
  }
  if (phase === 'train') {
    model.compile({ optimizer: train.adam(0.001), loss: 'categoricalCrossentropy' })
    const step = (first) => model.trainOnBatch(inputs[first / batch].x, inputs[first / batch].y)
    return { run: loop(batch, step), dispose }
  }
  const step = (first) =>
    tf.tidy(() => model.predict(inputs[first / batch].x, { batchSize: batch }).dataSync()[0])
  return { run: loop(batch, step), dispose }
}

await serve({ library: 'tfjs', version: tf.version_core }, prepare)
