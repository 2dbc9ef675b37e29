// Neural style transfer: what is trained is not the network but the picture. It shall show what a content
// picture shows (the same features at the same places) in the manner of a style picture (the same
// features together, wherever they are: their Gram matrices). The network has learned digits before.
// Source: Gatys, Ecker and Bethge, "A neural algorithm of artistic style" (2015).
//   node examples/style.mjs [--quick]
// SPDX-License-Identifier: MIT
import * as fovea from 'fovea'
import { first, percent, promise, readArguments, rows } from './tools.mjs'

const { quick } = readArguments()
const { train: all, test } = await fovea.datasets.digits()
const train = first(all, quick ? 2000 : 9000)

// Define and train a network that sees strokes.
const { conv2d, maxPooling2d, averagePooling2d, flatten, dense } = fovea.layers
const network = await fovea.sequential({
  seed: 1,
  layers: [
    conv2d({
      inputShape: [28, 28, 1],
      filters: 12,
      kernelSize: 5,
      padding: 'same',
      activation: 'relu',
    }),
    averagePooling2d({ poolSize: 2 }),
    conv2d({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' }),
    maxPooling2d({ poolSize: 2 }),
    flatten(),
    dense({ units: 10, activation: 'softmax' }),
  ],
})
const loss = 'sparseCategoricalCrossentropy'
const optimizer = fovea.optimizers.adam({ learningRate: 3e-3 })
await network.compile({ optimizer, loss, metrics: ['accuracy'] })
await network.fit(train, { epochs: 3 })
console.log(`It knows ${percent((await network.evaluate(test)).accuracy)} of the digits.`)

// Prepare: the network cut off after its convolutions, a digit, and a picture of slanting stripes.
const layers = ['conv2d_1', 'conv2d_2']
const eyes = await fovea.model({
  inputs: network.inputs,
  outputs: layers.map((name) => network.layer(name).output),
})
const digit = rows(test.images, 3, 4)
const content = { data: Float32Array.from(digit.data, (byte) => byte / 255), shape: digit.shape }
const stripes = (_, i) => 0.5 + 0.5 * Math.sin((i % 28) * 1.1 + Math.floor(i / 28) * 1.1)
const style = { data: Float32Array.from({ length: 784 }, stripes), shape: [1, 28, 28, 1] }

/** Which features come together: G[a][b] = mean over places of f[a] * f[b]. */
function gram({ data, shape: [, height, width, channels] }) {
  const matrix = new Float64Array(channels * channels)
  for (let at = 0; at < data.length; at += channels)
    for (let a = 0; a < channels; ++a)
      for (let b = 0; b < channels; ++b) matrix[a * channels + b] += data[at + a] * data[at + b]
  return matrix.map((sum) => sum / (height * width))
}
const wantedGrams = (await eyes.predict(style)).map(gram)
const wantedFeatures = (await eyes.predict(content))[1]

/** The loss, and how it changes with every feature: dL/df[a] = 4 / places * sum over b (G - W)[a][b] f[b]. */
function measure(features, contentWeight) {
  let value = 0
  const outputGradients = features.map((maps, layer) => {
    const { data, shape } = maps
    const channels = shape[3]
    const off = gram(maps).map((one, k) => one - wantedGrams[layer][k])
    value += off.reduce((sum, one) => sum + one * one, 0)
    const gradient = new Float32Array(data.length)
    for (let at = 0; at < data.length; at += channels)
      for (let a = 0; a < channels; ++a)
        for (let b = 0; b < channels; ++b)
          gradient[at + a] += ((4 * channels) / data.length) * off[a * channels + b] * data[at + b]
    if (layer === 1) {
      data.forEach((one, k) => {
        const distance = one - wantedFeatures.data[k]
        value += (contentWeight * distance * distance) / data.length
        gradient[k] += (2 * contentWeight * distance) / data.length
      })
    }
    return fovea.tensor(gradient, shape)
  })
  return { value, outputGradients }
}

// Train the picture: Adam's rule, by hand, on 784 pixels.
const picture = { data: content.data.slice(), shape: content.shape }
const [speed, size] = [new Float64Array(784), new Float64Array(784)]
const values = []
for (let step = 1; step <= (quick ? 120 : 300); ++step) {
  const { value, outputGradients } = measure(await eyes.predict(picture), 0.5)
  values.push(value)
  const { input } = await eyes.gradients(picture, { outputGradients })
  input.data.forEach((g, k) => {
    speed[k] = 0.9 * speed[k] + 0.1 * g
    size[k] = 0.999 * size[k] + 0.001 * g * g
    const [mean, deviation] = [
      speed[k] / (1 - 0.9 ** step),
      Math.sqrt(size[k] / (1 - 0.999 ** step)),
    ]
    const moved = picture.data[k] - (0.03 * mean) / (deviation + 1e-8)
    picture.data[k] = Math.min(1, Math.max(0, moved))
  })
}

// Summarise, and look at it.
const line = (data, y) =>
  Array.from(data.slice(y * 28, y * 28 + 28), (v) => ' .:*#'[Math.floor(v * 4.99)]).join('')
for (let y = 0; y < 28; y += 2)
  console.log([content, style, picture].map(({ data }) => line(data, y)).join('  |  '))
console.log(`The loss fell from ${values[0].toFixed(4)} to ${values.at(-1).toFixed(4)}.`)
promise('times smaller is the loss', values[0] / values.at(-1), { atLeast: 20 })
await eyes.dispose()
await network.dispose()
