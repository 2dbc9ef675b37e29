// Clothes instead of digits: Fashion-MNIST has the same format and is much harder. The same lesson with
// batch normalisation, mirror images, and a look at what is taken for what.
//   apt-get install dataset-fashion-mnist
//   node examples/fashion.mjs [--quick | --full] [/usr/share/datasets/fashion-mnist]
// SPDX-License-Identifier: MIT
import { existsSync } from 'node:fs'
import * as fovea from 'fovea'
import { describe, first, percent, promise, readArguments, rows, largest } from './tools.mjs'

const { quick, full, folder } = readArguments()
const source = folder ?? process.env.FOVEA_FASHION_DIR ?? '/usr/share/datasets/fashion-mnist'
if (!existsSync(source)) {
  console.log(`Skipped: there is no Fashion-MNIST in ${source}. Debian has it in the package`)
  console.log('dataset-fashion-mnist (apt-get install dataset-fashion-mnist).')
  process.exit(0)
}

// Load: all 60,000, or the first of them.
const all = await fovea.datasets.fashionMnist({ source })
const train = full ? all.train : first(all.train, quick ? 6000 : 12000)
const test = full ? all.test : first(all.test, 2000)
const epochs = full ? 6 : quick ? 3 : 4
const batchSize = 64

// Analyse: ten classes, equally often, and what one of them looks like.
describe('To train', fovea.datasets.summary(train))
console.log(`The first is: ${train.classNames[train.labels[0]]}`)
const picture = rows(train.images, 0, 1).data
for (let y = 0; y < 28; y += 2) {
  const line = Array.from({ length: 28 }, (_, x) => ' .:*#'[Math.floor(picture[y * 28 + x] / 52)])
  console.log(`  ${line.join('')}`)
}

// Define: clothes may be mirrored, digits may not.
const {
  conv2d,
  batchNormalization,
  activation,
  maxPooling2d,
  flatten,
  dropout,
  dense,
  randomFlip,
} = fovea.layers
const block = (filters) => [
  conv2d({ filters, kernelSize: 3, padding: 'same', useBias: false }),
  batchNormalization({ momentum: full ? 0.99 : 0.9 }), // few steps: follow faster
  activation({ activation: 'relu' }),
  maxPooling2d({ poolSize: 2 }),
]
const model = await fovea.sequential({
  name: 'fashion',
  seed: 1,
  layers: [
    randomFlip({ inputShape: [28, 28, 1], mode: 'horizontal' }),
    ...block(16),
    ...block(32),
    ...block(64),
    flatten(),
    dense({ units: 128, activation: 'relu' }),
    dropout({ rate: 0.3 }),
    dense({ units: 10, activation: 'softmax' }),
  ],
})

// Train and evaluate.
const decaySteps = epochs * Math.ceil(train.labels.length / batchSize)
const learningRate = fovea.schedules.cosineDecay({ initialLearningRate: 2e-3, decaySteps })
const optimizer = fovea.optimizers.adam({ learningRate })
const loss = 'sparseCategoricalCrossentropy'
await model.compile({ optimizer, loss, metrics: ['accuracy'] })
await model.fit(train, { epochs, batchSize, verbose: 2 })
const { accuracy } = await model.evaluate(test, { batchSize: 100 })

// Summarise: which class is the hardest, and what is it taken for?
const output = await model.predict(test.images, { batchSize: 100 })
const matrix = fovea.metrics.confusionMatrix(test.labels, output, 10)
for (const [label, row] of matrix.entries()) {
  const total = row.reduce((sum, count) => sum + count, 0)
  const others = row.map((count, other) => (other === label ? -1 : count))
  const rival = all.classNames[largest(others)]
  const name = all.classNames[label].padEnd(12)
  console.log(`  ${name} right ${percent(row[label] / total)}, else mostly ${rival}`)
}

// Predict.
const { data } = await model.predict(rows(test.images, 0, 1))
console.log(`The first of the test is: ${all.classNames[test.labels[0]]}.`)
console.log(`The network says: ${all.classNames[largest(data)]}.`)
promise('test accuracy', accuracy, { atLeast: full ? 0.91 : quick ? 0.8 : 0.85 })
await model.dispose()
