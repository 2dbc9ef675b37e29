// SPDX-License-Identifier: MIT
// TensorFlow.js in the race, by WebGL on the graphics card or on its plain JavaScript backend: its
// WebAssembly backend has no gradient of a convolution. Each backend is a file of its own, fetched by
// the worker that wants it.
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { kLearningRate, kMomentum, Lap, runRace, tell } from './order.js'
import type { RaceOrder } from './order.js'
import { findWebgl } from './webgl.js'

export type Backend = 'webgl' | 'cpu'

/** How many batches are begun before the first is done: reading a loss back waits for the card. */
const kAhead = { webgl: 4, cpu: 1 }

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

/** Fetches the backend and starts it. False where this browser has none, which is told. */
async function start(backend: Backend, evenInSoftware = false): Promise<boolean> {
  if (backend === 'cpu') {
    await import('./tensorflow-cpu.js')
  } else {
    const found = findWebgl()
    if ('absent' in found) {
      tell(found)
      return false
    }
    tell({ how: found.how })
    if (found.software && !evenInSoftware) {
      tell({
        absent:
          'There is no graphics card for it. In software its shaders alone take long to compile.',
      })
      return false
    }
    await import('./tensorflow-webgl.js')
    // It refuses a renderer in software unless it is told to take it.
    if (found.software) tf.env().set('SOFTWARE_WEBGL_ENABLED', true)
  }
  if (await tf.setBackend(backend)) return true
  throw new Error(`TensorFlow.js could not start its backend ${backend} here.`)
}

async function race(order: RaceOrder, backend: Backend): Promise<void> {
  if (!(await start(backend, order.evenInSoftware))) return
  const lap = new Lap(order)
  const { pixels, labels, held } = order
  const model = makeModel()
  const imagesOf = (bytes: Uint8Array, rows: readonly number[]): tf.Tensor4D => {
    const floats = new Float32Array(rows.length * 784)
    rows.forEach((row, k) => {
      for (let i = 0; i < 784; ++i) floats[k * 784 + i] = (bytes[row * 784 + i] ?? 0) / 255
    })
    return tf.tensor4d(floats, [rows.length, 28, 28, 1])
  }
  await runRace(order, lap, {
    ahead: kAhead[backend],
    async trainBatch(rows) {
      const x = imagesOf(pixels, rows)
      const y = tf.tensor1d(rows.map((row) => labels[row] ?? 0))
      await model.trainOnBatch(x, y)
      x.dispose()
      y.dispose()
    },
    guess() {
      const all = Array.from(held.labels, (_, row) => row)
      const output = model.predict(imagesOf(held.pixels, all)) as tf.Tensor
      return tf.argMax(output, 1).data()
    },
  })
}

onmessage = ({ data }: MessageEvent<RaceOrder & { backend: Backend }>) => {
  // What goes wrong reaches the page as the worker's own error.
  race(data, data.backend).catch((error: unknown) => {
    setTimeout(() => {
      throw error
    })
  })
}
