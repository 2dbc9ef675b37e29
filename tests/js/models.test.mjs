// Making models and looking at them: names, shapes, counts, summary, weights.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fovea from 'fovea'
import { bands, bits, rejects, smallLayers, smallModel } from './support/small.mjs'

const { layers } = fovea

test('sequential names its layers and fills in shapes and options', async () => {
  const model = await fovea.sequential({ layers: smallLayers(), seed: 1 })
  assert.equal(model.name, 'sequential')
  assert.deepEqual(
    model.layers.map(({ name, type, outputShape, params }) => [name, type, outputShape, params]),
    [
      ['conv2d_1', 'conv2d', [null, 6, 6, 4], 40],
      ['max_pooling2d_1', 'maxPooling2d', [null, 3, 3, 4], 0],
      ['flatten_1', 'flatten', [null, 36], 0],
      ['dropout_1', 'dropout', [null, 36], 0],
      ['dense_1', 'dense', [null, 3], 111],
    ],
  )
  const { config, trainable } = model.layers[0]
  assert.equal(trainable, true)
  assert.equal(config.padding, 'valid', 'the engine fills in defaults')
  assert.deepEqual(model.inputs, [{ name: 'input_1', shape: [8, 8, 1] }])
  assert.deepEqual(model.outputs, [{ name: 'dense_1', shape: [3] }])
  assert.deepEqual(model.countParams(), { total: 151, trainable: 151, nonTrainable: 0 })
  await model.dispose()
})

test('summary is the table that Keras prints', async () => {
  const model = await fovea.sequential({ name: 'small', layers: smallLayers(), seed: 1 })
  assert.equal(
    model.summary(),
    `Model: "small"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ conv2d_1 (conv2d)               │ [null, 6, 6, 4]        │            40 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ max_pooling2d_1 (maxPooling2d)  │ [null, 3, 3, 4]        │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ flatten_1 (flatten)             │ [null, 36]             │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dropout_1 (dropout)             │ [null, 36]             │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense_1 (dense)                 │ [null, 3]              │           111 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 151 (604.00 B)
 Trainable params: 151 (604.00 B)
 Non-trainable params: 0 (0.00 B)`,
  )
  await model.dispose()
})

test('the zoo has the parameter counts of the lectures', async () => {
  const counts = {
    lenetCifar: 62_006,
    kerasMnist: 1_668_490,
    torchMnist: 98_442,
    logistic: 785,
    softmaxRegression: 7_850,
    mlp: 101_770,
  }
  for (const [name, total] of Object.entries(counts)) {
    const model = await fovea.zoo[name]({ seed: 1 })
    assert.equal(model.countParams().total, total, name)
    await model.dispose()
  }
})

test('a graph made by apply predicts what the chain does', async () => {
  const chain = await smallModel()
  const x = fovea.input({ shape: [8, 8, 1], name: 'image' })
  const output = smallLayers().reduce((tensor, layer) => layer.apply(tensor), x)
  const graph = await fovea.model({ inputs: x, outputs: output, name: 'graph', seed: 7 })
  assert.deepEqual(graph.inputs, [{ name: 'image', shape: [8, 8, 1] }])
  const { images } = bands(4)
  assert.deepEqual(await graph.predict(images), await chain.predict(images))
  await chain.dispose()
  await graph.dispose()
})

test('two outputs give two tensors, in the order asked for', async () => {
  const x = fovea.input({ shape: [4] })
  const a = layers.dense({ units: 2, name: 'a' }).apply(x)
  const b = layers.dense({ units: 3, name: 'b' }).apply(x)
  const model = await fovea.model({ inputs: x, outputs: [b, a], seed: 1 })
  assert.deepEqual(
    model.outputs.map(({ name }) => name),
    ['b', 'a'],
  )
  const outputs = await model.predict(fovea.tensor([1, 2, 3, 4], [1, 4]))
  assert.deepEqual(
    outputs.map(({ shape }) => shape),
    [
      [1, 3],
      [1, 2],
    ],
  )
  assert.match(model.summary(), /Connected to/)
  await model.dispose()
})

test('names: given ones are kept, automatic ones step aside', async () => {
  const model = await fovea.sequential({
    layers: [
      layers.dense({ inputShape: [2], units: 2 }),
      layers.dense({ units: 2, name: 'dense_1' }),
      layers.dense({ units: 2, name: 'head/out.1' }),
    ],
  })
  assert.deepEqual(
    model.layers.map(({ name }) => name),
    ['dense_2', 'dense_1', 'head/out.1'],
  )
  await model.dispose()
})

test('two layers of one name are refused', () =>
  rejects(
    'bad-option',
    'layer "d" (dense): another layer of the model has this name. Names are given once.',
    () =>
      fovea.sequential({
        layers: [
          layers.dense({ inputShape: [2], units: 2, name: 'd' }),
          layers.dense({ units: 2, name: 'd' }),
        ],
      }),
  ))

test('a name that the text cannot hold is refused', () =>
  rejects(
    'bad-option',
    'layer (dense): name needs letters, digits, _, ., / or - without spaces but gets "my layer".',
    () =>
      fovea.sequential({ layers: [layers.dense({ inputShape: [2], units: 2, name: 'my layer' })] }),
  ))

test('an output that reads an input which is not listed is refused', () =>
  rejects(
    'bad-option',
    'model: an output reads an input that is not in the list of inputs. Put it into model({ inputs: ' +
      '[...], outputs }).',
    () => {
      const a = fovea.input({ shape: [2] })
      const b = fovea.input({ shape: [2] })
      return fovea.model({ inputs: a, outputs: layers.dense({ units: 1 }).apply(b) })
    },
  ))

test('a sequential model without an inputShape is refused', () =>
  rejects(
    'bad-option',
    'sequential: the first layer (dense) needs an inputShape, the shape of one example without the ' +
      'batch, such as inputShape: [28, 28, 1].',
    () => fovea.sequential({ layers: [layers.dense({ units: 2 })] }),
  ))

test('weights come out in Keras names and layouts, and go back in', async () => {
  const one = await smallModel({ seed: 1 })
  const two = await smallModel({ seed: 2 })
  const weights = await one.getWeights()
  assert.deepEqual(
    weights.map(({ name, shape, data }) => [name, shape, data.length]),
    [
      ['conv2d_1/kernel', [3, 3, 1, 4], 36],
      ['conv2d_1/bias', [4], 4],
      ['dense_1/kernel', [36, 3], 108],
      ['dense_1/bias', [3], 3],
    ],
  )
  assert.notEqual(await bits(one), await bits(two))
  await two.setWeights([...weights].reverse())
  assert.equal(await bits(one), await bits(two))
  const { images } = bands(5)
  assert.deepEqual(await one.predict(images), await two.predict(images))
  await one.dispose()
  await two.dispose()
})

test('setWeights says which weights are missing, and which do not fit', async () => {
  const model = await smallModel()
  const [kernel, bias, ...rest] = await model.getWeights()
  const names = 'conv2d_1/kernel, conv2d_1/bias, dense_1/kernel, dense_1/bias'
  const extra = { name: 'extra', shape: [1], data: new Float32Array(1) }
  await rejects(
    'bad-shape',
    `setWeights: needs the weights ${names} but lacks "conv2d_1/bias" and has "extra" too many.`,
    () => model.setWeights([kernel, ...rest, extra]),
  )
  const flat = { ...kernel, shape: [36] }
  await rejects(
    'bad-shape',
    'setWeights: "conv2d_1/kernel" needs the shape [3, 3, 1, 4] but gets [36] with 36 numbers.',
    () => model.setWeights([flat, bias, ...rest]),
  )
  await model.dispose()
})

test('a layer that is not trainable keeps its weights', async () => {
  const model = await smallModel()
  await model.setTrainable('conv2d_1', false)
  assert.deepEqual(model.countParams(), { total: 151, trainable: 111, nonTrainable: 40 })
  assert.equal(model.layers[0].trainable, false)
  const before = await model.getWeights()
  const { images, labels } = bands(30)
  await model.fit(images, labels)
  const after = await model.getWeights()
  assert.deepEqual(after[0], before[0])
  assert.notDeepEqual(after[2], before[2])
  await model.dispose()
})

test('u8 pixels are divided by 255, and given as they are to rescaling', async () => {
  const kernelInitializer = fovea.initializers.ones()
  const plain = await fovea.sequential({
    layers: [layers.dense({ inputShape: [2], units: 1, kernelInitializer })],
  })
  const pixels = fovea.tensor(Uint8Array.of(255, 51), [1, 2])
  const [sum] = (await plain.predict(pixels)).data
  assert.ok(Math.abs(sum - 1.2) < 1e-6, `${sum}`)
  const scaled = await fovea.sequential({
    layers: [
      layers.rescaling({ inputShape: [2], scale: 0.1, offset: 1 }),
      layers.dense({ units: 1, kernelInitializer }),
    ],
  })
  const [other] = (await scaled.predict(pixels)).data
  assert.ok(Math.abs(other - 32.6) < 1e-4, `${other}`)
  await plain.dispose()
  await scaled.dispose()
})

test('every option of every layer and optimizer of this version reaches the engine', async () => {
  const model = await fovea.sequential({
    layers: [
      layers.reshape({ inputShape: [144], targetShape: [12, 12, 1] }),
      layers.conv2d({
        filters: 4,
        kernelSize: [3, 2],
        strides: [2, 1],
        padding: [
          [1, 0],
          [2, 1],
        ],
        useBias: false,
        kernelInitializer: 'heNormal',
        trainable: false,
        name: 'first',
      }),
      layers.activation({ activation: 'tanh' }),
      layers.averagePooling2d({ poolSize: [2, 3], strides: 1, padding: 'same' }),
      layers.conv2d({ filters: 2, kernelSize: 3, padding: 1, strides: 2, activation: 'sigmoid' }),
      layers.flatten(),
      layers.dense({
        units: 2,
        kernelInitializer: fovea.initializers.constant({ value: 0.5 }),
        biasInitializer: 'ones',
      }),
    ],
  })
  assert.deepEqual(
    model.layers.map(({ outputShape }) => outputShape),
    [
      [null, 12, 12, 1],
      [null, 6, 14, 4],
      [null, 6, 14, 4],
      [null, 6, 14, 4],
      [null, 3, 7, 2],
      [null, 42],
      [null, 2],
    ],
  )
  const [frozen, ...rest] = await model.getWeights()
  assert.equal(frozen.name, 'first/kernel')
  assert.ok(rest.at(-2).data.every((value) => value === 0.5))
  assert.ok(rest.at(-1).data.every((value) => value === 1))
  const { sgd, adam } = fovea.optimizers
  const optimizers = [
    'sgd',
    sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
    adam({
      learningRate: 1e-3,
      beta1: 0.8,
      beta2: 0.99,
      epsilon: 1e-8,
      epsilonPlacement: 'corrected',
    }),
  ]
  for (const optimizer of optimizers) await model.compile({ optimizer, loss: 'meanSquaredError' })
  assert.equal(await model.getLearningRate(), 0.001)
  await model.dispose()
})
