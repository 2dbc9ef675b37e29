// The best network for handwritten digits: every picture is shifted, turned and zoomed a little by
// chance while it trains, and the learning rate falls along a cosine.
//   node examples/digits.mjs [--quick]            the 10,000 digits that come with Fovea
//   node examples/digits.mjs --full data/mnist    all of MNIST: 99.2 % or better
// SPDX-License-Identifier: MIT
import * as fovea from 'fovea'
import { describe, largest, percent, promise, readArguments, rows } from './tools.mjs'

const { quick, full, folder } = readArguments()
const epochs = full ? 10 : quick ? 3 : 8
const batchSize = full ? 128 : 50

// Load: a folder with MNIST's four files, or the digits of the package.
const { train, test } = full
  ? await fovea.datasets.mnist(folder === undefined ? {} : { source: folder })
  : await fovea.datasets.digits()

// Analyse: are all ten digits there equally often?
describe('To train', fovea.datasets.summary(train))
describe('To test', fovea.datasets.summary(test))

// Prepare: bytes become numbers from 0 to 1 by themselves; chance makes each epoch's pictures new.
const { randomTranslation, randomRotation, randomZoom } = fovea.layers
const paper = { fillMode: 'constant', fillValue: 0 }
const augmentation = [
  randomRotation({ inputShape: [28, 28, 1], factor: 0.03, ...paper }),
  randomZoom({ heightFactor: 0.1, widthFactor: 0.1, ...paper }),
  randomTranslation({ heightFactor: 0.08, widthFactor: 0.08, ...paper }),
]

// Define: three convolutions, smaller and smaller, deeper and deeper.
const { conv2d, batchNormalization, activation, maxPooling2d, flatten, dropout, dense } =
  fovea.layers
const block = (filters, inputShape) => [
  conv2d({ inputShape, filters, kernelSize: 3, padding: 'same', useBias: false }),
  batchNormalization({ momentum: full ? 0.99 : 0.9 }), // few steps: follow faster
  activation({ activation: 'relu' }),
  maxPooling2d({ poolSize: 2 }),
]
const model = await fovea.sequential({
  name: 'digits',
  seed: 1,
  layers: [
    ...(quick ? [] : augmentation), // three epochs are too few to gain from it
    ...block(16, quick ? [28, 28, 1] : undefined),
    ...block(32),
    ...block(64),
    flatten(),
    dense({ units: 128, activation: 'relu' }),
    dropout({ rate: 0.3 }),
    dense({ units: 10, activation: 'softmax' }),
  ],
})
console.log(model.summary())

// Train and evaluate: the rate begins high and ends at nothing.
const steps = epochs * Math.ceil(train.labels.length / batchSize)
const learningRate = fovea.schedules.cosineDecay({ initialLearningRate: 2e-3, decaySteps: steps })
const loss = 'sparseCategoricalCrossentropy'
await model.compile({
  optimizer: fovea.optimizers.adam({ learningRate }),
  loss,
  metrics: ['accuracy'],
})
const started = performance.now()
await model.fit(train, { epochs, batchSize, verbose: 2 })
const seconds = (performance.now() - started) / 1000
const { accuracy } = await model.evaluate(test, { batchSize: 100 })

// Summarise: which digits are taken for others?
const output = await model.predict(test.images, { batchSize: 100 })
const { classes } = fovea.metrics.classificationReport(test.labels, output, 10)
for (const [digit, { precision, recall }] of classes.entries()) {
  console.log(`  ${digit}: precision ${percent(precision)}, recall ${percent(recall)}`)
}

// Predict: one picture it has not seen.
const { data } = await model.predict(rows(test.images, 0, 1))
console.log(`The first of the test is a ${test.labels[0]}; the network says ${largest(data)}.`)
console.log(`${epochs} epochs took ${seconds.toFixed(0)} s.`)
promise('test accuracy', accuracy, { atLeast: full ? 0.992 : 0.975 })
await model.dispose()
