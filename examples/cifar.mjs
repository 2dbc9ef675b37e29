// Photographs in colour: CIFAR-10 with LeNet's shape from the lectures, and with a network of our own
// that normalises its batches and mirrors and shifts its pictures. Both results are said.
//   node examples/cifar.mjs [--quick | --full] [folder with data_batch_1.bin and test_batch.bin]
// SPDX-License-Identifier: MIT
import * as fovea from 'fovea'
import { describe, first, largest, percent, promise, readArguments, rows } from './tools.mjs'

const { quick, full, folder } = readArguments()
const source = folder ?? process.env.FOVEA_CIFAR_DIR
if (source === undefined) {
  console.log('Skipped: give the folder of CIFAR-10, binary version, from')
  console.log('https://www.cs.toronto.edu/~kriz/cifar.html, as argument or in FOVEA_CIFAR_DIR.')
  process.exit(0)
}

// Load, and analyse.
const { train: all, test: held, classNames } = await fovea.datasets.cifar10({ source })
const train = full ? all : first(all, quick ? 2000 : 5000)
const test = full ? held : first(held, 1000)
describe('To train', fovea.datasets.summary(train))

// Define: the lectures' network, and ours.
const { conv2d, batchNormalization, activation, maxPooling2d, globalAveragePooling2d } =
  fovea.layers
const { dense, dropout, randomFlip, randomTranslation } = fovea.layers
const block = (filters) => [
  conv2d({
    filters,
    kernelSize: 3,
    padding: 'same',
    useBias: false,
    kernelInitializer: 'heNormal',
  }),
  batchNormalization({ momentum: 0.9 }),
  activation({ activation: 'relu' }),
]
const own = await fovea.sequential({
  name: 'own',
  seed: 1,
  layers: [
    randomFlip({ inputShape: [32, 32, 3], mode: 'horizontal' }),
    randomTranslation({ heightFactor: 0.08, widthFactor: 0.08 }),
    ...block(16),
    maxPooling2d({ poolSize: 2 }),
    ...block(32),
    maxPooling2d({ poolSize: 2 }),
    ...block(64),
    ...block(64),
    globalAveragePooling2d(),
    dropout({ rate: 0.2 }),
    dense({ units: 10, activation: 'softmax' }),
  ],
})
const lenet = await fovea.zoo.lenetCifar({ seed: 1 })

// Train and evaluate: the same epochs for both.
const epochs = full ? 8 : quick ? 3 : 6
const accuracies = []
for (const model of [lenet, own]) {
  const decaySteps = epochs * Math.ceil(train.labels.length / 32)
  const learningRate = fovea.schedules.cosineDecay({ initialLearningRate: 3e-3, decaySteps })
  const optimizer = fovea.optimizers.adam({ learningRate })
  const loss = 'sparseCategoricalCrossentropy'
  await model.compile({ optimizer, loss, metrics: ['accuracy'] })
  console.log(`${model.name}: ${model.countParams().total} weights`)
  await model.fit(train, { epochs, verbose: 2 })
  accuracies.push((await model.evaluate(test)).accuracy)
}

// Summarise: what is easy, and what is hard?
const output = await own.predict(test.images)
const { classes } = fovea.metrics.classificationReport(test.labels, output, 10)
classes.forEach(({ f1 }, k) => console.log(`  ${classNames[k].padEnd(10)} f1 ${percent(f1)}`))

// Predict.
const { data } = await own.predict(rows(test.images, 0, 1))
console.log(
  `The first of the test: ${classNames[test.labels[0]]}; we say ${classNames[largest(data)]}.`,
)
promise('lenetCifar', accuracies[0], { atLeast: full ? 0.5 : quick ? 0.17 : 0.4 })
promise('own network', accuracies[1], { atLeast: full ? 0.6 : quick ? 0.3 : 0.45 })
await lenet.dispose()
await own.dispose()
