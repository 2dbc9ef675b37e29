// What is exchanged with other libraries in the tests: a network around every layer, and the networks
// of the zoo in small, with random weights everywhere, so that a lost bias or statistic shows.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import * as fovea from 'fovea'

const { layers, zoo } = fovea
const kImage = [9, 7, 4]

/** Random numbers, a function of the seed. */
export function randomSource(seed) {
  let state = seed >>> 0 || 1
  return (low = -1, high = 1) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return low + ((high - low) * (state >>> 8)) / 2 ** 24
  }
}

const sizeOf = (shape) => shape.reduce((product, one) => product * one, 1)

/** Replaces every weight: kernels keep the size of sums, variances are positive. */
export async function randomWeights(model, seed = 5) {
  const random = randomSource(seed)
  const weights = await model.getWeights()
  await model.setWeights(
    weights.map(({ name, shape, data }) => {
      const positive = /variance$/.test(name)
      const fan = /kernel$/.test(name) ? Math.sqrt(Math.max(sizeOf(shape.slice(0, -1)) / 3, 1)) : 2
      const [low, high] = positive ? [0.5, 1.5] : [-1 / fan, 1 / fan]
      return { name, shape, data: data.map(() => random(low, high)) }
    }),
  )
  return model
}

/** A batch for every input; null sizes become 8. */
export function randomInputs(model, { batch = 2, seed = 3 } = {}) {
  const random = randomSource(seed)
  return model.inputs.map(({ shape }) => {
    const full = [batch, ...shape.map((size) => size ?? 8)]
    return fovea.tensor(
      Float32Array.from({ length: sizeOf(full) }, () => random()),
      full,
    )
  })
}

/** Outputs of both must agree as sums in float32 agree that are made in another order. */
export function assertClose(actual, expected, what, tolerance = 2e-5) {
  assert.equal(actual.length, expected.length, `${what}: number of values`)
  let largest = 0.1
  for (const value of expected) largest = Math.max(largest, Math.abs(value))
  for (let i = 0; i < actual.length; ++i) {
    if (Math.abs(actual[i] - expected[i]) <= tolerance * largest) continue
    assert.fail(`${what}[${i}]: expected ${expected[i]}, got ${actual[i]}`)
  }
}

/** [n, h, w, c] as [n, c, h, w]; the tensor is given back as it is where it is no image. */
export function channelsFirst({ data, shape }) {
  if (shape.length !== 4) return { data, shape }
  const [n, h, w, c] = shape
  const moved = new Float32Array(data.length)
  for (let i = 0; i < n * h * w; ++i) {
    for (let k = 0; k < c; ++k) {
      const [image, pixel] = [Math.floor(i / (h * w)), i % (h * w)]
      moved[(image * c + k) * h * w + pixel] = data[i * c + k]
    }
  }
  return { data: moved, shape: [n, c, h, w] }
}

/** [n, c, h, w] as [n, h, w, c]; the tensor is given back as it is where it is no image. */
export function channelsLast({ data, shape }) {
  if (shape.length !== 4) return { data, shape }
  const [n, c, h, w] = shape
  const moved = new Float32Array(data.length)
  for (let i = 0; i < data.length; ++i) {
    const [image, k, pixel] = [
      Math.floor(i / (c * h * w)),
      Math.floor(i / (h * w)) % c,
      i % (h * w),
    ]
    moved[(image * h * w + pixel) * c + k] = data[i]
  }
  return { data: moved, shape: [n, h, w, c] }
}

/** A model of one layer on an image, or on what is given. */
const on = (layer, shape = kImage) => ({
  make: () => {
    const x = fovea.input({ shape, name: 'x' })
    return fovea.model({ inputs: x, outputs: layer.apply(x), seed: 1 })
  },
})

const chain = (...list) => ({ make: () => fovea.sequential({ layers: list, seed: 1 }) })

const two = (layer, a = kImage, b = a) => ({
  make: () => {
    const [x, y] = [fovea.input({ shape: a, name: 'x' }), fovea.input({ shape: b, name: 'y' })]
    return fovea.model({ inputs: [x, y], outputs: layer.apply([x, y]), seed: 1 })
  },
})

const kSides = [
  [1, 0],
  [2, 1],
]

const kActivations = [
  ...['relu', 'relu6', 'leakyRelu', 'elu', 'selu', 'gelu', 'swish', 'silu', 'mish', 'sigmoid'],
  ...['hardSigmoid', 'tanh', 'softplus', 'softsign', 'softmax', 'logSoftmax', 'exponential'],
]

const conv = (options) => layers.conv2d({ filters: 6, kernelSize: 3, ...options })
const up = (options) => layers.conv2dTranspose({ filters: 3, kernelSize: 3, ...options })

/** name -> { make }: every layer type, in the settings that matter to a format. */
export const kLayers = {
  'conv2d valid': on(conv()),
  'conv2d same': on(conv({ padding: 'same', activation: 'relu' })),
  'conv2d same strides': on(conv({ padding: 'same', strides: 2, kernelSize: [3, 2] })),
  'conv2d padding 1': on(conv({ padding: 1, useBias: false, activation: 'softmax' })),
  'conv2d padding of each side': on(conv({ padding: kSides, strides: [1, 2] })),
  'conv2d dilation': on(conv({ dilationRate: 2, padding: 'same' })),
  'conv2d groups': on(conv({ groups: 2 })),
  'conv2d any size': on(conv({ padding: 'same', strides: 2 }), [null, null, 4]),
  depthwiseConv2d: on(layers.depthwiseConv2d({ kernelSize: 3, activation: 'tanh' })),
  'depthwiseConv2d multiplier': on(
    layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, strides: 2, padding: 'same' }),
  ),
  separableConv2d: on(
    layers.separableConv2d({ filters: 5, kernelSize: 3, depthMultiplier: 2, padding: 'same' }),
  ),
  'conv2dTranspose valid': on(up({ strides: 2 })),
  'conv2dTranspose same': on(up({ strides: 2, padding: 'same', activation: 'relu' })),
  'conv2dTranspose small kernel': on(up({ kernelSize: 1, strides: 2 })),
  'conv2dTranspose padding': on(up({ strides: 2, padding: 1, outputPadding: 1 })),
  'conv2dTranspose same with outputPadding': on(
    up({ strides: 2, padding: 'same', outputPadding: 1 }),
  ),
  'conv2dTranspose dilation': on(up({ dilationRate: 2 })),
  dense: on(layers.dense({ units: 5, activation: 'sigmoid' }), [12]),
  'dense without bias': on(layers.dense({ units: 5, useBias: false }), [12]),
  maxPooling2d: on(layers.maxPooling2d()),
  'maxPooling2d same': on(layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' })),
  averagePooling2d: on(layers.averagePooling2d({ poolSize: [2, 3], strides: 1 })),
  'averagePooling2d same': on(
    layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
  ),
  sumPooling2d: on(layers.sumPooling2d()),
  'sumPooling2d same': on(layers.sumPooling2d({ poolSize: 3, strides: 2, padding: 'same' })),
  globalAveragePooling2d: on(layers.globalAveragePooling2d()),
  'globalAveragePooling2d keepdims': on(layers.globalAveragePooling2d({ keepdims: true })),
  globalMaxPooling2d: on(layers.globalMaxPooling2d()),
  flatten: on(layers.flatten()),
  'flatten and dense': chain(
    conv({ inputShape: kImage }),
    layers.flatten(),
    layers.dense({ units: 4 }),
  ),
  'flatten, normalise, prelu, dense': chain(
    layers.maxPooling2d({ inputShape: kImage }),
    layers.flatten(),
    layers.batchNormalization(),
    layers.prelu(),
    layers.dense({ units: 4 }),
    layers.softmax(),
  ),
  reshape: on(layers.reshape({ targetShape: [-1, 9] })),
  'reshape and conv2d': chain(
    layers.reshape({ inputShape: [63], targetShape: [9, 7, 1] }),
    conv({ padding: 'same' }),
    layers.reshape({ targetShape: [7, 54] }),
  ),
  permute: on(layers.permute({ dims: [3, 1, 2] })),
  'permute between conv2d': chain(
    conv({ inputShape: kImage }),
    layers.permute({ dims: [2, 1, 3] }),
    conv(),
  ),
  ...Object.fromEntries(
    kActivations.map((name) => [
      `activation ${name}`,
      chain(layers.maxPooling2d({ inputShape: kImage }), layers.activation({ activation: name })),
    ]),
  ),
  'conv2d with mish': on(conv({ activation: 'mish' })),
  reLU: on(layers.reLU()),
  'reLU with a maximum': on(layers.reLU({ maxValue: 0.5 })),
  'reLU with everything': on(layers.reLU({ maxValue: 0.5, negativeSlope: 0.1, threshold: 0.25 })),
  leakyReLU: on(layers.leakyReLU()),
  elu: on(layers.elu({ alpha: 0.7 })),
  prelu: on(layers.prelu()),
  'prelu shared': on(layers.prelu({ sharedAxes: [1, 2] })),
  softmax: on(layers.softmax(), [12]),
  dropout: on(layers.dropout({ rate: 0.4 }), [12]),
  spatialDropout2d: on(layers.spatialDropout2d({ rate: 0.4 })),
  gaussianNoise: on(layers.gaussianNoise({ stddev: 0.4 })),
  gaussianDropout: on(layers.gaussianDropout({ rate: 0.4 })),
  batchNormalization: on(layers.batchNormalization()),
  'batchNormalization bare': on(layers.batchNormalization({ center: false, scale: false }), [12]),
  layerNormalization: on(layers.layerNormalization()),
  'layerNormalization of two': on(layers.layerNormalization({ axis: [-2, -1], center: false })),
  groupNormalization: on(layers.groupNormalization({ groups: 2 })),
  'groupNormalization of each': on(layers.groupNormalization({ groups: -1, scale: false })),
  localResponseNormalization: on(layers.localResponseNormalization({ alpha: 0.2, size: 3 })),
  'localResponseNormalization, other words': on(
    layers.localResponseNormalization({ depthRadius: 2, bias: 1.5, alpha: 0.1 }),
  ),
  zeroPadding2d: on(layers.zeroPadding2d({ padding: kSides })),
  cropping2d: on(layers.cropping2d({ cropping: kSides })),
  'upSampling2d nearest': on(layers.upSampling2d({ size: [2, 3] })),
  'upSampling2d bilinear': on(layers.upSampling2d({ interpolation: 'bilinear' })),
  'resizing bilinear': on(layers.resizing({ height: 5, width: 12 })),
  'resizing nearest': on(layers.resizing({ height: 18, width: 3, interpolation: 'nearest' })),
  rescaling: on(layers.rescaling({ scale: 0.5, offset: -1 })),
  normalization: on(layers.normalization({ mean: [0.1, 0.2, 0.3, 0.4], variance: [1, 2, 3, 4] })),
  'normalization of all': on(layers.normalization({ mean: 0.5, variance: 2 })),
  add: two(layers.add()),
  'add with repetition': two(layers.add(), kImage, [1, 1, 4]),
  subtract: two(layers.subtract()),
  multiply: two(layers.multiply()),
  average: two(layers.average()),
  maximum: two(layers.maximum()),
  minimum: two(layers.minimum()),
  concatenate: two(layers.concatenate(), kImage, [9, 7, 2]),
  'concatenate rows': two(layers.concatenate({ axis: 1 }), kImage, [3, 7, 4]),
  ...Object.fromEntries(
    [
      layers.randomFlip(),
      layers.randomTranslation({ heightFactor: 0.1, widthFactor: 0.1 }),
      layers.randomRotation({ factor: 0.1 }),
      layers.randomZoom({ heightFactor: 0.1 }),
      layers.randomContrast({ factor: 0.1 }),
      layers.randomBrightness({ factor: 0.1 }),
      layers.randomErasing(),
    ].map((layer) => [layer.type, on(layer)]),
  ),
  'a layer applied twice': {
    make: () => {
      const twin = conv({ padding: 'same', filters: 4 })
      const head = layers.dense({ units: 3 })
      const x = fovea.input({ shape: kImage, name: 'x' })
      const seen = layers.add().apply([twin.apply(twin.apply(x)), x])
      const flat = layers.flatten().apply(seen)
      return fovea.model({ inputs: x, outputs: [head.apply(flat), seen], seed: 1 })
    },
  },
  'channels first': chain(
    conv({ inputShape: [4, 9, 7], dataFormat: 'channelsFirst', padding: 'same' }),
    layers.reLU(),
    layers.maxPooling2d({ poolSize: 2, dataFormat: 'channelsFirst' }),
  ),
  'one dense layer on rows and on an image': {
    make: () => {
      const head = layers.dense({ units: 3 })
      const x = fovea.input({ shape: [4, 3, 2], name: 'x' })
      const y = fovea.input({ shape: [24], name: 'y' })
      const seen = conv({ filters: 2, padding: 'same' }).apply(x)
      const outputs = [head.apply(layers.flatten().apply(seen)), head.apply(y)]
      return fovea.model({ inputs: [x, y], outputs, seed: 1 })
    },
  },
}

/** The networks of the lectures: small pictures and narrow layers where memory asks for it. */
export const kZoo = {
  logistic: () => zoo.logistic({ seed: 1 }),
  softmaxRegression: () => zoo.softmaxRegression({ seed: 1 }),
  mlp: () => zoo.mlp({ hidden: [30, 20], seed: 1 }),
  lenetCifar: () => zoo.lenetCifar({ seed: 1 }),
  kerasMnist: () => zoo.kerasMnist({ seed: 1 }),
  torchMnist: () => zoo.torchMnist({ seed: 1 }),
  catClassifier: () => zoo.catClassifier({ inputShape: [32, 32, 3], filters: [8, 16], seed: 1 }),
  alexnet: () => zoo.alexnet({ inputShape: [67, 67, 3], classes: 10, units: 32, seed: 1 }),
  'alexnet, 2 groups': () =>
    zoo.alexnet({ inputShape: [67, 67, 3], classes: 10, units: 32, groups: 2, seed: 1 }),
  inception: () => zoo.inception({ inputShape: [64, 64, 3], classes: 10, seed: 1 }),
  'inception with its heads': () =>
    zoo.inception({ inputShape: [96, 96, 3], classes: 10, auxiliary: true, seed: 1 }),
  fcn: () => zoo.fcn({ inputShape: [16, 24, 3], classes: 3, filters: [4, 8], seed: 1 }),
  'fcn of any size': () =>
    zoo.fcn({ inputShape: [null, null, 3], classes: 3, filters: [4, 8], seed: 1 }),
  steering: () => zoo.steering({ seed: 1 }),
  'steering with a map': () => zoo.steering({ mapShape: [16, 16, 1], components: 2, seed: 1 }),
}

/** Networks whose images are channels first here already. */
export const kTurned = new Set(['channels first'])

/** All networks by name, made with random weights. */
export const kNetworks = {
  ...Object.fromEntries(Object.entries(kLayers).map(([name, { make }]) => [name, make])),
  ...Object.fromEntries(Object.entries(kZoo).map(([name, make]) => [`zoo.${name}`, make])),
}

/** A network of the list with random weights, its inputs, and what it says to them. */
export async function prepared(name) {
  const model = await randomWeights(await kNetworks[name]())
  const inputs = randomInputs(model)
  return { model, inputs, expected: await model.predictAll(inputs) }
}
