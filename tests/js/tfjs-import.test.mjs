// Layers models that others wrote: saved by TensorFlow.js itself, and in the dialects of Keras 2 and
// Keras 3, in one file or several, with quantised weights.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fovea from 'fovea'
import { tf, tfl } from './parity/tfjs.mjs'
import { assertClose, randomSource } from './support/exchange.mjs'
import { keras2, keras3, kWeights } from './support/keras-dialects.mjs'
import { rejects } from './support/small.mjs'

/** A file as a page gets it from the user's disk. */
const file = (name, content) => new File([content], name)

/** What TensorFlow.js would save, as files: the weights cut into shards where that is asked for. */
async function savedFiles(twin, shards = 1) {
  let saved
  await twin.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } }
    }),
  )
  const { modelTopology, weightSpecs, weightData } = saved
  return files(modelTopology, weightSpecs, new Uint8Array(weightData), shards)
}

function files(modelTopology, weights, bytes, shards = 1) {
  const size = Math.ceil(bytes.length / shards)
  const parts = Array.from({ length: shards }, (_, k) => bytes.slice(k * size, (k + 1) * size))
  const paths = parts.map((_, k) => `group1-shard${k + 1}of${shards}.bin`)
  const json = { format: 'layers-model', modelTopology, weightsManifest: [{ paths, weights }] }
  return [file('model.json', JSON.stringify(json)), ...parts.map((part, k) => file(paths[k], part))]
}

/** Random weights for a model of TensorFlow.js. */
function fill(twin) {
  const random = randomSource(11)
  for (const weight of twin.weights) {
    const positive = /variance/.test(weight.name)
    const size = weight.shape.reduce((a, b) => a * b, 1)
    const data = Float32Array.from({ length: size }, () =>
      random(positive ? 0.5 : -0.5, positive ? 1.5 : 0.5),
    )
    weight.write(tf.tensor(data, weight.shape))
  }
  return twin
}

/** Both must say the same to the same random examples. */
async function comparePredictions(twin, model) {
  const random = randomSource(12)
  const tensors = twin.inputs.map(({ shape }) => {
    const full = [2, ...shape.slice(1)]
    const size = full.reduce((a, b) => a * b, 1)
    return { data: Float32Array.from({ length: size }, () => random()), shape: full }
  })
  const given = tensors.map(({ data, shape }) => tf.tensor(data, shape))
  const expected = [twin.predict(given.length === 1 ? given[0] : given)].flat()
  const outputs = await model.predictAll(tensors)
  assert.equal(outputs.length, expected.length)
  outputs.forEach(({ data, shape }, k) => {
    assert.deepEqual(shape, expected[k].shape)
    assertClose(data, expected[k].dataSync(), `output ${k}`)
  })
}

const { layers: tfLayers } = tfl
const kPicture = [8, 8, 3]
const together = (...list) => tfl.sequential({ layers: list })

/** Every layer of TensorFlow.js that Fovea has, in models as people make them. */
const kTheirs = {
  'a network for digits': () =>
    together(
      tfLayers.conv2d({ inputShape: kPicture, filters: 4, kernelSize: 3, activation: 'relu' }),
      tfLayers.maxPooling2d({ poolSize: 2 }),
      tfLayers.flatten(),
      tfLayers.dropout({ rate: 0.5 }),
      tfLayers.dense({ units: 5, activation: 'softmax' }),
    ),
  'convolutions of every kind': () =>
    together(
      tfLayers.depthwiseConv2d({ inputShape: kPicture, kernelSize: 3, depthMultiplier: 2 }),
      tfLayers.separableConv2d({ filters: 4, kernelSize: 3, padding: 'same', strides: 2 }),
      tfLayers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' }),
      tfLayers.conv2dTranspose({ filters: 3, kernelSize: 2, strides: 3 }),
      tfLayers.conv2d({ filters: 3, kernelSize: [2, 3], useBias: false, dilationRate: [2, 1] }),
    ),
  'shapes and sizes': () =>
    together(
      tfLayers.zeroPadding2d({
        inputShape: kPicture,
        padding: [
          [1, 0],
          [2, 1],
        ],
      }),
      tfLayers.cropping2D({
        cropping: [
          [1, 1],
          [0, 2],
        ],
      }),
      tfLayers.upSampling2d({ size: [2, 1] }),
      tfLayers.permute({ dims: [2, 1, 3] }),
      tfLayers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
      tfLayers.reshape({ targetShape: [5, 21] }),
      tfLayers.layerNormalization(),
      tfLayers.flatten(),
      tfLayers.rescaling({ scale: 0.5, offset: 1 }),
    ),
  activations: () =>
    together(
      tfLayers.batchNormalization({ inputShape: kPicture, scale: false }),
      tfLayers.leakyReLU({ alpha: 0.1 }),
      tfLayers.prelu({ sharedAxes: [1, 2] }),
      tfLayers.elu(),
      tfLayers.activation({ activation: 'hardSigmoid' }),
      tfLayers.gaussianNoise({ stddev: 0.1 }),
      tfLayers.gaussianDropout({ rate: 0.1 }),
      tfLayers.dense({ units: 4, activation: 'swish' }),
      tfLayers.reLU({ maxValue: 0.5 }),
      tfLayers.thresholdedReLU({ theta: 0.1 }),
      tfLayers.globalMaxPooling2d({}),
      tfLayers.dense({
        units: 4,
        activation: 'hardSigmoid',
        kernelRegularizer: tf.regularizers?.l2?.({ l2: 0.1 }),
      }),
      tfLayers.softmax(),
    ),
  'branches, several inputs and outputs, a shared layer': () => {
    const a = tfl.input({ shape: kPicture })
    const b = tfl.input({ shape: kPicture })
    const twin = tfLayers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', name: 'twin' })
    const [left, right] = [twin.apply(a), twin.apply(b)]
    const joined = ['add', 'multiply', 'average', 'maximum', 'minimum'].map((name) =>
      tfLayers[name]().apply([left, right]),
    )
    const all = tfLayers.concatenate().apply([...joined, left])
    const y = tfLayers.globalAveragePooling2d({}).apply(all)
    return tfl.model({ inputs: [a, b], outputs: [y, right] })
  },
  'models in a model': () => {
    const inner = together(
      tfLayers.conv2d({ inputShape: kPicture, filters: 3, kernelSize: 3, padding: 'same' }),
      tfLayers.batchNormalization(),
    )
    const x = tfl.input({ shape: kPicture })
    const body = tfl.model({ inputs: x, outputs: tfLayers.reLU().apply(inner.apply(x)) })
    const outside = tfl.input({ shape: kPicture })
    const twice = body.apply(body.apply(outside))
    return tfl.model({ inputs: outside, outputs: tfLayers.flatten().apply(twice) })
  },
  'a model in a sequential one': () =>
    together(
      together(
        tfLayers.conv2d({ inputShape: kPicture, filters: 2, kernelSize: 3, padding: 'same' }),
      ),
      tfLayers.conv2d({ filters: 2, kernelSize: 3 }),
    ),
}

for (const [name, make] of Object.entries(kTheirs)) {
  test(`TensorFlow.js saved ${name}: it is read here`, async () => {
    const twin = fill(make())
    for (const shards of [1, 3]) {
      const model = await fovea.loadModel(await savedFiles(twin, shards))
      await comparePredictions(twin, model)
      await model.dispose()
    }
  })
}

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1)

/** The weights of the network in both dialects, as numbers from 0 to 255 times 1/200 less 0.5. */
function dialectWeights() {
  const random = randomSource(21)
  const count = kWeights.reduce((sum, [, shape]) => sum + sizeOf(shape), 0)
  const bytes = Uint8Array.from({ length: count }, () => Math.floor(random(120, 250)))
  const values = Float32Array.from(bytes, (one) => one * 0.005 - 0.5)
  const specs = kWeights.map(([name, shape]) => ({ name, shape, dtype: 'float32' }))
  return { bytes, values, specs }
}

/** What the network says, computed by TensorFlow.js from the operations. */
function dialectTwin(values, dialect) {
  let at = 0
  const weights = Object.fromEntries(
    kWeights.map(([name, shape]) => {
      const data = values.slice(at, (at += sizeOf(shape)))
      return [name, tf.tensor(data, shape)]
    }),
  )
  const of = (name) => weights[name]
  return (x) => {
    const first = tf.add(tf.conv2d(x, of('first/kernel'), 1, 'same'), of('first/bias'))
    const normal = tf.batchNorm(
      first,
      of('norm/moving_mean'),
      of('norm/moving_variance'),
      of('norm/beta'),
      of('norm/gamma'),
      0.001,
    )
    const cut = tf.clipByValue(normal, 0, 6)
    const second = tf.depthwiseConv2d(cut, of('second/depthwise_kernel'), 1, 'same')
    const pool = tf.mean(tf.add(cut, second), [1, 2])
    const line = tf.add(tf.matMul(pool, of('head/kernel')), of('head/bias'))
    return dialect === 'keras3'
      ? tf.div(tf.clipByValue(tf.add(line, 3), 0, 6), 6)
      : tf.clipByValue(tf.add(tf.mul(line, 0.2), 0.5), 0, 1)
  }
}

/** Half precision of a number, cut off. */
function halfBits(value) {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]
  const exponent = ((bits >>> 23) & 255) - 127 + 15
  const sign = (bits >>> 16) & 0x8000
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> 13) & 1023)
}

/** How the same numbers may lie in the file. */
const kStored = {
  float32: ({ values, specs }) => ({ specs, bytes: new Uint8Array(values.buffer), error: 1e-5 }),
  uint8: ({ bytes, specs }) => ({
    specs: specs.map((one) => ({
      ...one,
      quantization: { dtype: 'uint8', scale: 0.005, min: -0.5, original_dtype: 'float32' },
    })),
    bytes,
    error: 1e-5,
  }),
  uint16: ({ bytes, specs }) => ({
    specs: specs.map((one) => ({
      ...one,
      quantization: { dtype: 'uint16', scale: 0.005 / 256, min: -0.5 },
    })),
    bytes: new Uint8Array(Uint16Array.from(bytes, (one) => one * 256).buffer),
    error: 1e-5,
  }),
  float16: ({ values, specs }) => ({
    specs: specs.map((one) => ({ ...one, quantization: { dtype: 'float16' } })),
    bytes: new Uint8Array(Uint16Array.from(values, halfBits).buffer),
    error: 5e-3,
  }),
}

for (const [dialect, make] of Object.entries({ keras2, keras3 })) {
  for (const [dtype, store] of Object.entries(kStored)) {
    test(`${dialect} with weights as ${dtype}`, async () => {
      const weights = dialectWeights()
      const { specs, bytes, error } = store(weights)
      const model = await fovea.loadModel(files(make(), specs, bytes, 2))
      const random = randomSource(22)
      const data = Float32Array.from({ length: 2 * 72 }, () => random())
      const output = await model.predict({ data, shape: [2, 6, 6, 2] })
      const expected = dialectTwin(weights.values, dialect)(tf.tensor(data, [2, 6, 6, 2]))
      assertClose(output.data, expected.dataSync(), dialect, error)
      assert.equal(model.name, 'small')
      const of = (name) => model.layers.find((one) => one.name === name)
      assert.equal(of('norm').trainable, false)
      assert.equal(of('norm').config.momentum, 0.9)
      assert.deepEqual(of('first').config.kernelRegularizer, { type: 'l1l2', l1: 0, l2: 0.001 })
      assert.deepEqual(of('first').config.kernelConstraint, {
        type: 'maxNorm',
        maxValue: 3,
        axis: [0, 1, 2],
      })
      await model.dispose()
    })
  }
}

/** The Keras 2 network with something changed, as files. */
function changed(change) {
  const { values, specs } = dialectWeights()
  const topology = keras2()
  change(topology.model_config.config, specs, topology)
  return files(topology, specs, new Uint8Array(values.buffer))
}

const layerOf = ({ layers }, name) => layers.find((one) => one.name === name)

test('what cannot be read is refused with a sentence', async () => {
  const cases = [
    [
      'unsupported',
      'loadModel: layer "pool" (LSTM): Fovea has no such layer.',
      (config) => (layerOf(config, 'pool').class_name = 'LSTM'),
    ],
    [
      'unsupported',
      'loadModel: layer "first" (Conv2D): data_format must be channels_last.',
      (config) => (layerOf(config, 'first').config.data_format = 'channels_first'),
    ],
    [
      'unsupported',
      'loadModel: layer "head" (Dense): Fovea has no activation "hard_tanh".',
      (config) => (layerOf(config, 'head').config.activation = 'hard_tanh'),
    ],
    [
      'bad-file',
      'loadModel: layer "head" (dense) needs a weight kernel of [4, 7], but it has the shape [4, 3].',
      (config) => (layerOf(config, 'head').config.units = 7),
    ],
    [
      'bad-file',
      'loadModel: layer "first" (conv2d) needs a weight bias of [4], but it is not there.',
      (_, specs) => (specs[1].name = 'elsewhere/offset'),
    ],
    [
      'bad-file',
      'loadModel: its weights need 612 bytes by the manifest, but the files beside it have 572.',
      (_, specs) => (specs[8].shape = [13]),
    ],
    [
      'bad-file',
      'loadModel: something reads "nowhere" (use 0), which is not there.',
      (config) => (layerOf(config, 'pool').inbound_nodes[0][0][0] = 'nowhere'),
    ],
    [
      'bad-file',
      'loadModel: something reads "sum" (use 0), which is not there.',
      (config) => (layerOf(config, 'cut').inbound_nodes[0][0][0] = 'sum'),
    ],
    [
      'bad-file',
      'loadModel: the input "photo" has the shape [90000, 60000, 2].',
      (config) => (layerOf(config, 'photo').config.batch_input_shape = [null, 90000, 60000, 2]),
    ],
    [
      'unsupported',
      'loadModel: the model is a Mystery. Only Sequential and Functional models say what they are made of.',
      (_, __, topology) => (topology.model_config.class_name = 'Mystery'),
    ],
  ]
  for (const [code, message, change] of cases) {
    await rejects(code, message, () => fovea.loadModel(changed(change)))
  }
})

test('bilinear resizing of TensorFlow.js itself is refused, that of Keras is taken', async () => {
  const twin = together(
    tfLayers.upSampling2d({ inputShape: [4, 4, 1], size: [2, 2], interpolation: 'bilinear' }),
  )
  const given = await savedFiles(twin)
  await rejects(
    'unsupported',
    `loadModel: layer "${twin.layers[0].name}" (UpSampling2D): TensorFlow.js resizes without half-pixel centres.`,
    () => fovea.loadModel(given),
  )
  const json = JSON.parse(await given[0].text())
  Object.assign(json.modelTopology, { keras_version: '2.15.0', backend: 'tensorflow' })
  const model = await fovea.loadModel([file('model.json', JSON.stringify(json)), given[1]])
  const data = Float32Array.from({ length: 16 }, (_, k) => (k * 7) % 5)
  const expected = tf.image.resizeBilinear(tf.tensor(data, [1, 4, 4, 1]), [8, 8], false, true)
  assertClose(
    (await model.predict({ data, shape: [1, 4, 4, 1] })).data,
    expected.dataSync(),
    'output',
  )
  await model.dispose()
})

after(() => fovea.shutdown())
