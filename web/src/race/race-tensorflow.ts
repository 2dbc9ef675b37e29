// SPDX-License-Identifier: MIT
// TensorFlow.js in the race, on its plain JavaScript backend: its WebAssembly backend has no gradient of
// a convolution, and its WebGL backend works on the graphics card.
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { kLearningRate, kMomentum, runRace } from './order.js'
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
  const optimizer = tf.train.momentum(kLearningRate, kMomentum)
  model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' })
  return model
}

onmessage = ({ data }: MessageEvent<RaceOrder>) => {
  const { pixels, labels, held } = data
  const model = makeModel()
  const imagesOf = (bytes: Uint8Array, rows: readonly number[]): tf.Tensor4D => {
    const floats = new Float32Array(rows.length * 784)
    rows.forEach((row, k) => {
      for (let i = 0; i < 784; ++i) floats[k * 784 + i] = (bytes[row * 784 + i] ?? 0) / 255
    })
    return tf.tensor4d(floats, [rows.length, 28, 28, 1])
  }
  const train = async (rows: readonly number[]): Promise<void> => {
    const x = imagesOf(pixels, rows)
    const y = tf.tensor1d(rows.map((row) => labels[row] ?? 0))
    await model.trainOnBatch(x, y)
    x.dispose()
    y.dispose()
  }
  void runRace(data, train, () => {
    const all = Array.from(held.labels, (_, row) => row)
    const output = model.predict(imagesOf(held.pixels, all)) as tf.Tensor
    return tf.argMax(output, 1).data()
  })
}
