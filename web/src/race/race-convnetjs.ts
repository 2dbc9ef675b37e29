// SPDX-License-Identifier: MIT
// ConvNetJS in the race. It takes one image at a time and adds gradients up until a batch is full.
import * as convnet from 'convnetjs'
import { kLearningRate, kMomentum, Lap, runRace } from './order.js'
import type { RaceOrder } from './order.js'

const kLayers = [
  { type: 'input', out_sx: 28, out_sy: 28, out_depth: 1 },
  { type: 'conv', sx: 3, filters: 16, stride: 1, pad: 1, activation: 'relu' },
  { type: 'pool', sx: 2, stride: 2 },
  { type: 'conv', sx: 3, filters: 32, stride: 1, pad: 1, activation: 'relu' },
  { type: 'pool', sx: 2, stride: 2 },
  { type: 'conv', sx: 3, filters: 64, stride: 1, pad: 1, activation: 'relu' },
  { type: 'pool', sx: 2, stride: 2 },
  { type: 'fc', num_neurons: 128, activation: 'relu', drop_prob: 0.5 },
  { type: 'softmax', num_classes: 10 },
]

onmessage = ({ data }: MessageEvent<RaceOrder>) => {
  const { pixels, labels, batchSize, held } = data
  const lap = new Lap(data)
  const net = new convnet.Net()
  net.makeLayers(kLayers)
  const trainer = new convnet.Trainer(net, {
    method: 'sgd',
    learning_rate: kLearningRate,
    momentum: kMomentum,
    batch_size: batchSize,
    l2_decay: 0,
  })
  const volumeOf = (bytes: Uint8Array, row: number): convnet.Vol => {
    const volume = new convnet.Vol(28, 28, 1, 0)
    for (let i = 0; i < 784; ++i) volume.w[i] = (bytes[row * 784 + i] ?? 0) / 255
    return volume
  }
  void runRace(data, lap, {
    trainBatch(rows) {
      for (const row of rows) trainer.train(volumeOf(pixels, row), labels[row] ?? 0)
    },
    guess: () =>
      Array.from(held.labels, (_, row) => {
        net.forward(volumeOf(held.pixels, row), false)
        return net.getPrediction()
      }),
  })
}
