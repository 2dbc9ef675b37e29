// Losses, optimizers and whole trainings against TensorFlow.js: the same weights, the same batches.
// One step of plain gradient descent with rate 1 shows a loss's gradient as the weights' difference.
// SPDX-License-Identifier: MIT
import { after, test } from 'node:test'
import * as fovea from 'fovea'
import {
  expectClose,
  randomSource,
  randomTensor,
  shareWeights,
  sizeOf,
  tf,
  tfl,
  theirWeights,
} from './tfjs.mjs'

const kClasses = 5

function oneHot(random, batch) {
  const data = new Float32Array(batch * kClasses)
  for (let row = 0; row < batch; ++row) data[row * kClasses + random.integer(0, kClasses - 1)] = 1
  return data
}
const binary = (random, batch) =>
  Float32Array.from({ length: batch * kClasses }, () => random.integer(0, 1))
const distribution = (random, batch) => {
  const data = random.floats(batch * kClasses, 0.1, 1)
  for (let row = 0; row < batch; ++row) {
    const part = data.subarray(row * kClasses, (row + 1) * kClasses)
    const sum = part.reduce((total, one) => total + one, 0)
    part.forEach((value, k) => (part[k] = value / sum))
  }
  return data
}
const values = (random, batch) => random.floats(batch * kClasses, -1, 1)
const positive = (random, batch) => random.floats(batch * kClasses, 0.2, 3)

/** our name, theirs, the last layer's activation, targets */
const kLosses = [
  ['meanSquaredError', 'meanSquaredError', 'linear', values],
  ['meanAbsoluteError', 'meanAbsoluteError', 'linear', values],
  ['categoricalCrossentropy', 'categoricalCrossentropy', 'softmax', oneHot],
  ['binaryCrossentropy', 'binaryCrossentropy', 'sigmoid', binary],
  [
    'squaredHinge',
    'squaredHinge',
    'tanh',
    (random, batch) => binary(random, batch).map((one) => 2 * one - 1),
  ],
  ['hinge', 'hinge', 'tanh', (random, batch) => binary(random, batch).map((one) => 2 * one - 1)],
  ['categoricalHinge', 'categoricalHinge', 'softmax', oneHot],
  ['kullbackLeiblerDivergence', 'kullbackLeiblerDivergence', 'softmax', distribution],
  ['logCosh', 'logcosh', 'linear', values],
  ['poisson', 'poisson', 'softplus', positive],
  ['cosineSimilarity', 'cosineProximity', 'linear', values],
]

/** The same small dense network in both libraries. */
async function twins(activation, random) {
  const mine = await fovea.sequential({
    seed: 1,
    layers: [
      fovea.layers.dense({ inputShape: [7], units: 9, activation: 'tanh' }),
      fovea.layers.dense({ units: kClasses, activation }),
    ],
  })
  const theirs = tfl.sequential({
    layers: [
      tfl.layers.dense({ inputShape: [7], units: 9, activation: 'tanh' }),
      tfl.layers.dense({ units: kClasses, activation }),
    ],
  })
  await shareWeights(mine, theirs, random)
  return { mine, theirs }
}

const weightsOf = async (model) => (await model.getWeights()).map(({ data }) => data)

for (const [name, theirName, activation, targets] of kLosses) {
  test(`${name}: value and gradient as TensorFlow.js`, async () => {
    const random = randomSource(5)
    const { mine, theirs } = await twins(activation, random)
    await mine.compile({ optimizer: fovea.optimizers.sgd({ learningRate: 1 }), loss: name })
    theirs.compile({ optimizer: tf.train.sgd(1), loss: theirName })
    const batch = 6
    const x = randomTensor(random, [batch, 7])
    const data = targets(random, batch)
    const before = await weightsOf(mine)
    const { loss } = await mine.trainOnBatch(x.mine, fovea.tensor(data, [batch, kClasses]))
    // cosineProximity is the mean over the examples' sums of products, as ours: see docs/differences.md
    const expected = await theirs.trainOnBatch(x.theirs, tf.tensor(data, [batch, kClasses]))
    expectClose([loss], [expected], 'loss', 64)
    const after = await weightsOf(mine)
    theirWeights(theirs).forEach((weight, k) => {
      const mineStep = after[k].map((value, i) => value - before[k][i])
      const theirStep = weight.map((value, i) => value - before[k][i])
      expectClose(mineStep, theirStep, `step of weight ${k}`, 256)
    })
    await mine.dispose()
  })
}

const { optimizers } = fovea
// Left out: adadelta, where TensorFlow.js divides by the squares' mean of the step before, and centred
// rmsprop, where it takes the root of a difference less epsilon, which is negative at first: NaN.
// Both follow Keras's formulas here (tests/cpp/optimizer_test.cpp).
const kOptimizers = [
  ['sgd', optimizers.sgd({ learningRate: 0.1 }), () => tf.train.sgd(0.1)],
  [
    'sgd with momentum',
    optimizers.sgd({ learningRate: 0.1, momentum: 0.9 }),
    () => tf.train.momentum(0.1, 0.9),
  ],
  [
    'sgd with Nesterov',
    optimizers.sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
    () => tf.train.momentum(0.1, 0.9, true),
  ],
  [
    'rmsprop',
    optimizers.rmsprop({ learningRate: 0.01, rho: 0.9, epsilon: 1e-6 }),
    () => tf.train.rmsprop(0.01, 0.9, 0, 1e-6),
  ],
  [
    'rmsprop with momentum',
    optimizers.rmsprop({ learningRate: 0.01, rho: 0.9, momentum: 0.5, epsilon: 1e-6 }),
    () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-6),
  ],
  [
    'adagrad',
    optimizers.adagrad({ learningRate: 0.1, initialAccumulatorValue: 0.1 }),
    () => tf.train.adagrad(0.1, 0.1),
  ],
  [
    'adam',
    optimizers.adam({ learningRate: 0.01, epsilon: 1e-7, epsilonPlacement: 'corrected' }),
    () => tf.train.adam(0.01, 0.9, 0.999, 1e-7),
  ],
  [
    'adamax',
    optimizers.adamax({ learningRate: 0.01, epsilon: 1e-7 }),
    () => tf.train.adamax(0.01, 0.9, 0.999, 1e-7),
  ],
]

for (const [name, ours, theirOptimizer] of kOptimizers) {
  test(`${name}: five steps as TensorFlow.js`, async () => {
    const random = randomSource(11)
    const { mine, theirs } = await twins('linear', random)
    await mine.compile({ optimizer: ours, loss: 'meanSquaredError' })
    theirs.compile({ optimizer: theirOptimizer(), loss: 'meanSquaredError' })
    for (let step = 0; step < 5; ++step) {
      const x = randomTensor(random, [6, 7])
      const y = randomTensor(random, [6, kClasses])
      const { loss } = await mine.trainOnBatch(x.mine, y.mine)
      expectClose([loss], [await theirs.trainOnBatch(x.theirs, y.theirs)], `loss ${step}`, 512)
    }
    const after = await weightsOf(mine)
    theirWeights(theirs).forEach((weight, k) => expectClose(after[k], weight, `weight ${k}`, 4096))
    await mine.dispose()
  })
}

/** A random small network: convolutions, poolings, normalisation, dense layers. */
function randomNetwork(random) {
  const side = random.integer(6, 10)
  const channels = random.integer(1, 3)
  const activations = ['relu', 'tanh', 'sigmoid', 'elu', 'swish']
  const list = []
  for (let k = random.integer(1, 2); k > 0; --k) {
    const padding = random.pick(['valid', 'same'])
    const options = {
      filters: random.integer(2, 6),
      kernelSize: random.integer(2, 3),
      padding,
      strides: padding === 'same' ? random.integer(1, 2) : 1,
      activation: random.pick(activations),
    }
    list.push([random.pick(['conv2d', 'separableConv2d', 'conv2d']), options])
    if (random.uniform() > 0) list.push(['batchNormalization', { momentum: 0.9 }])
  }
  if (random.uniform() > 0)
    list.push([random.pick(['maxPooling2d', 'averagePooling2d']), { poolSize: 2 }])
  list.push([random.pick(['flatten', 'globalAveragePooling2d']), {}])
  if (random.uniform() > 0)
    list.push(['dense', { units: random.integer(4, 9), activation: random.pick(activations) }])
  list.push(['dense', { units: kClasses, activation: 'softmax' }])
  return { shape: [side, side, channels], list }
}

const build = (layers, { shape, list }) =>
  list.map(([type, options], k) =>
    layers[type]({ ...options, ...(k === 0 ? { inputShape: shape } : {}) }),
  )

for (let network = 1; network <= 20; ++network) {
  test(`random network ${network}: five steps as TensorFlow.js`, async () => {
    const random = randomSource(network * 7919)
    const description = randomNetwork(random)
    const mine = await fovea.sequential({ seed: 1, layers: build(fovea.layers, description) })
    const theirs = tfl.sequential({ layers: build(tfl.layers, description) })
    await shareWeights(mine, theirs, random)
    await mine.compile({
      optimizer: optimizers.sgd({ learningRate: 0.05, momentum: 0.9 }),
      loss: 'categoricalCrossentropy',
    })
    theirs.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy' })
    for (let step = 0; step < 5; ++step) {
      const batch = 4
      const x = randomTensor(random, [batch, ...description.shape])
      const data = oneHot(random, batch)
      const { loss } = await mine.trainOnBatch(x.mine, fovea.tensor(data, [batch, kClasses]))
      const expected = await theirs.trainOnBatch(x.theirs, tf.tensor(data, [batch, kClasses]))
      expectClose(
        [loss],
        [expected],
        `loss ${step} of ${JSON.stringify(description)}`,
        sizeOf(description.shape) * 32,
      )
    }
    await mine.dispose()
  })
}

after(() => fovea.shutdown())
