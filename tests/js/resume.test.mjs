// A training that is saved, loaded into a new engine and continued gives the bits of one that never
// stopped: at the end of an epoch and in the middle of one.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fovea from 'fovea'
import { bands, bits, rejects, smallModel } from './support/small.mjs'

const { layers, optimizers, schedules, losses } = fovea
const { images, labels } = bands(70)
const kFit = { batchSize: 16, shuffle: true, seed: 5 }

after(() => fovea.shutdown())

/** What makes a resume hard: chance, statistics, a frozen layer. */
function hardLayers() {
  return [
    layers.conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3, trainable: false }),
    layers.batchNormalization(),
    layers.reLU(),
    layers.randomFlip({ mode: 'horizontal' }),
    layers.flatten(),
    layers.dropout({ rate: 0.25 }),
    layers.dense({ units: 3, activation: 'softmax', kernelRegularizer: 'l2' }),
  ]
}

async function hardModel(optimizer) {
  const model = await fovea.sequential({ layers: hardLayers(), seed: 7 })
  const loss = 'sparseCategoricalCrossentropy'
  await model.compile({ optimizer, loss, metrics: ['accuracy', 'mae'] })
  return model
}

const { sgd, rmsprop, adagrad, adadelta, adam, adamax, adamw, nadam, lion } = optimizers
const kOptimizers = {
  sgd: 'sgd',
  'momentum and a schedule': sgd({
    learningRate: schedules.cosineDecay({ initialLearningRate: 0.1, decaySteps: 20 }),
    momentum: 0.9,
    nesterov: true,
  }),
  rmsprop: rmsprop({ momentum: 0.5, centered: true, clipNorm: 0.5 }),
  adagrad: adagrad(),
  adadelta: adadelta({ learningRate: 1 }),
  'adam, amsgrad, clip': adam({ amsgrad: true, globalClipNorm: 0.3 }),
  adamax: adamax(),
  'adamw with averages': adamw({ ema: 0.9, learningRate: 0.01 }),
  nadam: nadam({ clipValue: 0.01 }),
  lion: lion({ weightDecay: 0.01 }),
}

/** A model's whole state, averages and slots included. */
const stateOf = async (model) =>
  Buffer.from(await model.toSafetensors({ optimizer: true })).toString('latin1')

/** Loads into an engine that has seen nothing of the training. */
async function inNewEngine(bytes) {
  await fovea.shutdown()
  return fovea.loadModel(bytes)
}

for (const [name, optimizer] of Object.entries(kOptimizers)) {
  test(`${name}: stopped between and within epochs, it goes on bit for bit`, async () => {
    const whole = await hardModel(optimizer)
    const { history, epoch } = await whole.fit(images, labels, { ...kFit, epochs: 5 })
    const expected = await stateOf(whole)
    for (const stop of [10, 12]) {
      // Five batches an epoch: after the second epoch, and after the second batch of the third.
      const begun = await hardModel(optimizer)
      let steps = 0
      const onBatchEnd = () => void (++steps === stop && begun.stop())
      const first = await begun.fit(images, labels, {
        ...kFit,
        epochs: 5,
        callbacks: [{ onBatchEnd }],
      })
      assert.equal(steps, stop)
      const loaded = await inNewEngine(await begun.toSafetensors({ optimizer: true }))
      const rest = await loaded.fit(images, labels, { ...kFit, epochs: 5, resume: true })
      assert.equal(await stateOf(loaded), expected, `after ${stop} steps`)
      assert.deepEqual([...first.epoch, ...rest.epoch], epoch)
      for (const [key, values] of Object.entries(history)) {
        assert.deepEqual([...(first.history[key] ?? []), ...rest.history[key]], values, key)
      }
    }
  })
}

/** Two inputs, a layer that is applied to both, two outputs. */
async function branched() {
  const [left, right] = [0, 1].map(() => fovea.input({ shape: [8, 8, 1] }))
  const shared = layers.conv2d({ filters: 2, kernelSize: 3, name: 'eye' })
  const both = layers.concatenate().apply([shared.apply(left), shared.apply(right)])
  const flat = layers.dropout({ rate: 0.1 }).apply(layers.flatten().apply(both))
  const outputs = [3, 1].map((units) => layers.dense({ units }).apply(flat))
  const model = await fovea.model({ inputs: [left, right], outputs, seed: 3, name: 'branched' })
  await model.compile({
    optimizer: 'adam',
    loss: [losses.sparseCategoricalCrossentropy({ fromLogits: true }), 'meanSquaredError'],
    lossWeights: [1, 0.5],
    metrics: { dense_1: ['accuracy'], dense_2: ['mae'] },
  })
  return model
}

test('a graph with shared layers, two inputs and two outputs resumes, also after freezing', async () => {
  const x = [images, images]
  const y = [labels, Float32Array.from(labels)]
  const whole = await branched()
  await whole.fit(x, y, { ...kFit, epochs: 2 })
  const loaded = await inNewEngine(await whole.toSafetensors({ optimizer: true }))
  const again = await branched()
  await again.fit(x, y, { ...kFit, epochs: 2 })
  for (const model of [loaded, again]) {
    await model.setTrainable('eye', false)
    await model.fit(x, y, { ...kFit, epochs: 4, resume: true })
  }
  assert.equal(await stateOf(loaded), await stateOf(again))
  const frozen = await fovea.loadModel(await loaded.toSafetensors())
  assert.deepEqual(frozen.layers, loaded.layers)
  assert.equal(frozen.layer('eye').trainable, false)
})

test('a checkpoint from a hook in the middle of a training goes on like that training', async () => {
  const kept = []
  const whole = await hardModel(kOptimizers['adamw with averages'])
  const keep = async ({ model }) => kept.push(await model.toSafetensors({ optimizer: true }))
  const callbacks = [fovea.callbacks.modelCheckpoint({ save: keep })]
  await whole.fit(images, labels, { ...kFit, epochs: 4, callbacks })
  const expected = await stateOf(whole)
  for (const bytes of kept) {
    const loaded = await inNewEngine(bytes)
    await loaded.fit(images, labels, { ...kFit, epochs: 4, resume: true })
    assert.equal(await stateOf(loaded), expected)
  }
})

test('a rate set by hand, and a loss of one’s own, survive', async () => {
  const squares = (yTrue, yPred) => {
    const data = yPred.data.map((p, i) => (2 * (p - yTrue.data[i])) / yPred.data.length)
    const loss = yPred.data.reduce((s, p, i) => s + (p - yTrue.data[i]) ** 2, 0)
    return { loss: loss / yPred.data.length, gradient: fovea.tensor(data, yPred.shape) }
  }
  const y = fovea.oneHot(labels, 3)
  const make = async () => {
    const model = await fovea.sequential({ layers: hardLayers(), seed: 7 })
    await model.compile({ optimizer: 'adam', loss: squares })
    await model.setLearningRate(0.004)
    await model.fit(images, y, kFit)
    return model
  }
  const [whole, other] = [await make(), await make()]
  const bytes = await other.toSafetensors({ optimizer: true })
  await rejects(
    'bad-option',
    "loadModel: the model was compiled with a loss of one's own, and no file holds a function. Give it: " +
      'fovea.loadModel(source, { loss }).',
    () => fovea.loadModel(bytes),
  )
  const loaded = await fovea.loadModel(bytes, { loss: squares })
  assert.equal(await loaded.getLearningRate(), 0.004)
  for (const model of [whole, loaded]) {
    await model.fit(images, y, { ...kFit, epochs: 2, resume: true })
  }
  assert.equal(await bits(loaded), await bits(whole))
})

test('what resume cannot go on with is refused, and the training stays where it stands', async () => {
  const model = await smallModel()
  const onBatchEnd = () => model.stop()
  await model.fit(images, labels, { ...kFit, epochs: 2, callbacks: [{ onBatchEnd }] })
  const state = await stateOf(model)
  const sentence = (other) =>
    'fit: the training of model "sequential" stands after batch 1 of epoch 0 of 70 examples shuffled, 16 ' +
    `at a time, seed 5, but is to go on in epoch 0 of ${other}. Give the same data and options, or leave ` +
    'resume out.'
  const cases = [
    [{ batchSize: 8 }, '70 examples shuffled, 8 at a time, seed 5'],
    [{ shuffle: false }, '70 examples in order, 16 at a time, seed 5'],
    [{ validationSplit: 0.5 }, '35 examples shuffled, 16 at a time, seed 5'],
    [{ seed: 6 }, '70 examples shuffled, 16 at a time, seed 6'],
  ]
  for (const [options, other] of cases) {
    await rejects('bad-option', sentence(other), () =>
      model.fit(images, labels, { ...kFit, resume: true, ...options }),
    )
    assert.equal(await stateOf(model), state)
  }
  await rejects(
    'bad-option',
    'fit: has both initialEpoch and resume, which begins where the training stands. Give one.',
    () => model.fit(images, labels, { resume: true, initialEpoch: 1 }),
  )
  const { epoch } = await model.fit(images, labels, { batchSize: 16, epochs: 1, resume: true })
  assert.deepEqual(epoch, [0], 'the seed of the training is its own')
  const over = await model.fit(images, labels, { batchSize: 16, epochs: 1, resume: true })
  assert.deepEqual(over.epoch, [], 'nothing is left')
})

test('averages of the weights: a training that ends twice, or goes on, keeps its numbers', async () => {
  const make = async () => {
    const made = await smallModel()
    const optimizer = fovea.optimizers.sgd({ learningRate: 0.1, ema: 0.5 })
    await made.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' })
    return made
  }
  const [once, twice] = [await make(), await make()]
  for (const model of [once, twice]) await model.fit(images, labels, { epochs: 2 })
  const averages = await bits(twice)
  await twice.fit(images, labels, { epochs: 2, initialEpoch: 2 })
  assert.equal(await bits(twice), averages, 'an empty training changes nothing')
  for (const model of [once, twice]) await model.fit(images, labels, { epochs: 1 })
  assert.equal(await bits(once), await bits(twice))
})
