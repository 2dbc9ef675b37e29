// What is it, and where? One network with two heads: a class, and a box around the thing. Each head has
// its own loss, and lossWeights says how much each counts.
//   node examples/localisation.mjs [--quick]
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
const names = ['disc', 'square', 'ring']

// Make: one thing somewhere in noise; the truth is its class and its box in shares of the picture.
const draw = chance(21)
const scene = (picture, k) => {
  const kind = k % 3
  const r = between(draw, 4, 9)
  const [x, y] = [between(draw, r, side - r), between(draw, r, side - r)]
  const distance = (px, py) => Math.hypot(px - x, py - y)
  const inside = [
    (px, py) => distance(px, py) < r,
    (px, py) => Math.max(Math.abs(px - x), Math.abs(py - y)) < r,
    (px, py) => distance(px, py) < r && distance(px, py) > r - 2.5,
  ]
  paint(picture, [between(draw, 0.6, 1)], inside[kind])
  for (let i = 0; i < picture.data.length; ++i) picture.data[i] += between(draw, 0, 0.3)
  return { kind, box: [x / side, y / side, r / side] }
}
const total = quick ? 1500 : 4000
const { images, truths } = drawMany(total + 300, [side, side, 1], scene)
const kinds = Int32Array.from(truths, ({ kind }) => kind)
const boxes = { data: Float32Array.from(truths.flatMap(({ box }) => box)), shape: [total + 300, 3] }

// Analyse.
const { perClass } = fovea.datasets.summary({ images, labels: kinds, classNames: names })
console.log(perClass.map(({ name, count }) => `${name} ${count}`).join(', '))

// Define: one body, two heads. The box is [x, y, half the side].
const { conv2d, maxPooling2d, flatten, dense } = fovea.layers
const input = fovea.input({ shape: [side, side, 1] })
let seen = input
for (const filters of [12, 24, 32]) {
  seen = conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu' }).apply(seen)
  seen = maxPooling2d({ poolSize: 2 }).apply(seen)
}
seen = dense({ units: 64, activation: 'relu' }).apply(flatten().apply(seen))
const classHead = dense({ units: 3, activation: 'softmax', name: 'class' }).apply(seen)
const boxHead = dense({ units: 3, activation: 'sigmoid', name: 'box' }).apply(seen)
const model = await fovea.model({ inputs: input, outputs: [classHead, boxHead], seed: 1 })

// Train and evaluate.
const epochs = quick ? 8 : 15
const decaySteps = epochs * Math.ceil(total / 32)
const learningRate = fovea.schedules.cosineDecay({ initialLearningRate: 3e-3, decaySteps })
await model.compile({
  optimizer: fovea.optimizers.adam({ learningRate }),
  loss: { class: 'sparseCategoricalCrossentropy', box: 'meanSquaredError' },
  lossWeights: { class: 1, box: 50 },
  metrics: { class: ['accuracy'], box: ['mae'] },
})
const y = [kinds.slice(0, total), rows(boxes, 0, total)]
const testX = rows(images, total, total + 300)
await model.fit(rows(images, 0, total), y, { epochs, verbose: 2 })
const result = await model.evaluate(testX, [kinds.slice(total), rows(boxes, total, total + 300)])
console.log(
  Object.entries(result)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(', '),
)

// Summarise: how far do boxes cover each other? Overlap / union of the areas.
const [classes, found] = await model.predict(testX)
const overlap = ([ax, ay, ar], [bx, by, br]) => {
  const along = (a, b) => Math.max(0, Math.min(a + ar, b + br) - Math.max(a - ar, b - br))
  const both = along(ax, bx) * along(ay, by)
  return both / (4 * ar * ar + 4 * br * br - both)
}
const guess = (k) => found.data.slice(3 * k, 3 * k + 3)
const overlaps = truths.slice(total).map(({ box }, k) => overlap(box, guess(k)))
const isRight = (k) => largest(classes.data.slice(3 * k, 3 * k + 3)) === kinds[total + k]
const right = overlaps.filter((_, k) => isRight(k)).length / 300

// Predict.
const pixels = (box) => [...box].map((one) => (one * side).toFixed(1)).join(', ')
console.log(
  `The first: a ${names[kinds[total]]} at ${pixels(truths[total].box)}; found at ${pixels(guess(0))}.`,
)
console.log(`${percent(right)} of the classes are right.`)
promise('class accuracy', right, { atLeast: quick ? 0.85 : 0.95 })
promise('mean overlap of the boxes', overlaps.reduce((a, b) => a + b) / 300, {
  atLeast: quick ? 0.65 : 0.75,
})
await model.dispose()
