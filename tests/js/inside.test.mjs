// Looking inside: activations, gradients against differences, memory; in-thread and in a worker.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fovea from 'fovea'
import { bands, bits, rejects, smallModel } from './support/small.mjs'

const { layers } = fovea

const floats = (count, scale = 1) =>
  Float32Array.from({ length: count }, (_, k) => scale * Math.sin(k * 1.7 + 0.3))

/** The slope of f at each element of `data`, by trying. */
async function slopes(data, f, step = 2 ** -7) {
  const found = []
  for (let k = 0; k < data.length; ++k) {
    const at = (distance) => f(data.map((value, i) => (i === k ? value + distance : value)))
    found.push(((await at(step)) - (await at(-step))) / (2 * step))
  }
  return found
}

function close(actual, expected, tolerance) {
  assert.equal(actual.length, expected.length)
  for (let k = 0; k < expected.length; ++k) {
    const distance = Math.abs(actual[k] - expected[k])
    assert.ok(distance <= tolerance, `[${k}] ${actual[k]} instead of ${expected[k]}`)
  }
}

async function tanhModel() {
  const model = await fovea.sequential({
    layers: [
      layers.conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 3, activation: 'tanh' }),
      layers.flatten(),
      layers.dropout({ rate: 0.5 }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
    seed: 3,
  })
  await model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' })
  return model
}

test('activations: by name, the same as predict at the end', async () => {
  const model = await smallModel()
  const { images } = bands(5)
  const found = await model.activations(images, ['conv2d_1', 'dense_1', 'dropout_1', 'flatten_1'])
  assert.deepEqual(found.conv2d_1.shape, [5, 6, 6, 4])
  assert.deepEqual(found.dense_1, await model.predict(images))
  assert.deepEqual(found.dropout_1, found.flatten_1)
  const single = fovea.tensor(images.data.slice(0, 64), [8, 8, 1])
  assert.deepEqual((await model.activations(single, ['conv2d_1'])).conv2d_1.shape, [1, 6, 6, 4])
  await rejects(
    'bad-option',
    'activations: model "sequential" has no layer "conv". Names are in model.layers.',
    () => model.activations(images, ['conv']),
  )
  await rejects(
    'bad-option',
    "activations: the second argument must be an array of layers' names, such as ['conv2d_1'] but " +
      'is "conv2d_1".',
    () => model.activations(images, 'conv2d_1'),
  )
  await model.dispose()
})

test('gradients of the loss: input and weights against differences', async () => {
  const model = await tanhModel()
  const x = fovea.tensor(floats(32), [2, 4, 4, 1])
  const y = Int32Array.of(2, 0)
  const before = await bits(model)
  const { loss, input, weights } = await model.gradients(x, y)
  assert.ok(Math.abs(loss - (await model.evaluate(x, y)).loss) < 1e-6)
  assert.deepEqual(input.shape, x.shape)
  const lossAt = async (data) => (await model.gradients(fovea.tensor(data, x.shape), y)).loss
  close(input.data, await slopes(x.data, lossAt), 1e-3)
  assert.deepEqual(
    weights.map(({ name, shape }) => [name, shape]),
    (await model.getWeights()).map(({ name, shape }) => [name, shape]),
  )
  const all = await model.getWeights()
  const kernelAt = async (data) => {
    await model.setWeights(all.map((one, k) => (k === 0 ? { ...one, data } : one)))
    return (await model.gradients(x, y)).loss
  }
  close(weights[0].data, await slopes(all[0].data, kernelAt), 1e-3)
  await model.setWeights(all)
  assert.equal(await bits(model), before)
  const dropped = await model.gradients(x, y, { training: true })
  assert.notEqual(dropped.loss, loss)
  await model.setTrainable('conv2d_1', false)
  assert.deepEqual(
    (await model.gradients(x, y)).weights.map(({ name }) => name),
    ['dense_1/kernel', 'dense_1/bias'],
  )
  await model.dispose()
})

test('gradients from outputGradients: linear in them, without compile', async () => {
  const a = fovea.input({ shape: [2], name: 'a' })
  const b = fovea.input({ shape: [2], name: 'b' })
  const idle = fovea.input({ shape: [5], name: 'idle' })
  const shared = layers.dense({ units: 2, useBias: false })
  const outputs = [shared.apply(a), shared.apply(b)]
  const model = await fovea.model({ inputs: [a, b, idle], outputs })
  await model.setWeights([
    { name: 'dense_1/kernel', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  ])
  const row = (...values) => fovea.tensor(Float32Array.from(values), [1, values.length])
  const x = [row(1, 2), row(3, 5), row(0, 0, 0, 0, 0)]
  const { loss, input, weights } = await model.gradients(x, {
    outputGradients: [row(1, 0), row(0, 10)],
  })
  assert.ok(Number.isNaN(loss))
  assert.deepEqual(
    input.map(({ data }) => [...data]),
    [
      [1, 3],
      [20, 40],
      [0, 0, 0, 0, 0],
    ],
  )
  assert.deepEqual([...weights[0].data], [1, 30, 2, 50])
  await rejects(
    'bad-shape',
    'gradients: model "model" has 2 output(s) but outputGradients holds 1 tensor(s). Give one tensor ' +
      'for each output.',
    () => model.gradients(x, { outputGradients: row(1, 0) }),
  )
  await rejects(
    'bad-shape',
    'gradients: outputGradients[1] has examples of shape [1] but the output "dense_1.2" is [2]. Give ' +
      'one number for each number of the output.',
    () => model.gradients(x, { outputGradients: [row(1, 0), row(1)] }),
  )
  await rejects(
    'bad-shape',
    'gradients: outputGradients needs floats of the shape of the output, with 1 example(s), but gets ' +
      'an object (data, shape). Make it with fovea.tensor(new Float32Array(...), shape).',
    () => model.gradients(x, { outputGradients: fovea.tensor([1, 2], [2, 1]) }),
  )
  await model.dispose()
})

test('gradients of the loss need a loss', async () => {
  const model = await fovea.sequential({ layers: [layers.dense({ inputShape: [2], units: 1 })] })
  await rejects(
    'bad-option',
    'gradients: the model "sequential" needs an optimizer and a loss first. Call model.compile({ ' +
      "optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] }).",
    () => model.gradients(fovea.tensor([1, 2], [1, 2]), [1]),
  )
  await model.dispose()
})

test('memory: more for training and for more examples, never below the bound', async () => {
  const model = await smallModel()
  const one = await model.memory({ batchSize: 1 })
  const many = await model.memory({ batchSize: 64 })
  const training = await model.memory({ batchSize: 64, training: true })
  assert.ok(one.planned >= 4 * (64 + 144), `${one.planned}`)
  assert.ok(one.planned < many.planned && many.planned < training.planned)
  for (const { planned, lowerBound } of [one, many, training]) assert.ok(planned >= lowerBound)
  await rejects(
    'bad-option',
    'memory: batchSize must be a whole number of 1 or more but is 0.',
    () => model.memory({ batchSize: 0 }),
  )
  await model.dispose()
})

test('a worker gives the same activations and gradients, and learns with shared layers', async () => {
  const work = async (worker) => {
    await fovea.shutdown()
    await fovea.init({ worker })
    const model = await tanhModel()
    const x = fovea.tensor(floats(32), [2, 4, 4, 1])
    const cut = await fovea.model({
      inputs: model.inputs,
      outputs: model.layer('flatten_1').output,
    })
    const results = [
      await model.activations(x, ['conv2d_1']),
      await model.gradients(x, [1, 2]),
      await cut.predict(x),
    ]
    await model.dispose()
    await cut.dispose()
    return results
  }
  const there = await work(true)
  assert.deepEqual(there, await work(false))
  await fovea.shutdown()
})
