// From the camera to the steering wheel. At a fork both left and right are right, and the mean of the
// two leads into the field between: so the network says a distribution, a mixture of Gaussians, and
// learns -log P(command | image). Beside it, one that learns the squared distance and gets forks wrong.
//   node examples/steering.mjs [--quick]
// SPDX-License-Identifier: MIT
import * as fovea from 'fovea'
import { between, chance, drawMany, paint, promise, readArguments, rows } from './tools.mjs'

const { quick } = readArguments()
const shape = [24, 32, 3]

// Make: a road that bends to one side, or forks to both. A command is -1 (hard left) to 1 (hard right).
const draw = chance(31)
const road = (picture, k) => {
  const isFork = k % 2 === 1
  const bend = between(draw, 0.3, 0.9)
  const sideways = draw() < 0.5 ? -1 : 1
  const branches = isFork ? [-bend, bend] : [sideways * bend]
  paint(picture, [0.2, 0.6, 0.2], () => true) // grass
  const grey = between(draw, 0.4, 0.6)
  for (const branch of branches) {
    // Seen from the driver: wide in front, narrow far away, and moved aside with the distance squared.
    paint(picture, [grey, grey, grey], (x, y) => {
      const far = 1 - y / 24
      return Math.abs(x - 16 - branch * 14 * far * far) < 6 - 4 * far
    })
  }
  for (let i = 0; i < picture.data.length; ++i) picture.data[i] += between(draw, -0.05, 0.05)
  // What the driver did: along the road, and at a fork one of the two.
  return { branches, command: sideways * bend + between(draw, -0.05, 0.05) }
}
const total = quick ? 1500 : 4000
const { images, truths } = drawMany(total + 400, shape, road)
const commands = {
  data: Float32Array.from(truths, ({ command }) => command),
  shape: [total + 400, 1],
}
const [x, y] = [rows(images, 0, total), rows(commands, 0, total)]
const [testX, testY] = [rows(images, total, total + 400), rows(commands, total, total + 400)]

// Analyse.
const forks = truths.filter(({ branches }) => branches.length === 2).length
console.log(`${truths.length} roads, ${forks} of them fork.`)

// Define: the zoo's network with a mixture of two; and a twin that is cut before its mixture.
const mixture = await fovea.zoo.steering({ imageShape: shape, components: 2, seed: 1 })
const twin = await fovea.zoo.steering({ imageShape: shape, components: 2, seed: 1 })
const oneNumber = fovea.layers.dense({ units: 1 }).apply(twin.layer('dense_1').output)
const mean = await fovea.model({ inputs: twin.inputs, outputs: oneNumber, seed: 1 })

// Train and evaluate: the same data, two losses.
const losses = [fovea.losses.gaussianMixtureNLL({ components: 2 }), 'meanSquaredError']
for (const [k, model] of [mixture, mean].entries()) {
  await model.compile({ optimizer: fovea.optimizers.adam({ learningRate: 2e-3 }), loss: losses[k] })
  const { history } = await model.fit(x, y, { epochs: quick ? 10 : 15 })
  const { loss } = await model.evaluate(testX, testY)
  console.log(
    `Loss from ${history.loss[0].toFixed(3)} to ${history.loss.at(-1).toFixed(3)}, tested ${loss.toFixed(3)}`,
  )
}

// Summarise: how far is each command from the nearest branch of the road?
const { data } = await mixture.predict(testX)
const likely = truths.slice(total).map((_, k) => {
  // [2 logits of weights, 2 means, 2 log deviations]: the mean of the Gaussian with the highest peak.
  const [first, second, left, right, deviation1, deviation2] = data.slice(6 * k, 6 * k + 6)
  return first - deviation1 > second - deviation2 ? left : right
})
const { data: means } = await mean.predict(testX)
const offRoad = (guesses, branchCount) => {
  const all = truths.slice(total).map(({ branches }, k) => ({ branches, guess: guesses[k] }))
  const some = all.filter(({ branches }) => branches.length === branchCount)
  const distance = ({ branches, guess }) =>
    Math.min(...branches.map((one) => Math.abs(one - guess)))
  return some.reduce((sum, one) => sum + distance(one), 0) / some.length
}
for (const [name, guesses] of Object.entries({ mixture: likely, mean: means })) {
  const [bend, fork] = [offRoad(guesses, 1), offRoad(guesses, 2)]
  console.log(
    `${name}: beside the road by ${bend.toFixed(3)} at bends, by ${fork.toFixed(3)} at forks`,
  )
}

// Predict: one fork.
const fork = truths.slice(total).findIndex(({ branches }) => branches.length === 2)
const say = (number) => number.toFixed(2)
console.log(`A fork to ${truths[total + fork].branches.map(say).join(' and ')}: the mixture says`)
console.log(`${say(likely[fork])}, the mean says ${say(means[fork])} and leaves the road.`)
promise('mixture, beside the road at forks', offRoad(likely, 2), { atMost: quick ? 0.15 : 0.1 })
promise('mean, beside the road at forks', offRoad(means, 2), { atLeast: 0.3 })
await Promise.all([mixture, mean, twin].map((model) => model.dispose()))
