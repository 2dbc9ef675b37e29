// Is it a cat? One neuron at the end says yes or no. The pictures are drawn: round faces with eyes, with
// two ears that stand up (a cat) or without, in all sizes, places and colours. First a single neuron
// tries, then a convolutional network.
//   node examples/cat.mjs [--quick]
// SPDX-License-Identifier: MIT
import * as fovea from 'fovea'
import {
  between,
  chance,
  drawMany,
  paint,
  percent,
  promise,
  readArguments,
  rows,
} from './tools.mjs'

const { quick } = readArguments()
const shape = [32, 32, 3]

// Make.
const draw = chance(3)
const colour = () => [draw(), draw(), draw()]
const inTriangle = (x, y, [ax, ay], [bx, by], [cx, cy]) => {
  const side = (px, py, qx, qy) => (x - qx) * (py - qy) - (px - qx) * (y - qy)
  const sides = [side(ax, ay, bx, by), side(bx, by, cx, cy), side(cx, cy, ax, ay)]
  return sides.every((one) => one >= 0) || sides.every((one) => one <= 0)
}
const face = (picture, k) => {
  const isCat = k % 2
  const [x, y, r] = [between(draw, 11, 21), between(draw, 15, 21), between(draw, 6, 9)]
  const [wall, fur, eye] = [colour(), colour(), colour()]
  paint(picture, wall, () => true)
  paint(picture, fur, (px, py) => Math.hypot(px - x, py - y) < r)
  for (const side of [-1, 1]) {
    const ear = [
      [0.95, -0.3],
      [0.3, -0.95],
      [between(draw, 0.7, 1), -1.6],
    ]
    const corners = ear.map(([u, v]) => [x + side * u * r, y + v * r])
    if (isCat) paint(picture, fur, (px, py) => inTriangle(px, py, ...corners))
    paint(
      picture,
      eye,
      (px, py) => Math.hypot(px - x - side * 0.4 * r, py - y + 0.2 * r) < 0.18 * r,
    )
  }
  for (let i = 0; i < picture.data.length; ++i) picture.data[i] += between(draw, -0.05, 0.05)
  return isCat
}
const total = quick ? 1600 : 4000
const { images, truths } = drawMany(total + 500, shape, face)
const labels = Int32Array.from(truths)
const train = { images: rows(images, 0, total), labels: labels.slice(0, total) }
const test = { images: rows(images, total, total + 500), labels: labels.slice(total) }

// Analyse.
const { perClass, mean, standardDeviation } = fovea.datasets.summary(train)
console.log(
  `${perClass[1].count} cats, ${perClass[0].count} others; ` +
    `mean ${mean.toFixed(2)}, deviation ${standardDeviation.toFixed(2)}`,
)

// Define: one neuron that sees all pixels (logistic regression), and the zoo's classifier.
const { flatten, dense } = fovea.layers
const oneNeuron = await fovea.sequential({
  name: 'oneNeuron',
  seed: 1,
  layers: [flatten({ inputShape: shape }), dense({ units: 1, activation: 'sigmoid' })],
})
const network = await fovea.zoo.catClassifier({
  inputShape: shape,
  filters: [8, 16, 32],
  hidden: 32,
  seed: 1,
})

// Train and evaluate.
const accuracies = []
for (const model of [oneNeuron, network]) {
  const optimizer = fovea.optimizers.adam({ learningRate: 2e-3 })
  const metrics = ['accuracy', 'precision', 'recall']
  await model.compile({ optimizer, loss: 'binaryCrossentropy', metrics })
  await model.fit(train, { epochs: quick ? 12 : 15 })
  const result = await model.evaluate(test)
  accuracies.push(result.accuracy)
  console.log(
    `${model.name}, ${model.countParams().total} weights: ${percent(result.accuracy)} right, ` +
      `precision ${percent(result.precision)}, recall ${percent(result.recall)}`,
  )
}

// Predict: a new picture.
const { data } = await network.predict(rows(test.images, 1, 2))
console.log(`A cat? ${percent(data[0])} sure. It is ${test.labels[1] ? 'one' : 'none'}.`)
promise('cat or not', accuracies[1], { atLeast: 0.95 })
promise('better than one neuron by', accuracies[1] - accuracies[0], { atLeast: 0.05 })
await oneNeuron.dispose()
await network.dispose()
