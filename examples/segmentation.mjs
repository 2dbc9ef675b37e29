// A class for every pixel: which belong to a disc, which to a square, which to neither? A fully
// convolutional network goes down to a coarse view and up again by transposed convolutions.
//   node examples/segmentation.mjs [--quick]
// SPDX-License-Identifier: MIT
import * as fovea from 'fovea'
import {
  between,
  chance,
  drawMany,
  largest,
  paint,
  percent,
  promise,
  readArguments,
  rows,
} from './tools.mjs'

const { quick } = readArguments()
const side = 32
const names = ['nothing', 'disc', 'square']

// Make: one disc and one square, grey on grey with noise; the truth is painted along.
const draw = chance(11)
const scene = (picture) => {
  const mask = { data: new Float32Array(side * side), height: side, width: side, channels: 1 }
  paint(picture, [between(draw, 0, 0.3)], () => true)
  const order = draw() < 0.5 ? [1, 2] : [2, 1]
  for (const kind of order) {
    const [x, y, r] = [between(draw, 7, 25), between(draw, 7, 25), between(draw, 4, 7)]
    const inside =
      kind === 1
        ? (px, py) => Math.hypot(px - x, py - y) < r
        : (px, py) => Math.max(Math.abs(px - x), Math.abs(py - y)) < r * 0.9
    paint(picture, [between(draw, 0.5, 1)], inside)
    paint(mask, [kind], inside)
  }
  for (let i = 0; i < picture.data.length; ++i) picture.data[i] += between(draw, -0.1, 0.1)
  return mask.data
}
const total = quick ? 600 : 2000
const { images, truths } = drawMany(total + 100, [side, side, 1], scene)
const classes = Int32Array.from(truths.flatMap((mask) => [...mask]))
const labels = { data: classes, shape: [total + 100, side, side] }

// Analyse: how much of the pictures is what?
const counts = names.map((_, kind) => classes.reduce((sum, one) => sum + (one === kind), 0))
counts.forEach((count, k) =>
  console.log(`${names[k]}: ${percent(count / classes.length)} of the pixels`),
)

// Define.
const model = await fovea.zoo.fcn({
  inputShape: [side, side, 1],
  classes: 3,
  filters: [8, 16],
  seed: 1,
})
console.log(`fcn: ${model.countParams().total} weights, ${model.layers.length} layers`)

// Train and evaluate.
const [x, y] = [rows(images, 0, total), rows(labels, 0, total)]
const [testX, testY] = [rows(images, total, total + 100), rows(labels, total, total + 100)]
const epochs = quick ? 14 : 12
const decaySteps = epochs * Math.ceil(total / 16)
const learningRate = fovea.schedules.cosineDecay({ initialLearningRate: 5e-3, decaySteps })
const optimizer = fovea.optimizers.adam({ learningRate })
const metrics = ['accuracy', fovea.metrics.meanIoU({ numClasses: 3 })]
await model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy', metrics })
await model.fit(x, y, { epochs, batchSize: 16, verbose: 2 })
const { accuracy, meanIoU } = await model.evaluate(testX, testY)

// Predict: one picture, as letters.
const { data } = await model.predict(rows(testX, 0, 1))
for (let row = 0; row < side; row += 2) {
  const at = (column) => 3 * (row * side + column)
  const pixel = (_, column) => '.OX'[largest(data.slice(at(column), at(column) + 3))]
  console.log(`  ${Array.from({ length: side }, pixel).join('')}`)
}

// Summarise.
console.log(`${percent(accuracy)} of all pixels are right.`)
promise('mean IoU', meanIoU, { atLeast: quick ? 0.7 : 0.85 })
await model.dispose()
