// The case study of the lectures: is there an X in a picture of 9x9 pixels? Its three features, two
// diagonals and their crossing, are given as filters and stay as they are; what they mean when they
// are found together is learned. Then: does the answer stay when the picture moves?
//   node examples/x-or-not.mjs [--quick]
// SPDX-License-Identifier: MIT
import * as fovea from 'fovea'
import { between, chance, distanceToLine, drawMany, paint, percent, promise } from './tools.mjs'
import { readArguments } from './tools.mjs'

const { quick } = readArguments()
const shape = [9, 9, 1]

// Make: an X of two strokes, or two strokes that make no X: a plus, a corner, a T, two lines. A stroke is
// "fromX,fromY,toX,toY" about the middle.
const strokes = (text) => text.split(' ').map((stroke) => stroke.split(',').map(Number))
const cross = strokes('-1,-1,1,1 -1,1,1,-1')
const others = [
  '0,-1,0,1 -1,0,1,0',
  '-1,-1,-1,1 -1,1,1,1',
  '-1,-1,1,-1 0,-1,0,1',
  '-.7,-1,-.7,1 .7,-1,.7,1',
]
function drawing(draw, { shift = 0, least = 1, turn = 0, bend = 0 }) {
  return (picture, k) => {
    const isX = k % 2
    const lines = isX ? cross : strokes(others[Math.floor(draw() * others.length)])
    const [x, y] = [4.5 + between(draw, -shift, shift), 4.5 + between(draw, -shift, shift)]
    const size = 3 * between(draw, least, 1)
    const angle = between(draw, -turn, turn) * (Math.PI / 180)
    const [cos, sin] = [size * Math.cos(angle), size * Math.sin(angle)]
    const wobble = () => between(draw, -bend, bend)
    const place = (u, v) => [x + u * cos - v * sin + wobble(), y + u * sin + v * cos + wobble()]
    picture.data.fill(-1) // as in the lectures: -1 is paper, 1 is ink
    for (const [a, b, c, d] of lines) {
      const [from, to] = [place(a, b), place(c, d)]
      paint(picture, [1], (px, py) => distanceToLine(px, py, from, to) < 0.6)
    }
    return isX
  }
}
const make = (count, seed, how) => {
  const { images, truths } = drawMany(count, shape, drawing(chance(seed), how))
  return { images, labels: Int32Array.from(truths) }
}
const tests = {
  'as drawn': { shift: 0.2 },
  shifted: { shift: 1.5, least: 0.8 },
  shrunk: { least: 0.6 },
  rotated: { turn: 15 },
  deformed: { bend: 0.6 },
}
const everything = { shift: 1.5, least: 0.6, turn: 15, bend: 0.6 }
const train = make(quick ? 2000 : 4000, 1, everything)

// Define: the given filters, how strongly each is found anywhere, and a decision.
const { conv2d, globalMaxPooling2d, dense, maxPooling2d } = fovea.layers
const features = ['1 -1 -1 -1 1 -1 -1 -1 1', '-1 -1 1 -1 1 -1 1 -1 -1', '1 -1 1 -1 1 -1 1 -1 1']
const conv = await fovea.sequential({
  seed: 1,
  layers: [
    conv2d({
      inputShape: shape,
      filters: 3,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
      name: 'features',
    }),
    maxPooling2d({ poolSize: 2, strides: 1 }),
    conv2d({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' }),
    conv2d({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' }),
    globalMaxPooling2d(),
    dense({ units: 2, activation: 'softmax' }),
  ],
})
const weights = await conv.getWeights()
const kernel = weights.find(({ name }) => name === 'features/kernel')
features.forEach((text, filter) => {
  text.split(' ').forEach((value, at) => (kernel.data[at * 3 + filter] = value / 9)) // [3, 3, 1, filter]
})
await conv.setWeights(weights)
await conv.setTrainable('features', false)
const mlp = await fovea.zoo.mlp({ inputShape: shape, hidden: [32], classes: 2, seed: 1 })

// Train and evaluate, one kind of change at a time; the fully connected net has the same lessons.
const accuracy = {}
for (const [name, model] of Object.entries({ conv, mlp })) {
  const optimizer = fovea.optimizers.adam({ learningRate: 5e-3 })
  await model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
  await model.fit(train, { epochs: quick ? 12 : 30 })
  accuracy[name] = []
  for (const [kind, how] of Object.entries(tests)) {
    const result = await model.evaluate(make(500, 7, how))
    accuracy[name].push(result.accuracy)
    console.log(`${name}, ${kind}: ${percent(result.accuracy)}`)
  }
}

// Translation invariance: the share of answers that stay when the picture moves by one pixel.
const answers = async (model, images) => {
  const { data } = await model.predict(images)
  return Array.from({ length: images.shape[0] }, (_, k) => data[2 * k] < data[2 * k + 1])
}
const still = make(500, 9, { least: 0.6, turn: 15 }).images
const moved = (dx, dy) => {
  const data = new Float32Array(still.data.length).fill(-1)
  data.forEach((_, i) => {
    const [x, y] = [(i % 9) - dx, (Math.floor(i / 9) % 9) - dy]
    if (x >= 0 && x < 9 && y >= 0 && y < 9) data[i] = still.data[i - dx - 9 * dy]
  })
  return { data, shape: still.shape }
}
const unchanged = {}
for (const [name, model] of Object.entries({ conv, mlp })) {
  const before = await answers(model, still)
  const shares = []
  for (const [dx, dy] of strokes('1,0 -1,0 0,1 0,-1')) {
    const after = await answers(model, moved(dx, dy))
    shares.push(before.filter((one, k) => one === after[k]).length / before.length)
  }
  unchanged[name] = shares.reduce((sum, share) => sum + share, 0) / shares.length
  console.log(`${name}: ${percent(unchanged[name])} of its answers stay when the picture moves`)
}
promise('worst kind of change', Math.min(...accuracy.conv), { atLeast: 0.95 })
promise('answers that stay', unchanged.conv, { atLeast: 0.95 })
promise('more than the mlp by', unchanged.conv - unchanged.mlp, { atLeast: 0.01 })
await conv.dispose()
await mlp.dispose()
