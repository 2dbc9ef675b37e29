// Models whose inputs may have any height and width.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fovea from 'fovea'
import { rejects } from './support/small.mjs'

const { layers } = fovea

const image = (height, width, count = 1) =>
  fovea.tensor(
    Float32Array.from({ length: count * height * width * 2 }, (_, k) => Math.sin(k * 0.7)),
    [count, height, width, 2],
  )

function anySize(inputShape = [null, null, 2]) {
  return fovea.sequential({
    layers: [
      layers.conv2d({ inputShape, filters: 3, kernelSize: 3, padding: 'same', activation: 'tanh' }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 2, kernelSize: 1 }),
    ],
    seed: 4,
  })
}

test('a null height and width: each size is answered as by a model made for it', async () => {
  const model = await anySize()
  assert.deepEqual(model.inputs, [{ name: 'input_1', shape: [null, null, 2] }])
  assert.deepEqual(model.outputs[0].shape, [null, null, 2])
  assert.deepEqual(model.layers[0].outputShape, [null, null, null, 3])
  for (const [height, width] of [
    [8, 8],
    [13, 20],
    [8, 8],
  ]) {
    const fixed = await anySize([height, width, 2])
    const x = image(height, width)
    const output = await model.predict(x)
    assert.deepEqual(output, await fixed.predict(x))
    assert.deepEqual(output.shape, [1, Math.floor(height / 2), Math.floor(width / 2), 2])
    const single = fovea.tensor(x.data, [height, width, 2])
    assert.deepEqual(await model.predict(single), output)
    const { conv2d_1: maps } = await model.activations(x, ['conv2d_1'])
    assert.deepEqual(maps.shape, [1, height, width, 3])
    const { input } = await model.gradients(x, { outputGradients: output })
    assert.deepEqual(input.shape, x.shape)
    await fixed.dispose()
  }
  await model.dispose()
})

test('fit and evaluate take any size, cuts too', async () => {
  const model = await anySize()
  await model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
  for (const side of [8, 12]) {
    const x = image(side, side, 3)
    const y = fovea.tensor(new Float32Array((3 * side * side) / 2), [3, side / 2, side / 2, 2])
    const { history } = await model.fit(x, y, { epochs: 2, batchSize: 2 })
    assert.ok(history.loss[1] < history.loss[0])
    assert.ok((await model.evaluate(x, y)).loss < history.loss[0])
  }
  const cut = await fovea.model({ inputs: model.inputs, outputs: model.layer('conv2d_1').output })
  assert.deepEqual((await cut.predict(image(5, 6))).shape, [1, 5, 6, 3])
  await cut.dispose()
  await model.dispose()
})

test('what needs a fixed size is refused word for word', async () => {
  await rejects(
    'bad-shape',
    'layer "dense_1" (dense): needs inputs of a fixed size, but its input can have any: its weights ' +
      'dense_1/kernel would be [8192, 3] for one size and [51200, 3] for another. Put ' +
      'globalAveragePooling2d before it, or give the inputShape numbers.',
    () =>
      fovea.sequential({
        layers: [
          layers.flatten({ inputShape: [null, null, 2] }),
          layers.dense({ units: 3, name: 'dense_1' }),
        ],
      }),
  )
  const model = await anySize()
  await rejects(
    'bad-shape',
    'predict: x has the shape [1, 8, 8, 3] but the input "input_1" needs [n, null, null, 2].',
    () => model.predict(fovea.tensor(new Float32Array(192), [1, 8, 8, 3])),
  )
  await rejects(
    'bad-option',
    'memory: model "sequential" takes inputs of any size, and each size has a plan of its own. Make ' +
      'the model with the sizes that you mean.',
    () => model.memory(),
  )
  await model.dispose()
})
