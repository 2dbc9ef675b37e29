// The networks of the lectures: every parameter count, every intermediate shape, and for the two
// large ones a real training step inside the engine, with the memory that it takes.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fovea from 'fovea'

const { zoo } = fovea

/** Output shapes without the batch, layer by layer; layers that keep the shape are left out. */
function shapesOf(model) {
  const shapes = model.layers.map(({ outputShape }) => outputShape.slice(1).join('x'))
  return shapes.filter((shape, k) => shape !== shapes[k - 1])
}

/** name, options, parameters, shapes. */
const kNetworks = [
  ['logistic', {}, 785, '784 1'],
  ['softmaxRegression', {}, 7_850, '784 10'],
  ['mlp', { hidden: [100, 50] }, 84_060, '784 100 50 10'],
  [
    'lenetCifar',
    {},
    456 + 2_416 + 48_120 + 10_164 + 850,
    '28x28x6 14x14x6 10x10x16 5x5x16 400 120 84 10',
  ],
  [
    'kerasMnist',
    {},
    320 + 18_496 + 1_639_424 + 10_250,
    '26x26x32 13x13x32 11x11x64 5x5x64 1600 1024 10',
  ],
  [
    'torchMnist',
    {},
    160 + 4_640 + 18_496 + 73_856 + 1_290,
    '28x28x16 14x14x16 14x14x32 7x7x32 7x7x64 3x3x64 576 128 10',
  ],
  [
    'catClassifier',
    {},
    448 + 4_640 + 18_496 + 262_208 + 65,
    '64x64x16 32x32x16 32x32x32 16x16x32 16x16x64 8x8x64 4096 64 1',
  ],
  [
    'alexnet',
    {},
    62_378_344,
    '55x55x96 27x27x96 27x27x256 13x13x256 13x13x384 13x13x256 6x6x256 9216 4096 1000',
  ],
  [
    'alexnet',
    { groups: 2 },
    60_965_224,
    '55x55x96 27x27x96 27x27x256 13x13x256 13x13x384 13x13x256 6x6x256 9216 4096 1000',
  ],
]

for (const [name, options, parameters, shapes] of kNetworks) {
  test(`${name} ${JSON.stringify(options)}: ${parameters} parameters, ${shapes}`, async () => {
    const model = await zoo[name]({ seed: 1, ...options })
    assert.equal(model.countParams().total, parameters)
    assert.equal(shapesOf(model).join(' '), shapes)
    await model.dispose()
  })
}

test('inception: 6,998,552 parameters, and the shapes of GoogLeNet', async () => {
  const model = await zoo.inception({ seed: 1 })
  assert.equal(model.countParams().total, 6_998_552)
  const of = Object.fromEntries(
    model.layers.map((layer) => [layer.name, layer.outputShape.slice(1)]),
  )
  assert.deepEqual(of['stem_7x7'], [112, 112, 64])
  assert.deepEqual(of['stem_3x3'], [56, 56, 192])
  const modules = {
    '3a': [28, 28, 256],
    '3b': [28, 28, 480],
    '4a': [14, 14, 512],
    '4b': [14, 14, 512],
    '4c': [14, 14, 512],
    '4d': [14, 14, 528],
    '4e': [14, 14, 832],
    '5a': [7, 7, 832],
    '5b': [7, 7, 1024],
  }
  for (const [name, shape] of Object.entries(modules)) {
    assert.deepEqual(of[`inception_${name}_output`], shape, name)
  }
  assert.deepEqual(of['main'], [1000])
  await model.dispose()
})

test('fcn and steering: shapes by their options', async () => {
  const segmenter = await zoo.fcn({
    inputShape: [32, 48, 1],
    classes: 4,
    filters: [8, 16],
    seed: 1,
  })
  assert.deepEqual(segmenter.outputs[0].shape, [32, 48, 4])
  assert.equal(
    shapesOf(segmenter).join(' '),
    '32x48x8 16x24x8 16x24x16 8x12x16 8x12x32 16x24x16 32x48x8 32x48x4',
  )
  await segmenter.dispose()
  const driver = await zoo.steering({ mapShape: [16, 16, 1], components: 2, seed: 1 })
  assert.deepEqual(
    driver.inputs.map(({ name, shape }) => [name, [...shape]]),
    [
      ['image', [48, 64, 3]],
      ['map', [16, 16, 1]],
    ],
  )
  assert.deepEqual(driver.outputs[0].shape, [6])
  await driver.dispose()
})

/** A batch of noise: what a step costs does not depend on the pictures. */
function noise(batch, shape, classes) {
  const size = shape.reduce((product, one) => product * one, batch)
  const data = Uint8Array.from({ length: size }, (_, k) => Math.imul(k + 1, 2654435761) >>> 24)
  return {
    x: fovea.tensor(data, [batch, ...shape]),
    y: Int32Array.from({ length: batch }, (_, k) => k % classes),
  }
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`

test('alexnet trains: a real step at batch 8 within the address space of wasm', async (t) => {
  const model = await zoo.alexnet({ seed: 1, weightDecay: 5e-4 })
  const optimizer = fovea.optimizers.sgd({ learningRate: 1e-2, momentum: 0.9 })
  await model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' })
  const { x, y } = noise(8, [227, 227, 3], 1000)
  const { loss } = await model.trainOnBatch(x, y)
  // 6.9 = ln 1000, and the price of 62 million weights on top.
  assert.ok(loss > 6 && loss < 30, `the loss is ${loss}`)
  const plan = await model.memory({ batchSize: 8, training: true })
  assert.ok(plan.planned <= 1.1 * plan.lowerBound, `${plan.planned} of ${plan.lowerBound}`)
  const { heapBytes } = await fovea.memory()
  t.diagnostic(
    `AlexNet, batch 8: plan ${megabytes(plan.planned)}, lower bound ${megabytes(plan.lowerBound)}, ` +
      `heap ${megabytes(heapBytes)}`,
  )
  await model.dispose()
})

test('inception with its auxiliary heads trains: a real step at batch 4', async (t) => {
  await fovea.shutdown()
  const model = await zoo.inception({ seed: 1, auxiliary: true })
  assert.deepEqual(
    model.outputs.map(({ name }) => name),
    ['main', 'aux_1', 'aux_2'],
  )
  const loss = 'sparseCategoricalCrossentropy'
  await model.compile({ optimizer: 'adam', loss, lossWeights: [1, 0.3, 0.3] })
  const { x, y } = noise(4, [224, 224, 3], 1000)
  const logs = await model.trainOnBatch(x, [y, y, y])
  assert.ok(Math.abs(logs.loss - 1.6 * Math.log(1000)) < 1, `the loss is ${logs.loss}`)
  const plan = await model.memory({ batchSize: 4, training: true })
  assert.ok(plan.planned <= 1.1 * plan.lowerBound, `${plan.planned} of ${plan.lowerBound}`)
  const { heapBytes } = await fovea.memory()
  t.diagnostic(
    `GoogLeNet, batch 4: plan ${megabytes(plan.planned)}, lower bound ${megabytes(plan.lowerBound)}, ` +
      `heap ${megabytes(heapBytes)}`,
  )
  await model.dispose()
})

after(() => fovea.shutdown())
