// Bad input gets a sentence, not a crash: word for word, and everything works afterwards.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fovea from 'fovea'
import { bands, bits, rejects, smallModel } from './support/small.mjs'

const { layers } = fovea
const { images, labels } = bands(48)
const model = await smallModel()
const before = await bits(model)
after(async () => {
  assert.equal(await bits(model), before, 'a refused call changed the weights')
  await model.fit(images, labels)
  await model.dispose()
})

test('x of a wrong shape, with the reshape that would do', () =>
  rejects(
    'bad-shape',
    'fit: x has the shape [48, 64] but the input "input_1" needs [n, 8, 8, 1]. Reshape it: ' +
      'fovea.tensor(x.data, [48, 8, 8, 1]).',
    () => model.fit(fovea.tensor(images.data, [48, 64]), labels),
  ))

test('x of a wrong shape that no reshape mends', () =>
  rejects(
    'bad-shape',
    'predict: x has the shape [1, 3] but the input "input_1" needs [n, 8, 8, 1].',
    () => model.predict(fovea.tensor([1, 2, 3], [1, 3])),
  ))

test('x that is no tensor', () =>
  rejects(
    'bad-shape',
    'fit: x needs a tensor but gets a Uint8Array. Make tensors with fovea.tensor(data, shape).',
    () => model.fit(images.data, labels),
  ))

test('x without examples', () =>
  rejects('bad-shape', 'evaluate: x holds no examples.', () =>
    model.evaluate(fovea.tensor([], [0, 8, 8, 1]), []),
  ))

test('fewer labels than images', () =>
  rejects('bad-shape', 'fit: x has 48 examples but y has 47. Each example needs its label.', () =>
    model.fit(images, labels.slice(1)),
  ))

test('no labels', () =>
  rejects('bad-shape', 'fit: y is missing. Give labels for the 48 examples.', () =>
    model.fit(images),
  ))

test('one-hot labels for a sparse loss', () =>
  rejects(
    'bad-shape',
    'fit: y has examples of shape [3] but sparseCategoricalCrossentropy on the output "dense_1" [3] takes ' +
      '[]. Use categoricalCrossentropy for one-hot labels.',
    () => model.fit(images, fovea.oneHot(labels, 3)),
  ))

test('a label that is no class of the model', () =>
  rejects(
    'bad-data',
    'fit: y must hold class numbers from 0 to 2, but example 5 has 9. Correct the labels or give the ' +
      'last layer more units.',
    () =>
      model.fit(
        images,
        labels.map((label, k) => (k === 5 ? 9 : label)),
      ),
  ))

test('NaN pixels', () => {
  const data = Float32Array.from(images.data)
  data[64 * 3 + 7] = NaN
  const message =
    'x: every number must be finite, but number 7 of example 3 is NaN. Clean the data before training.'
  return rejects('bad-data', message, () => model.fit(fovea.tensor(data, [48, 8, 8, 1]), labels))
})

test('an unknown option of fit, with the one that was meant', () =>
  rejects(
    'bad-option',
    'fit: unknown option "epoch". Did you mean "epochs"? Known options: batchSize, epochs, initialEpoch, resume, shuffle, seed, validationData, validationSplit, validationFreq, callbacks, signal, verbose, classWeight and sampleWeight.',
    () => model.fit(images, labels, { epoch: 3 }),
  ))

test('an unknown option of a layer', () =>
  rejects(
    'bad-option',
    'layer "dense_1" (dense): unknown option "unit". Known options: activation, activityRegularizer, units, useBias, kernelInitializer, kernelRegularizer, kernelConstraint, biasInitializer, biasRegularizer and biasConstraint.',
    () => fovea.sequential({ layers: [layers.dense({ inputShape: [2], units: 1, unit: 3 })] }),
  ))

test('an unknown option of init, of predict, of an optimizer', async () => {
  await rejects(
    'bad-option',
    'predict: unknown option "batchsize". Did you mean "batchSize"? Known options: batchSize, signal and latest.',
    () => model.predict(images, { batchsize: 3 }),
  )
  await rejects(
    'bad-option',
    'init: unknown option "thread". Did you mean "threads"? Known options: variant, threads, worker, reproducible, seed, wasmBinary, wasmModule, wasmUrl and workerUrl.',
    () => fovea.init({ thread: 2 }),
  )
  await rejects(
    'bad-option',
    'optimizer "adam": unknown option "learningrate". Known options: learningRate, beta1, beta2, epsilon, epsilonPlacement, amsgrad, clipNorm, globalClipNorm, clipValue, weightDecay and ema.',
    () =>
      model.compile({
        optimizer: fovea.optimizers.adam({ learningrate: 1 }),
        loss: 'sparseCategoricalCrossentropy',
      }),
  )
})

const wrongValues = [
  [{ batchSize: 0 }, 'batchSize must be a whole number of 1 or more but is 0.'],
  [{ batchSize: '32' }, 'batchSize must be a whole number of 1 or more but is "32".'],
  [{ epochs: 1.5 }, 'epochs must be a whole number of 0 or more but is 1.5.'],
  [{ epochs: 2, initialEpoch: 3 }, 'epochs must be a whole number of 3 or more but is 2.'],
  [{ seed: -1 }, 'seed must be a whole number from 0 to 4294967295 but is -1.'],
  [{ shuffle: 'yes' }, 'shuffle must be true or false but is "yes".'],
  [{ validationSplit: 1 }, 'validationSplit must be a number from 0 up to but not 1 but is 1.'],
  [{ callbacks: {} }, 'callbacks must be an array of objects with hooks but is an object ().'],
  [{ signal: 3 }, "signal must be an AbortController's signal but is 3."],
  [{ verbose: 'auto' }, 'verbose must be 0, 1 or 2 but is "auto".'],
  [
    { validationSplit: 0.99 },
    'validationSplit must be a share that leaves some of the 48 examples to train on but is 0.99.',
  ],
  [
    { validationSplit: 0.1, validationData: [images, labels] },
    'has both validationData and validationSplit. Give one of them.',
  ],
]
for (const [options, sentence] of wrongValues) {
  test(`fit refuses ${Object.keys(options)}: ${String(Object.values(options)[0])}`, () =>
    rejects('bad-option', `fit: ${sentence}`, () => model.fit(images, labels, options)))
}

test('what is not there yet is refused, not ignored', async () => {
  await rejects(
    'bad-option',
    'layer "conv3d_1" (conv3d): unknown layer type "conv3d". Known types: activation, add, average, averagePooling2d, batchNormalization, concatenate, conv2d, conv2dTranspose, cropping2d, dense, depthwiseConv2d, dropout, elu, flatten, gaussianDropout, gaussianNoise, globalAveragePooling2d, globalMaxPooling2d, groupNormalization, layerNormalization, leakyReLU, localResponseNormalization, maxPooling2d, maximum, minimum, multiply, normalization, permute, prelu, randomBrightness, randomContrast, randomErasing, randomFlip, randomRotation, randomTranslation, randomZoom, reLU, rescaling, reshape, resizing, separableConv2d, softmax, spatialDropout2d, subtract, sumPooling2d, upSampling2d and zeroPadding2d.',
    () =>
      fovea.sequential({
        layers: [Object.assign(layers.flatten({ inputShape: [2, 2] }), { type: 'conv3d' })],
      }),
  )
})

test('what is no name of a layer, and rows that cannot be', async () => {
  for (const given of [1e9, 5, undefined]) {
    await rejects(
      'bad-option',
      `setTrainable: the first argument must be a layer's name but is ${given}.`,
      () => model.setTrainable(given, false),
    )
  }
  const open = await fovea.sequential({
    layers: [layers.globalAveragePooling2d({ inputShape: [null, null, 1] })],
  })
  const x = { data: new Float32Array(1), shape: [-1, -1, 1, 1] }
  await rejects('bad-shape', 'predict: x holds no examples.', () => open.predict(x))
  await open.dispose()
})

test('weights of examples, of classes and of losses that do not fit', async () => {
  await rejects(
    'bad-shape',
    'fit: sampleWeight needs one number for each of the 48 examples but gets 1 numbers.',
    () => model.fit(images, labels, { sampleWeight: [1] }),
  )
  await rejects(
    'bad-option',
    'fit: classWeight needs a number of 0 or more for each class number, such as { 0: 1, 1: 5 }, but ' +
      'gets -1.',
    () => model.fit(images, labels, { classWeight: { 0: -1 } }),
  )
  const loss = 'sparseCategoricalCrossentropy'
  await rejects(
    'bad-option',
    'compile: lossWeights needs a number of 0 or more for each output, as an array or by name, but ' +
      'gets "much".',
    () => model.compile({ optimizer: 'adam', loss, lossWeights: ['much'] }),
  )
})

test('compile without a loss, with an unknown optimizer or metric', async () => {
  await rejects(
    'bad-option',
    "compile: loss needs a name, such as 'sparseCategoricalCrossentropy', or what fovea.losses makes, but " +
      'gets undefined.',
    () => model.compile({ optimizer: 'adam' }),
  )
  await rejects(
    'bad-option',
    'compile: unknown optimizer "adamantium". Known optimizers: sgd, rmsprop, adagrad, adadelta, adam, adamax, adamw, nadam and lion.',
    () => model.compile({ optimizer: 'adamantium', loss: 'meanSquaredError' }),
  )
  await rejects(
    'bad-option',
    'compile: unknown metric "precison". Known metrics: accuracy, binaryAccuracy, categoricalAccuracy, sparseCategoricalAccuracy, topKCategoricalAccuracy, precision, recall, f1, auc, meanIoU, mse and mae.',
    () => model.compile({ optimizer: 'adam', loss: 'meanSquaredError', metrics: ['precison'] }),
  )
  await rejects(
    'bad-option',
    'compile: metrics needs an array, such as [\'accuracy\'], or an object of arrays by output, but gets "accuracy".',
    () => model.compile({ optimizer: 'adam', loss: 'meanSquaredError', metrics: 'accuracy' }),
  )
})

test('fit before compile', async () => {
  const raw = await fovea.sequential({
    name: 'raw',
    layers: [layers.dense({ inputShape: [2], units: 1 })],
  })
  await rejects(
    'bad-option',
    'fit: the model "raw" needs an optimizer and a loss first. Call model.compile({ optimizer: \'adam\', ' +
      "loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] }).",
    () => raw.fit(fovea.tensor([1, 2], [1, 2]), [1]),
  )
  await raw.dispose()
})

test('two layers that do not fit together', () =>
  rejects(
    'bad-shape',
    'layer "conv2" (conv2d): needs a 4-D input [batch, height, width, channels] but gets [batch, 784]. Put reshape({ targetShape: [height, width, channels] }) before it.',
    () =>
      fovea.sequential({
        layers: [
          layers.dense({ inputShape: [784], units: 784 }),
          layers.conv2d({ filters: 8, kernelSize: 3, name: 'conv2' }),
        ],
      }),
  ))

test('a filter larger than its input', () =>
  rejects(
    'bad-shape',
    'layer "conv2d_1" (conv2d): a window of height 5 does not fit an input of height 4. Use a smaller window, padding "same", or fewer layers that shrink the image before it.',
    () =>
      fovea.sequential({
        layers: [layers.conv2d({ inputShape: [4, 4, 1], filters: 1, kernelSize: 5 })],
      }),
  ))

test('an option of the wrong kind', () =>
  rejects(
    'bad-option',
    'layer "dense_1" (dense): units must be a whole number of 1 or more but is ten.',
    () => fovea.sequential({ layers: [layers.dense({ inputShape: [2], units: 'ten' })] }),
  ))

test('too large a model says how many bytes, and the library works on', async () => {
  await rejects(
    'out-of-memory',
    'layer "dense_1" (dense): a kernel [100000, 100000] would need 40.0 GB. Use smaller images, fewer or ' +
      'smaller filters, or fewer units.',
    () => fovea.sequential({ layers: [layers.dense({ inputShape: [100_000], units: 100_000 })] }),
  )
  const wide = () => layers.dense({ inputShape: [20_000], units: 20_000 })
  await rejects(
    'out-of-memory',
    'not enough memory for the parameters of model "sequential": 4.8 GB wanted. Use a smaller model or ' +
      'batch size, or dispose models that are no longer needed.',
    () => fovea.sequential({ layers: [wide(), wide(), wide()] }),
  )
  const { shape } = await model.predict(images)
  assert.deepEqual(shape, [48, 3])
})

test('a loss that is no number stops the training and keeps the last good weights', async () => {
  const wildModel = async () => {
    const made = await fovea.sequential({
      layers: [layers.dense({ inputShape: [1], units: 1 })],
      seed: 1,
    })
    const optimizer = fovea.optimizers.sgd({ learningRate: 1e6 })
    await made.compile({ optimizer, loss: 'meanSquaredError' })
    return made
  }
  const [wild, twin] = [await wildModel(), await wildModel()]
  const x = fovea.tensor(new Float32Array(8).fill(1e10), [8, 1])
  const y = new Float32Array(8)
  const steps = []
  const callback = { onBatchEnd: (_batch, { step }) => void steps.push(step) }
  await rejects(
    'non-finite-loss',
    'fit: the loss became inf at step 2. The weights of the step before are kept. Try a smaller learning ' +
      'rate, and check the data.',
    () => wild.fit(x, y, { epochs: 9, batchSize: 8, callbacks: [callback] }),
  )
  assert.deepEqual(steps, [1], 'the good step was reported')
  await twin.trainOnBatch(x, y)
  assert.equal(await bits(wild), await bits(twin))
  await wild.dispose()
  await twin.dispose()
})
