// Every layer and activation that TensorFlow.js has as well: outputs, input gradients and weight
// gradients on the same weights and batches. Options whose defaults differ are given to both.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fovea from 'fovea'
import {
  expectClose,
  oneLayer,
  randomSource,
  randomTensor,
  shareWeights,
  sizeOf,
  tf,
  tfl,
} from './tfjs.mjs'

const mine = fovea.layers
const theirs = tfl.layers
const kImage = [9, 7, 5]

/** name, our layer, theirs, shapes of the inputs; `noGradient`: they have none. */
const kCases = [
  ...conv2dCases(),
  ['dense', mine.dense({ units: 6 }), theirs.dense({ units: 6 }), [[11]]],
  [
    'dense without bias',
    mine.dense({ units: 3, useBias: false }),
    theirs.dense({ units: 3, useBias: false }),
    [[8]],
  ],
  ...['valid', 'same'].flatMap((padding) =>
    [
      { kernelSize: 3, padding, depthMultiplier: 2 },
      { kernelSize: [2, 3], strides: 2, padding },
    ].map((options) => [
      `depthwiseConv2d ${JSON.stringify(options)}`,
      mine.depthwiseConv2d(options),
      theirs.depthwiseConv2d(options),
      [kImage],
    ]),
  ),
  ...[
    { filters: 6, kernelSize: 3, padding: 'same', depthMultiplier: 2 },
    { filters: 4, kernelSize: 3, strides: 2, padding: 'valid' },
  ].map((options) => [
    `separableConv2d ${JSON.stringify(options)}`,
    mine.separableConv2d(options),
    theirs.separableConv2d(options),
    [kImage],
  ]),
  ...[
    { filters: 4, kernelSize: 3, strides: 2, padding: 'same' },
    { filters: 3, kernelSize: 2, strides: 2, padding: 'valid' },
    { filters: 3, kernelSize: 4, strides: 3, padding: 'valid', useBias: false },
    { filters: 3, kernelSize: 3, padding: 'same' },
  ].map((options) => [
    `conv2dTranspose ${JSON.stringify(options)}`,
    mine.conv2dTranspose(options),
    theirs.conv2dTranspose(options),
    [kImage],
  ]),
  ...['maxPooling2d', 'averagePooling2d'].flatMap((name) =>
    [
      { poolSize: 2 },
      { poolSize: 3, strides: 2 },
      { poolSize: 3, strides: 2, padding: 'same' },
      { poolSize: [2, 3], strides: [1, 2], padding: 'same' },
    ].map((options) => [
      `${name} ${JSON.stringify(options)}`,
      mine[name](options),
      theirs[name](options),
      [kImage],
    ]),
  ),
  [
    'globalAveragePooling2d',
    mine.globalAveragePooling2d(),
    theirs.globalAveragePooling2d({}),
    [kImage],
  ],
  ['globalMaxPooling2d', mine.globalMaxPooling2d(), theirs.globalMaxPooling2d({}), [kImage]],
  ['flatten', mine.flatten(), theirs.flatten(), [kImage]],
  [
    'reshape',
    mine.reshape({ targetShape: [7, 45] }),
    theirs.reshape({ targetShape: [7, 45] }),
    [kImage],
  ],
  ['permute', mine.permute({ dims: [3, 1, 2] }), theirs.permute({ dims: [3, 1, 2] }), [kImage]],
  [
    'zeroPadding2d',
    mine.zeroPadding2d({
      padding: [
        [1, 2],
        [0, 3],
      ],
    }),
    theirs.zeroPadding2d({
      padding: [
        [1, 2],
        [0, 3],
      ],
    }),
    [kImage],
  ],
  [
    'cropping2d',
    mine.cropping2d({
      cropping: [
        [1, 2],
        [0, 3],
      ],
    }),
    theirs.cropping2D({
      cropping: [
        [1, 2],
        [0, 3],
      ],
    }),
    [kImage],
  ],
  [
    'upSampling2d nearest',
    mine.upSampling2d({ size: [2, 3] }),
    theirs.upSampling2d({ size: [2, 3] }),
    [kImage],
  ],
  [
    'rescaling',
    mine.rescaling({ scale: 0.5, offset: -1 }),
    theirs.rescaling({ scale: 0.5, offset: -1 }),
    [kImage],
  ],
  ['reLU', mine.reLU(), theirs.reLU(), [kImage]],
  [
    'reLU with a maximum',
    mine.reLU({ maxValue: 0.5 }),
    theirs.reLU({ maxValue: 0.5 }),
    [kImage],
    'noGradient',
  ],
  ['leakyReLU', mine.leakyReLU({ negativeSlope: 0.3 }), theirs.leakyReLU({ alpha: 0.3 }), [kImage]],
  ['prelu', mine.prelu(), theirs.prelu(), [kImage]],
  ['elu', mine.elu({ alpha: 1 }), theirs.elu({ alpha: 1 }), [kImage]],
  ['softmax', mine.softmax(), theirs.softmax(), [[12]]],
  ['layerNormalization', mine.layerNormalization(), theirs.layerNormalization(), [kImage]],
  [
    'batchNormalization, as it predicts',
    mine.batchNormalization(),
    theirs.batchNormalization(),
    [kImage],
  ],
  ...['add', 'multiply', 'average', 'maximum', 'minimum'].map((name) => [
    name,
    mine[name](),
    theirs[name](),
    [kImage, kImage, kImage],
  ]),
  ['concatenate', mine.concatenate(), theirs.concatenate(), [kImage, [9, 7, 2], [9, 7, 3]]],
  [
    'concatenate rows',
    mine.concatenate({ axis: 1 }),
    theirs.concatenate({ axis: 1 }),
    [kImage, [2, 7, 5]],
  ],
  ...[
    'linear',
    'relu',
    'relu6',
    'elu',
    'selu',
    'sigmoid',
    'tanh',
    'softplus',
    'softsign',
    'softmax',
    'swish',
    'mish',
  ].map((name) => [
    `activation ${name}`,
    mine.activation({ activation: name }),
    theirs.activation({ activation: name }),
    [[40]],
  ]),
]

function conv2dCases() {
  const options = [
    { kernelSize: 3 },
    { kernelSize: 3, padding: 'same' },
    { kernelSize: 3, strides: 2, padding: 'same' },
    { kernelSize: [5, 2], strides: [2, 1], padding: 'valid', useBias: false },
    { kernelSize: 1 },
    { kernelSize: 3, dilationRate: 2, noGradient: 'noGradient' },
    { kernelSize: 3, activation: 'relu' },
    { kernelSize: 3, activation: 'sigmoid', padding: 'same' },
    { kernelSize: 3, activation: 'tanh' },
    { kernelSize: 3, activation: 'softmax' },
  ]
  return options.flatMap(({ noGradient, ...rest }) =>
    [3, 8].map((filters) => [
      `conv2d ${JSON.stringify({ filters, ...rest })}`,
      mine.conv2d({ filters, ...rest }),
      theirs.conv2d({ filters, ...rest }),
      [kImage],
      noGradient,
    ]),
  )
}

// Where TensorFlow.js is wrong, which central differences in tests/cpp show: its average pooling
// divides gradients by the whole window, though its values by what is not padding; its gradient of
// nearest resizing is right for the first image of a batch only.
const wrongThere = (name) => /^averagePooling2d.*same/.test(name)
const batchOf = (name) => (/^upSampling2d/.test(name) ? 1 : 3)

for (const [name, layer, twinLayer, shapes, noGradient] of kCases) {
  test(`${name}: as TensorFlow.js`, async () => {
    const random = randomSource(17)
    const { model, twin } = await oneLayer(layer, twinLayer, shapes)
    await shareWeights(model, twin, random)
    const batch = batchOf(name)
    const x = shapes.map((shape) => randomTensor(random, [batch, ...shape], -2, 2))
    const inputs = x.map((one) => one.mine)
    const output = await model.predict(inputs.length === 1 ? inputs[0] : inputs)
    const theirInputs = x.map((one) => one.theirs)
    const expected = twin.apply(theirInputs.length === 1 ? theirInputs[0] : theirInputs)
    assert.deepEqual(output.shape, expected.shape)
    const terms = Math.max(...shapes.map(sizeOf))
    expectClose(output.data, expected.dataSync(), 'output', terms)
    if (noGradient !== undefined || wrongThere(name)) return model.dispose()

    const dy = randomTensor(random, expected.shape)
    const given = await model.gradients(inputs.length === 1 ? inputs[0] : inputs, {
      outputGradients: dy.mine,
    })
    const objective = (...values) =>
      tf.sum(tf.mul(twin.apply(values.length === 1 ? values[0] : values), dy.theirs))
    const wanted = tf.grads(objective)(theirInputs)
    const got = Array.isArray(given.input) ? given.input : [given.input]
    got.forEach(({ data }, k) =>
      expectClose(data, wanted[k].dataSync(), `gradient of input ${k}`, batch * terms),
    )
    const variables = twin.trainableWeights.map((weight) => weight.val)
    if (variables.length > 0) {
      const { grads } = tf.variableGrads(() => objective(...theirInputs), variables)
      assert.equal(given.weights.length, variables.length, 'number of weight gradients')
      given.weights.forEach(({ name: weight, data }, k) => {
        expectClose(
          data,
          grads[variables[k].name].dataSync(),
          `gradient of ${weight}`,
          batch * terms,
        )
      })
    }
    await model.dispose()
  })
}

test('resizing and bilinear up-sampling with half-pixel centres: as tf.image', async () => {
  for (const [layer, method] of [
    [mine.resizing({ height: 5, width: 12, interpolation: 'bilinear' }), tf.image.resizeBilinear],
    [
      mine.resizing({ height: 18, width: 3, interpolation: 'nearest' }),
      tf.image.resizeNearestNeighbor,
    ],
    [mine.upSampling2d({ size: 2, interpolation: 'bilinear' }), tf.image.resizeBilinear],
  ]) {
    const random = randomSource(3)
    const input = fovea.input({ shape: kImage })
    const model = await fovea.model({ inputs: input, outputs: layer.apply(input), seed: 1 })
    const x = randomTensor(random, [2, ...kImage])
    const output = await model.predict(x.mine)
    const [, height, width] = output.shape
    expectClose(output.data, method(x.theirs, [height, width], false, true).dataSync(), 'output')
    await model.dispose()
  }
})

after(() => fovea.shutdown())
