// fit, evaluate and callbacks: what is trained, measured and reported.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fovea from 'fovea'
import { bands, bits, rejects, smallModel } from './support/small.mjs'

const { images, labels } = bands(96)
const held = bands(30, 99)

test('fit learns, and the history has one entry per epoch', async () => {
  const model = await smallModel()
  const before = await model.evaluate(held)
  const { history, epoch, imagesPerSecond, stopped } = await model.fit(images, labels, {
    epochs: 6,
    batchSize: 16,
    validationData: [held.images, held.labels],
  })
  assert.deepEqual(epoch, [0, 1, 2, 3, 4, 5])
  assert.deepEqual(Object.keys(history), ['loss', 'accuracy', 'val_loss', 'val_accuracy'])
  for (const values of Object.values(history)) assert.equal(values.length, 6)
  assert.ok(history.loss.at(-1) < history.loss[0] / 2, `${history.loss}`)
  assert.ok(imagesPerSecond.every((rate) => rate > 0))
  assert.equal(stopped, false)
  const after = await model.evaluate(held)
  assert.deepEqual(after, { loss: history.val_loss.at(-1), accuracy: history.val_accuracy.at(-1) })
  assert.ok(after.accuracy > 0.9 && after.loss < before.loss, JSON.stringify({ before, after }))
  await model.dispose()
})

test('a data set may stand for x and y', async () => {
  const [one, two] = [await smallModel(), await smallModel()]
  await one.fit(images, labels, { epochs: 1 })
  await two.fit({ images, labels }, { epochs: 1, validationData: held })
  assert.equal(await bits(one), await bits(two))
  assert.deepEqual(
    await one.evaluate(held, { batchSize: 7 }),
    await two.evaluate(held.images, held.labels),
  )
  await one.dispose()
  await two.dispose()
})

test('the last, smaller batch counts by its size', async () => {
  const model = await smallModel()
  const sizes = []
  const losses = []
  const onBatchEnd = (_batch, { size, loss }) => void (sizes.push(size), losses.push(loss * size))
  const { history } = await model.fit(images, labels, {
    batchSize: 40,
    callbacks: [{ onBatchEnd }],
  })
  assert.deepEqual(sizes, [40, 40, 16])
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / 96
  assert.ok(Math.abs(history.loss[0] - mean) < 1e-9, `${history.loss[0]} ${mean}`)
  await model.dispose()
})

test('validationSplit holds back the last examples and validationFreq skips epochs', async () => {
  const model = await smallModel()
  const twin = await smallModel()
  const { history } = await model.fit(images, labels, {
    epochs: 4,
    validationSplit: 0.25,
    validationFreq: 2,
  })
  assert.equal(history.loss.length, 4)
  assert.equal(history.val_loss.length, 2)
  const first = fovea.tensor(images.data.slice(0, 72 * 64), [72, 8, 8, 1])
  await twin.fit(first, labels.slice(0, 72), { epochs: 4 })
  assert.equal(await bits(model), await bits(twin), 'the held-back examples were trained on')
  await model.dispose()
  await twin.dispose()
})

test('fit twice goes on where the first stopped: initialEpoch continues bit for bit', async () => {
  const [whole, parts] = [await smallModel(), await smallModel()]
  await whole.fit(images, labels, { epochs: 4 })
  const first = await parts.fit(images, labels, { epochs: 2 })
  const second = await parts.fit(images, labels, { epochs: 4, initialEpoch: 2 })
  assert.deepEqual(
    [first.epoch, second.epoch],
    [
      [0, 1],
      [2, 3],
    ],
  )
  assert.equal(await bits(whole), await bits(parts))
  await whole.dispose()
  await parts.dispose()
})

test('shuffle: false keeps the order, and the seed decides the order otherwise', async () => {
  const trained = async (options) => {
    const model = await smallModel()
    await model.fit(images, labels, { epochs: 2, ...options })
    const result = await bits(model)
    await model.dispose()
    return result
  }
  const ordered = await trained({ shuffle: false })
  assert.equal(await trained({ shuffle: false }), ordered)
  assert.notEqual(await trained({ seed: 1 }), ordered)
  assert.equal(await trained({ seed: 1 }), await trained({ seed: 1 }))
  assert.notEqual(await trained({ seed: 1 }), await trained({ seed: 2 }))
})

test('trainOnBatch makes one step', async () => {
  const model = await smallModel()
  const before = await bits(model)
  const { loss, accuracy } = await model.trainOnBatch(images, labels)
  assert.ok(loss > 0 && accuracy >= 0 && accuracy <= 1)
  assert.notEqual(await bits(model), before)
  const losses = []
  for (let k = 0; k < 20; ++k) losses.push((await model.trainOnBatch(images, labels)).loss)
  assert.ok(losses.at(-1) < loss / 2, `${loss} ${losses.at(-1)}`)
  await model.dispose()
})

test('labels: one-hot with categoricalCrossentropy learn what class numbers do', async () => {
  const one = await smallModel()
  const two = await smallModel()
  await two.compile({
    optimizer: fovea.optimizers.adam({ learningRate: 0.01 }),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
  })
  const a = await one.fit(images, labels, { epochs: 2 })
  const b = await two.fit(images, fovea.oneHot(labels, 3), { epochs: 2 })
  assert.deepEqual(a.history.accuracy, b.history.accuracy)
  for (const [k, loss] of a.history.loss.entries()) {
    assert.ok(Math.abs(loss - b.history.loss[k]) < 1e-5, `${loss} ${b.history.loss[k]}`)
  }
  await one.dispose()
  await two.dispose()
})

test('labels of any kind of integer array mean the same', async () => {
  const results = new Set()
  for (const given of [labels, [...labels], Uint8Array.from(labels), fovea.tensor(labels, [96])]) {
    const model = await smallModel()
    await model.fit(images, given)
    results.add(await bits(model))
    await model.dispose()
  }
  assert.equal(results.size, 1)
})

test('the arrays of the user stay as they are', async () => {
  const model = await smallModel()
  const data = images.data.slice()
  const mine = fovea.tensor(data, [96, 8, 8, 1])
  const classes = labels.slice()
  await model.fit(mine, classes)
  await model.predict(mine)
  assert.equal(data.length, 96 * 64, 'the buffer was moved away')
  assert.deepEqual(data, images.data)
  assert.deepEqual(classes, labels)
  await model.dispose()
})

test('hooks are called in order, awaited, with what they need', async () => {
  const model = await smallModel()
  const calls = []
  const slow = () => new Promise((resolve) => setTimeout(resolve, 5))
  const callback = {
    onTrainBegin: (_logs, context) =>
      void calls.push(`begin ${context.batches} ${context.samples}`),
    async onEpochBegin(epoch) {
      calls.push(`epoch ${epoch}`)
      await slow()
      calls.push('waited')
    },
    onBatchBegin: (batch) => void calls.push(`batch ${batch}`),
    onBatchEnd: (batch, { step, epoch, batches }) =>
      void calls.push(`done ${batch} of ${batches}, step ${step}, epoch ${epoch}`),
    async onEpochEnd(epoch, logs) {
      await slow()
      calls.push(`end ${epoch} ${Object.keys(logs)}`)
    },
    onTrainEnd: (_logs, context) => void calls.push(`over ${context.model === model}`),
  }
  await model.fit(images, labels, { epochs: 2, batchSize: 48, callbacks: [callback] })
  assert.deepEqual(calls, [
    'begin 2 96',
    'epoch 0',
    'waited',
    'batch 0',
    'done 0 of 2, step 1, epoch 0',
    'batch 1',
    'done 1 of 2, step 2, epoch 0',
    'end 0 loss,accuracy',
    'epoch 1',
    'waited',
    'batch 0',
    'done 0 of 2, step 3, epoch 1',
    'batch 1',
    'done 1 of 2, step 4, epoch 1',
    'end 1 loss,accuracy',
    'over true',
  ])
  await model.dispose()
})

test('an error in a hook ends the training with that error', async () => {
  const model = await smallModel()
  const onBatchEnd = () => {
    throw new RangeError('enough')
  }
  const work = model.fit(images, labels, { epochs: 9, callbacks: [{ onBatchEnd }] })
  await assert.rejects(work, new RangeError('enough'))
  await model.fit(images, labels)
  await model.dispose()
})

test('earlyStopping stops and restores the best weights', async () => {
  const model = await smallModel()
  const best = { loss: Infinity, weights: '' }
  let epochs = 0
  const spy = {
    async onEpochEnd(_epoch, logs) {
      ++epochs
      if (logs.val_loss < best.loss)
        Object.assign(best, { loss: logs.val_loss, weights: await bits(model) })
    },
  }
  // Labels that have nothing to do with the images: validation soon gets worse.
  const noise = labels.map((_, k) => (k * k + (k >> 2)) % 3)
  const stopper = fovea.callbacks.earlyStopping({ patience: 2, restoreBestWeights: true })
  const { stopped } = await model.fit(images, noise, {
    epochs: 200,
    validationData: held,
    callbacks: [spy, stopper],
  })
  assert.equal(stopped, true)
  assert.ok(epochs < 200, `${epochs}`)
  assert.equal(await bits(model), best.weights)
  await model.dispose()
})

test('earlyStopping says what it could watch instead', async () => {
  const model = await smallModel()
  await rejects(
    'bad-option',
    'earlyStopping: there is no "val_loss" to watch. There are loss, accuracy; val_ values need ' +
      'validationData or validationSplit.',
    () => model.fit(images, labels, { callbacks: [fovea.callbacks.earlyStopping()] }),
  )
  await model.dispose()
})

test('learningRateScheduler sets the rate of every epoch', async () => {
  const model = await smallModel()
  const rates = []
  const schedule = fovea.callbacks.learningRateScheduler((epoch, rate) => (epoch ? rate / 2 : rate))
  const spy = { onEpochEnd: async () => void rates.push(await model.getLearningRate()) }
  await model.fit(images, labels, { epochs: 3, callbacks: [schedule, spy] })
  assert.deepEqual(rates, [0.01, 0.005, 0.0025])
  await model.setLearningRate(0)
  const before = await bits(model)
  await model.fit(images, labels)
  assert.equal(await bits(model), before, 'a rate of 0 changes nothing')
  await model.dispose()
})

test('a row is predicted the same in every batch, and a single example without its batch', async () => {
  const model = await smallModel()
  const all = await model.predict(held.images)
  assert.deepEqual(all.shape, [30, 3])
  assert.deepEqual(await model.predict(held.images, { batchSize: 7 }), all)
  const one = await model.predict(fovea.tensor(held.images.data.slice(128, 192), [8, 8, 1]))
  assert.deepEqual(one.shape, [1, 3])
  assert.deepEqual(one.data, all.data.slice(6, 9))
  await model.fit(images, labels)
  assert.deepEqual(one.data, all.data.slice(6, 9), 'results are copies, valid for ever')
  await model.dispose()
})

test('mean squared error fits a line', async () => {
  const model = await fovea.sequential({
    layers: [fovea.layers.dense({ inputShape: [1], units: 1 })],
    seed: 3,
  })
  const optimizer = fovea.optimizers.sgd({ learningRate: 0.05, momentum: 0.9 })
  await model.compile({ optimizer, loss: 'meanSquaredError' })
  const x = Float32Array.from({ length: 64 }, (_, k) => k / 32 - 1)
  const y = x.map((value) => 3 * value - 2)
  await model.fit(fovea.tensor(x, [64, 1]), fovea.tensor(y, [64, 1]), { epochs: 80 })
  const [kernel, bias] = await model.getWeights()
  assert.ok(Math.abs(kernel.data[0] - 3) < 1e-3 && Math.abs(bias.data[0] + 2) < 1e-3)
  assert.deepEqual(Object.keys(await model.evaluate(fovea.tensor(x, [64, 1]), y)), ['loss'])
  await model.dispose()
})
