// SPDX-License-Identifier: MIT
// TensorFlow.js in the race, on its plain JavaScript backend: its WebAssembly backend has no gradient of
// a convolution, and its WebGL backend works on the graphics card.
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { runRace } from './order.js'
import type { RaceOrder } from './order.js'

function makeModel(): ReturnType<typeof sequential> {
  const block = (filters: number, inputShape?: [number, number, number]) => [
    layers.conv2d({
      filters,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
      ...(inputShape && { inputShape }),
    }),
    layers.maxPooling2d({ poolSize: 2 }),
  ]
  const model = sequential({
    layers: [
      ...block(16, [28, 28, 1]),
      ...block(32),
      ...block(64),
      layers.flatten(),
      layers.dense({ units: 128, activation: 'relu' }),
      layers.dropout({ rate: 0.5 }),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
  })
  model.compile({ optimizer: tf.train.adam(0.001), loss: 'sparseCategoricalCrossentropy' })
  return model
}

onmessage = ({ data }: MessageEvent<RaceOrder>) => {
  const { pixels, labels, batchSize } = data
  const model = makeModel()
  void runRace(data, async (rows) => {
    const floats = new Float32Array(batchSize * 784)
    rows.forEach((row, k) => {
      for (let i = 0; i < 784; ++i) floats[k * 784 + i] = (pixels[row * 784 + i] ?? 0) / 255
    })
    const x = tf.tensor4d(floats, [batchSize, 28, 28, 1])
    const y = tf.tensor1d(rows.map((row) => labels[row] ?? 0))
    await model.trainOnBatch(x, y)
    x.dispose()
    y.dispose()
  })
}
