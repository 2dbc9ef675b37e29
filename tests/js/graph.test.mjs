// Graphs: layers that are applied twice, models cut from models and continued, whole models as
// layers, and who owns the weights.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fovea from 'fovea'
import { bands, bits, rejects, smallLayers, smallModel } from './support/small.mjs'

const { layers } = fovea

const weight = async (model, name) => (await model.getWeights()).find((one) => one.name === name)
const ofThree = { optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' }

test('a layer that is applied twice shares its weights and is listed once', async () => {
  const shared = layers.dense({ units: 2, kernelInitializer: 'ones' })
  const [a, b] = [fovea.input({ shape: [2] }), fovea.input({ shape: [2] })]
  const ya = shared.apply(a)
  const yb = shared.apply(b)
  const model = await fovea.model({ inputs: [a, b], outputs: [ya, shared.apply(yb)] })
  assert.deepEqual(
    model.layers.map(({ name, params }) => [name, params]),
    [['dense_1', 6]],
  )
  assert.deepEqual(model.layer('dense_1').inputs, ['input_1', 'input_2', 'dense_1.2'])
  assert.deepEqual(
    model.outputs.map(({ name }) => name),
    ['dense_1', 'dense_1.3'],
  )
  assert.deepEqual(
    (await model.getWeights()).map(({ name }) => name),
    ['dense_1/kernel', 'dense_1/bias'],
  )
  const rows = [fovea.tensor([1, 2], [1, 2]), fovea.tensor([3, 4], [1, 2])]
  const outputs = await model.predict(rows)
  assert.deepEqual(
    outputs.map(({ data }) => [...data]),
    [
      [3, 3],
      [14, 14],
    ],
  )
  const inner = await model.activations(rows, ['dense_1.2', 'input_2'])
  assert.deepEqual([...inner['dense_1.2'].data], [7, 7])
  assert.deepEqual([...inner.input_2.data], [3, 4])
  await model.dispose()
})

test('a sequential model may hold one layer twice, and takes descriptions, not weights', async () => {
  const square = layers.dense({ inputShape: [3], units: 3, name: 'square' })
  const list = [square, layers.activation({ activation: 'tanh' }), square]
  const one = await fovea.sequential({ layers: list, seed: 1 })
  const two = await fovea.sequential({ layers: list, seed: 1 })
  assert.equal(one.countParams().total, 12)
  assert.equal(await bits(one), await bits(two))
  await one.setWeights((await one.getWeights()).map((w) => ({ ...w, data: w.data.fill(1) })))
  assert.notEqual(await bits(one), await bits(two))
  await one.dispose()
  await two.dispose()
})

test('a model is cut, and both share the weights', async () => {
  const base = await smallModel()
  const body = await fovea.model({
    inputs: base.inputs,
    outputs: base.layer('flatten_1').output,
    name: 'body',
  })
  assert.deepEqual(body.inputs, [{ name: 'input_1', shape: [8, 8, 1] }])
  assert.deepEqual(body.outputs, [{ name: 'flatten_1', shape: [36] }])
  const { images, labels } = bands(12)
  const before = await body.predict(images)
  assert.deepEqual(before, (await base.activations(images, ['flatten_1'])).flatten_1)
  await base.fit(images, labels)
  const after = await body.predict(images)
  assert.notDeepEqual(after, before)
  assert.deepEqual(after, (await base.activations(images, ['flatten_1'])).flatten_1)
  await base.dispose()
  assert.deepEqual(await body.predict(images), after, 'the weights live on')
  await body.dispose()
})

test('a new head on a body that is frozen: only the head learns, and the base sees nothing', async () => {
  const base = await smallModel()
  await base.setTrainable('conv2d_1', false)
  const head = layers.dense({ units: 3, activation: 'softmax', name: 'head' })
  const model = await fovea.model({
    inputs: base.inputs,
    outputs: head.apply(base.layer('flatten_1').output),
  })
  assert.deepEqual(
    model.layers.map(({ name, trainable }) => [name, trainable]),
    [
      ['conv2d_1', false],
      ['max_pooling2d_1', true],
      ['flatten_1', true],
      ['head', true],
    ],
  )
  await model.compile(ofThree)
  const { images, labels } = bands(12)
  const before = await bits(base)
  const kernel = await weight(model, 'head/kernel')
  await model.fit(images, labels)
  assert.equal(await bits(base), before)
  assert.notDeepEqual(await weight(model, 'head/kernel'), kernel)
  await model.setTrainable('conv2d_1', true)
  await model.fit(images, labels)
  assert.notEqual(await bits(base), before, 'what one trains the other has')
  await base.dispose()
  await model.fit(images, labels)
  await model.dispose()
})

test('setWeights in one model is seen in the other', async () => {
  const base = await smallModel()
  const copy = await fovea.model({ inputs: base.inputs, outputs: base.outputs })
  await copy.setWeights((await copy.getWeights()).map((w) => ({ ...w, data: w.data.fill(0.5) })))
  assert.ok((await weight(base, 'dense_1/kernel')).data.every((value) => value === 0.5))
  await copy.dispose()
  await base.dispose()
})

test('encoder, decoder and both together are three models with the same weights', async () => {
  const x = fovea.input({ shape: [4] })
  const z = layers.dense({ units: 2, name: 'code' }).apply(x)
  const decode = layers.dense({ units: 4, name: 'picture' })
  const code = fovea.input({ shape: [2] })
  const whole = await fovea.model({ inputs: x, outputs: decode.apply(z) })
  const encoder = await fovea.model({ inputs: x, outputs: z })
  const decoder = await fovea.model({ inputs: code, outputs: decode.apply(code) })
  await whole.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
  const data = fovea.tensor([1, 0, 0, 1, 0, 1, 1, 0], [2, 4])
  await whole.fit(data, data, { epochs: 2 })
  assert.deepEqual(await decoder.predict(await encoder.predict(data)), await whole.predict(data))
  for (const one of [whole, encoder, decoder]) await one.dispose()
})

test('a whole model is applied as a layer, twice', async () => {
  const base = await fovea.sequential({
    name: 'tower',
    layers: [
      layers.dense({ inputShape: [3], units: 4, activation: 'tanh' }),
      layers.dense({ units: 2 }),
    ],
  })
  const [a, b] = [fovea.input({ shape: [3] }), fovea.input({ shape: [3] })]
  const twins = await fovea.model({ inputs: [a, b], outputs: [base.apply(a), base.apply(b)] })
  assert.equal(twins.countParams().total, base.countParams().total)
  const [x, y] = [fovea.tensor([1, 2, 3], [1, 3]), fovea.tensor([-1, 0, 1], [1, 3])]
  const [first, second] = await twins.predict([x, y])
  assert.deepEqual(first, await base.predict(x))
  assert.deepEqual(second, await base.predict(y))
  assert.throws(() => base.apply([a, b]), {
    code: 'bad-option',
    message: 'apply: the model "tower" has 1 input(s) but gets 2. Give one for each.',
  })
  await base.dispose()
  await twins.dispose()
})

test('a layer of a model is applied to something else', async () => {
  const base = await smallModel()
  const x = fovea.input({ shape: [20, 20, 1] })
  const wide = await fovea.model({ inputs: x, outputs: base.layer('conv2d_1').apply(x) })
  assert.deepEqual(wide.outputs, [{ name: 'conv2d_1', shape: [18, 18, 4] }])
  assert.deepEqual(await weight(wide, 'conv2d_1/kernel'), await weight(base, 'conv2d_1/kernel'))
  await wide.dispose()
  await base.dispose()
})

test('names of two bases: the second steps aside', async () => {
  const make = () => fovea.sequential({ layers: [layers.dense({ inputShape: [2], units: 2 })] })
  const [one, two] = [await make(), await make()]
  const outputs = [...one.outputs, two.apply(one.inputs)]
  const both = await fovea.model({ inputs: one.inputs, outputs })
  assert.deepEqual(
    both.layers.map(({ name }) => name),
    ['dense_1', 'dense_2'],
  )
  assert.deepEqual((await weight(both, 'dense_2/kernel')).data, (await two.getWeights())[0].data)
  for (const model of [both, one, two]) await model.dispose()
})

test('the summary of a graph names inputs, connections and shared layers', async () => {
  const shared = layers.dense({ units: 2, name: 'shared' })
  const [a, b] = [fovea.input({ shape: [3], name: 'a' }), fovea.input({ shape: [3], name: 'b' })]
  const top = layers.dense({ units: 1, name: 'top', useBias: false }).apply(shared.apply(b))
  const model = await fovea.model({ inputs: [a, b], outputs: [shared.apply(a), top], name: 'twin' })
  await model.setTrainable('top', false)
  assert.equal(
    model.summary(),
    `Model: "twin"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃ Connected to             ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━┩
│ a (input)                       │ [null, 3]              │             0 │ -                        │
├─────────────────────────────────┼────────────────────────┼───────────────┼──────────────────────────┤
│ b (input)                       │ [null, 3]              │             0 │ -                        │
├─────────────────────────────────┼────────────────────────┼───────────────┼──────────────────────────┤
│ shared (dense)                  │ [null, 2]              │             8 │ a, b                     │
├─────────────────────────────────┼────────────────────────┼───────────────┼──────────────────────────┤
│ top (dense)                     │ [null, 1]              │             2 │ shared.2                 │
└─────────────────────────────────┴────────────────────────┴───────────────┴──────────────────────────┘
 Total params: 10 (40.00 B)
 Trainable params: 8 (32.00 B)
 Non-trainable params: 2 (8.00 B)`,
  )
  await model.dispose()
})

test('layers of a model that was disposed of are refused', async () => {
  const base = await smallModel({ name: 'gone' })
  const { inputs } = base
  const { output } = base.layer('flatten_1')
  await base.dispose()
  await rejects(
    'disposed',
    'model: layer "conv2d_1" (conv2d) has its weights in the model "gone", which was disposed of. ' +
      'Take layers from a model that lives, or make new ones.',
    () => fovea.model({ inputs, outputs: output }),
  )
})

test('what does not fit is refused word for word', async () => {
  const base = await smallModel({ name: 'base' })
  assert.throws(() => base.layer('flatten'), {
    code: 'bad-option',
    message:
      'layer: the model "base" has no layer "flatten". Its layers: conv2d_1, max_pooling2d_1, ' +
      'flatten_1, dropout_1, dense_1.',
  })
  await rejects(
    'bad-option',
    "model: inputs needs what fovea.input gave, or another model's inputs.",
    () => fovea.model({ inputs: base.layer('conv2d_1').output, outputs: base.outputs }),
  )
  assert.throws(() => layers.flatten().apply({ name: 'x', shape: [2] }), {
    message:
      "flatten: apply needs what fovea.input or a layer's apply gave, or an array of them, but " +
      'gets an object (name, shape).',
  })
  const wide = fovea.input({ shape: [8, 8, 2] })
  await rejects(
    'bad-shape',
    'layer "conv2d_1" (conv2d): shares the weights of layer "conv2d_1" in model "base", but theirs ' +
      'differ in number or shape. Give it inputs of the same channels.',
    () => fovea.model({ inputs: wide, outputs: base.apply(wide) }),
  )
  await base.dispose()
})

test('layers given to several models still know the first after an engine was shut down', async () => {
  const x = fovea.input({ shape: [2] })
  const y = layers.dense({ units: 1, name: 'd' }).apply(x)
  await fovea.model({ inputs: x, outputs: y, name: 'first' })
  await fovea.shutdown()
  await rejects(
    'disposed',
    'model: layer "d" (dense) has its weights in the model "first", which was disposed of. Take ' +
      'layers from a model that lives, or make new ones.',
    () => fovea.model({ inputs: x, outputs: y }),
  )
  const model = await fovea.sequential({ layers: smallLayers() })
  await model.dispose()
})
