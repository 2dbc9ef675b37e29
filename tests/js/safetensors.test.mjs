// Fovea's own files: what stands in them, and that every network comes back bit for bit.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fovea from 'fovea'
import { bands, bits, rejects, smallModel } from './support/small.mjs'

const { layers } = fovea
const { images, labels } = bands(20)

after(() => fovea.shutdown())

/** The header of a file, read by nothing but its description. */
function headerOf(bytes) {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
  return { length, header: JSON.parse(Buffer.from(bytes.slice(8, 8 + length)).toString()) }
}

test('the file is plain safetensors: Keras names, layouts, words in the header', async () => {
  const model = await smallModel()
  await model.fit(images, labels, { epochs: 2, batchSize: 10 })
  const bytes = await model.toSafetensors({ optimizer: true })
  const { length, header } = headerOf(bytes)
  assert.equal(length % 8, 0)
  const weights = await model.getWeights()
  const slots = ['momentum', 'velocity'].flatMap((slot) =>
    weights.map(({ name }) => `optimizer/${slot}/${name}`),
  )
  const names = weights.map(({ name }) => name)
  const { __metadata__: words, ...tensors } = header
  assert.deepEqual(Object.keys(tensors), [...names, ...slots])
  for (const { name, shape, data } of weights) {
    const {
      dtype,
      shape: written,
      data_offsets: [begin, end],
    } = tensors[name]
    assert.deepEqual([dtype, written, end - begin], ['F32', shape, data.byteLength])
    const numbers = new Float32Array(bytes.slice(8 + length + begin, 8 + length + end).buffer)
    assert.deepEqual(numbers, data)
  }
  assert.equal(words.format, 'fovea')
  assert.deepEqual([words.epoch, words.step, words.seed], ['2', '4', '7'])
  assert.deepEqual(JSON.parse(words.weights), names)
  assert.deepEqual(JSON.parse(words.topology).outputs, ['dense_1'])
  assert.equal(JSON.parse(words.compile).loss, 'sparseCategoricalCrossentropy')
})

test('without optimizer there is no training in it, and with it compile comes first', async () => {
  const model = await fovea.sequential({ layers: [layers.dense({ inputShape: [4], units: 2 })] })
  const { header } = headerOf(await model.toSafetensors())
  assert.deepEqual(Object.keys(header), ['__metadata__', 'dense_1/kernel', 'dense_1/bias'])
  assert.deepEqual(Object.keys(header.__metadata__), [
    'format',
    'version',
    'topology',
    'weights',
    'seed',
  ])
  await rejects(
    'bad-option',
    'toSafetensors: the model "sequential" has no optimizer yet. Call model.compile({ optimizer, loss }) ' +
      'first, or leave optimizer out.',
    () => model.toSafetensors({ optimizer: true }),
  )
  await assert.rejects(model.toSafetensors({ optimiser: true }), { code: 'bad-option' })
  const loaded = await fovea.loadModel(await model.toSafetensors())
  await assert.rejects(loaded.fit(images, labels), { code: 'bad-option' })
})

// AlexNet's fifty million weights say nothing that fewer of them do not.
const kZoo = {
  catClassifier: {},
  fcn: {},
  inception: {},
  kerasMnist: {},
  lenetCifar: {},
  logistic: {},
  mlp: { hidden: [30] },
  softmaxRegression: {},
  steering: {},
  torchMnist: {},
  alexnet: { inputShape: [67, 67, 3], classes: 10, units: 64 },
}

test('every network of the zoo is in the list', () => {
  assert.deepEqual(Object.keys(kZoo).sort(), Object.keys(fovea.zoo).sort())
})

for (const [name, options] of Object.entries(kZoo)) {
  test(`${name}: file and back, the same description, weights and outputs`, async () => {
    const model = await fovea.zoo[name]({ seed: 3, ...options })
    const loaded = await fovea.loadModel(await model.toSafetensors())
    assert.deepEqual(loaded.layers, model.layers)
    assert.deepEqual([loaded.name, loaded.seed], [model.name, model.seed])
    assert.deepEqual([loaded.inputs, loaded.outputs], [model.inputs, model.outputs])
    assert.equal(await bits(loaded), await bits(model))
    const x = model.inputs.map(({ shape }) => {
      const sizes = [2, ...shape.map((size) => size ?? 32)]
      const count = sizes.reduce((a, b) => a * b)
      return fovea.tensor(
        Float32Array.from({ length: count }, (_, i) => Math.sin(i)),
        sizes,
      )
    })
    const given = x.length === 1 ? x[0] : x
    assert.deepEqual(await loaded.predictAll(given), await model.predictAll(given))
    await Promise.all([model.dispose(), loaded.dispose()])
  })
}

test('cut models, layers used twice, free sizes and channelsFirst come back too', async () => {
  const x = fovea.input({ shape: [null, null, 3], name: 'photo' })
  const twice = layers.conv2d({
    filters: 3,
    kernelSize: 3,
    padding: 'same',
    kernelInitializer: { type: 'constant', value: 0.1 },
  })
  const y = layers
    .globalAveragePooling2d()
    .apply(twice.apply(layers.add().apply([x, twice.apply(x)])))
  const base = await fovea.model({
    inputs: x,
    outputs: layers.dense({ units: 2 }).apply(y),
    seed: 1,
  })
  const cut = await fovea.model({ inputs: base.inputs, outputs: base.layer('add_1').output })
  const first = await fovea.sequential({
    layers: [
      layers.conv2d({
        inputShape: [3, 6, 5],
        filters: 2,
        kernelSize: 3,
        dataFormat: 'channelsFirst',
      }),
    ],
  })
  const photo = fovea.tensor(
    Float32Array.from({ length: 90 }, (_, i) => Math.cos(i)),
    [1, 6, 5, 3],
  )
  const cases = [
    [base, photo],
    [cut, photo],
    [first, fovea.tensor(photo.data, [1, 3, 6, 5])],
  ]
  for (const [model, input] of cases) {
    const loaded = await fovea.loadModel(await model.toSafetensors())
    assert.deepEqual(loaded.layers, model.layers)
    assert.deepEqual(await loaded.predict(input), await model.predict(input))
  }
})
