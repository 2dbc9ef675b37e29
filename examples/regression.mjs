// A number instead of a class: how long is the bar, and at which angle does it lie? The answer is a
// continuous value, the loss a squared distance. An angle jumps from 180 degrees to 0, so the network
// gives the cosine and the sine of twice the angle, which do not.
//   node examples/regression.mjs [--quick]
// SPDX-License-Identifier: MIT
import * as fovea from 'fovea'
import {
  between,
  chance,
  distanceToLine,
  drawMany,
  paint,
  promise,
  readArguments,
  rows,
} from './tools.mjs'

const { quick } = readArguments()
const shape = [24, 24, 1]

// Make: a bar of a length from 8 to 18 pixels at any angle, somewhere near the middle, and noise.
const draw = chance(5)
const bar = (picture) => {
  const [length, angle] = [between(draw, 8, 18), between(draw, 0, Math.PI)]
  const [x, y] = [between(draw, 10, 14), between(draw, 10, 14)]
  const [dx, dy] = [(Math.cos(angle) * length) / 2, (Math.sin(angle) * length) / 2]
  paint(picture, [1], (px, py) => distanceToLine(px, py, [x - dx, y - dy], [x + dx, y + dy]) < 1.2)
  for (let i = 0; i < picture.data.length; ++i) picture.data[i] += between(draw, -0.2, 0.2)
  return { length, angle }
}
const total = quick ? 2000 : 6000
const { images, truths } = drawMany(total + 500, shape, bar)

// Prepare: targets of about the same size, [cos 2a, sin 2a, length from -1 to 1].
const row = ({ length, angle }) => [Math.cos(2 * angle), Math.sin(2 * angle), (length - 13) / 5]
const targets = { data: Float32Array.from(truths.flatMap(row)), shape: [truths.length, 3] }
const [x, y] = [rows(images, 0, total), rows(targets, 0, total)]
const [testX, testY] = [rows(images, total, total + 500), rows(targets, total, total + 500)]

// Analyse.
const lengths = truths.map(({ length }) => length)
const mean = lengths.reduce((sum, one) => sum + one, 0) / lengths.length
console.log(`${total} bars to train, of ${mean.toFixed(1)} pixels on average.`)

// Define: no activation at the end, because any number may come out.
const { conv2d, maxPooling2d, flatten, dense } = fovea.layers
const model = await fovea.sequential({
  name: 'bars',
  seed: 1,
  layers: [
    conv2d({ inputShape: shape, filters: 12, kernelSize: 5, padding: 'same', activation: 'relu' }),
    maxPooling2d({ poolSize: 2 }),
    conv2d({ filters: 24, kernelSize: 3, padding: 'same', activation: 'relu' }),
    maxPooling2d({ poolSize: 2 }),
    flatten(),
    dense({ units: 64, activation: 'relu' }),
    dense({ units: 3 }),
  ],
})

// Train and evaluate.
const epochs = quick ? 12 : 20
const decaySteps = epochs * Math.ceil(total / 32)
const learningRate = fovea.schedules.cosineDecay({ initialLearningRate: 3e-3, decaySteps })
const optimizer = fovea.optimizers.adam({ learningRate })
await model.compile({ optimizer, loss: 'meanSquaredError', metrics: ['mae'] })
const { history } = await model.fit(x, y, { epochs, validationData: [testX, testY] })
console.log(`Loss from ${history.loss[0].toFixed(3)} to ${history.loss.at(-1).toFixed(4)}`)

// Summarise: errors in degrees and in pixels.
const { data } = await model.predict(testX)
const errors = truths.slice(total).map(({ length, angle }, k) => {
  const guess = Math.atan2(data[3 * k + 1], data[3 * k]) / 2
  const apart = Math.abs(((((guess - angle) % Math.PI) + 1.5 * Math.PI) % Math.PI) - Math.PI / 2)
  return [(apart * 180) / Math.PI, Math.abs(13 + 5 * data[3 * k + 2] - length)]
})
const average = (k) => errors.reduce((sum, one) => sum + one[k], 0) / errors.length

// Predict.
const { length, angle } = truths[total]
console.log(
  `The first of the test: ${length.toFixed(1)} pixels, ${((angle * 180) / Math.PI).toFixed(0)} degrees;`,
)
console.log(`off by ${errors[0][1].toFixed(1)} pixels and ${errors[0][0].toFixed(1)} degrees.`)
promise('mean absolute error of the angle in degrees', average(0), { atMost: quick ? 5 : 3 })
promise('mean absolute error of the length in pixels', average(1), { atMost: quick ? 0.8 : 0.5 })
await model.dispose()
