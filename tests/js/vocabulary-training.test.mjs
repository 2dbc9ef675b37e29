// Everything that compile and fit can be told, once each through the engine: every name is known,
// every option arrives, and every loss goes down.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fovea from 'fovea'

const { constraints, initializers, layers, losses, metrics, optimizers, regularizers, schedules } =
  fovea

const x = fovea.tensor(
  Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * 1.7)),
  [32, 2],
)
const yes = Int32Array.from({ length: 32 }, (_, i) => Number(x.data[2 * i] > x.data[2 * i + 1]))

const small = (units, activation) =>
  fovea.sequential({
    seed: 1,
    layers: [
      layers.dense({ inputShape: [2], units: 8, activation: 'tanh' }),
      layers.dense({ units, activation }),
    ],
  })

/** Loss before and after some epochs. */
async function train(model, y, compile, fit = {}) {
  await model.compile({ optimizer: optimizers.adam({ learningRate: 0.02 }), ...compile })
  const { history } = await model.fit(x, y, { epochs: 12, batchSize: 16, ...fit })
  await model.dispose()
  assert.ok(history.loss.at(-1) < history.loss[0], `${history.loss}`)
  return history
}

const oneOutput = ['meanSquaredError', 'meanAbsoluteError', 'huber', 'logCosh', 'hinge', 'dice']
const probabilities = ['binaryCrossentropy', 'focal', 'poisson', 'meanSquaredLogarithmicError']
for (const name of [...oneOutput, ...probabilities, 'squaredHinge']) {
  test(`loss ${name}`, async () => {
    await train(await small(1, 'sigmoid'), yes, { loss: losses[name](), metrics: ['accuracy'] })
  })
}
for (const name of [
  'categoricalCrossentropy',
  'categoricalHinge',
  'focal',
  'cosineSimilarity',
  'kullbackLeiblerDivergence',
]) {
  test(`loss ${name} over classes`, async () => {
    await train(await small(2, 'softmax'), fovea.oneHot(yes, 2), { loss: name })
  })
}

test('loss gaussianMixtureNLL', async () => {
  const y = fovea.tensor(Float32Array.from(yes), [32, 1])
  await train(await small(6), y, { loss: losses.gaussianMixtureNLL({ components: 2 }) })
})

for (const name of [
  'sgd',
  'rmsprop',
  'adagrad',
  'adadelta',
  'adam',
  'adamax',
  'adamw',
  'nadam',
  'lion',
]) {
  test(`optimizer ${name}, with everything that all of them take`, async () => {
    const optimizer = optimizers[name]({
      learningRate: schedules.cosineDecay({ initialLearningRate: 0.01, decaySteps: 100 }),
      clipNorm: 1,
      weightDecay: 1e-4,
      ema: 0.9,
    })
    await train(await small(1), yes, { optimizer, loss: 'meanSquaredError' })
  })
}

test('every metric', async () => {
  const binary = ['binaryAccuracy', 'precision', 'recall', 'f1', 'auc', 'meanIoU', 'mse', 'mae']
  const history = await train(await small(1), yes, {
    loss: losses.binaryCrossentropy({ fromLogits: true }),
    metrics: binary,
  })
  for (const name of binary) assert.ok(history[name].at(-1) >= 0, name)
  const model = await small(2, 'softmax')
  const classes = await train(model, yes, {
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['sparseCategoricalAccuracy', metrics.topKCategoricalAccuracy({ k: 2, name: 'top2' })],
  })
  assert.equal(classes.top2.at(-1), 1)
})

test('classWeight and sampleWeight say the same as weights by hand', async () => {
  const compile = { loss: 'binaryCrossentropy' }
  const byClass = await train(await small(1, 'sigmoid'), yes, compile, {
    classWeight: { 1: 3 },
  })
  const byExample = await train(await small(1, 'sigmoid'), yes, compile, {
    sampleWeight: Array.from(yes, (label) => (label === 1 ? 3 : 1)),
  })
  assert.deepEqual(byClass.loss, byExample.loss)
})

test('regularizers, constraints and initializers with options', async () => {
  const model = await fovea.sequential({
    layers: [
      layers.dense({
        inputShape: [2],
        units: 2,
        kernelInitializer: initializers.orthogonal({ gain: 2 }),
        kernelRegularizer: regularizers.l2({ l2: 0.001 }),
        kernelConstraint: constraints.maxNorm({ maxValue: 0.5, axis: [0] }),
      }),
      layers.dense({ units: 1, kernelInitializer: initializers.randomNormal({ stddev: 0.1 }) }),
    ],
  })
  await model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
  await model.fit(x, yes, { epochs: 1 })
  const [kernel] = await model.getWeights()
  for (let column = 0; column < 2; ++column) {
    const norm = Math.hypot(kernel.data[column], kernel.data[2 + column])
    assert.ok(norm <= 0.5 + 1e-5, `${norm}`)
  }
  await model.dispose()
})

test('evaluate weighs examples', async () => {
  const model = await small(1)
  await model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
  const plain = await model.evaluate(x, yes)
  const double = await model.evaluate(x, yes, { sampleWeight: new Float32Array(32).fill(2) })
  assert.ok(Math.abs(double.loss - 2 * plain.loss) < 1e-6)
  await model.dispose()
})

test('ema: at the end of fit the averages over the steps become the weights', async () => {
  const runs = {}
  for (const [name, epochs, ema] of [
    ['one', 1, false],
    ['two', 2, false],
    ['averaged', 2, 0.75],
  ]) {
    const model = await small(1)
    const optimizer = optimizers.sgd({ learningRate: 0.5, ema })
    await model.compile({ optimizer, loss: 'meanSquaredError' })
    await model.fit(x, yes, { epochs, batchSize: 32 })
    runs[name] = (await model.getWeights())[0].data
    await model.dispose()
  }
  const wanted = runs.one.map((first, k) => 0.75 * first + 0.25 * runs.two[k])
  assert.ok(wanted.some((value, k) => value !== runs.two[k]))
  runs.averaged.forEach((value, k) => assert.ok(Math.abs(value - wanted[k]) < 1e-6))
})
