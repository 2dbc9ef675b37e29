// Explanations against numbers worked out by hand.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fovea from 'fovea'
import { bands, rejects, smallModel } from './support/small.mjs'

const { explain, layers } = fovea
const floats = (shape, ...values) => fovea.tensor(Float32Array.from(values), shape)

function close({ data, shape }, wanted, expected, tolerance = 1e-6) {
  assert.deepEqual(shape, wanted)
  expected.forEach((value, k) => {
    const found = data[k]
    assert.ok(Math.abs(found - value) <= tolerance, `[${k}] ${found} instead of ${value}`)
  })
}

/** A 2x2 image of two channels to two classes: scores = pixels times weights, plus bias. */
const kWeights = [1, -5, -2, 6, 3, -7, -4, 8, 0.5, 0, 0.25, 0, 0, 0.125, 0, -0.5]

async function linear(activation, options = {}) {
  const model = await fovea.sequential({
    layers: [layers.flatten({ inputShape: [2, 2, 2] }), layers.dense({ units: 2, activation })],
  })
  await model.setWeights([
    { name: 'dense_1/kernel', shape: [8, 2], data: Float32Array.from(kWeights) },
    { name: 'dense_1/bias', shape: [2], data: Float32Array.of(0, 0.5) },
  ])
  if (options.loss) await model.compile({ optimizer: 'sgd', loss: options.loss })
  return model
}

test('saliency of a linear model is the size of its weights, before softmax and sigmoid', async () => {
  // Pixel k has the channels 2k and 2k + 1; column c of the weights is class c.
  const expected = [
    [2, 4, 0.5, 0],
    [6, 8, 0, 0.5],
  ]
  const x = floats([2, 2, 2], 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
  for (const activation of ['linear', 'softmax', 'sigmoid', 'logSoftmax']) {
    const model = await linear(activation)
    for (const classIndex of [0, 1]) {
      close(await explain.saliency(model, x, { classIndex }), [2, 2], expected[classIndex])
      const smooth = await explain.smoothGrad(model, x, { classIndex, samples: 20, noise: 1 })
      close(smooth, [2, 2], expected[classIndex], 1e-5)
    }
    // Scores: -1.175 and 2.125.
    close(await explain.saliency(model, fovea.tensor(x.data, [1, 2, 2, 2])), [2, 2], expected[1])
    await model.dispose()
  }
})

test('one output with a sigmoid: class 0 is the other way round', async () => {
  const model = await fovea.sequential({
    layers: [
      layers.flatten({ inputShape: [1, 2, 1] }),
      layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
  })
  await model.setWeights([
    { name: 'dense_1/kernel', shape: [2, 1], data: Float32Array.of(2, -1) },
    { name: 'dense_1/bias', shape: [1], data: Float32Array.of(0) },
  ])
  const probability = (score) => 1 / (1 + Math.exp(-score))
  const x = floats([1, 2, 1], 1, 1)
  for (const classIndex of [0, 1]) {
    close(await explain.saliency(model, x, { classIndex }), [1, 2], [2, 1])
    const falls = [probability(-1), probability(2)].map((one) => probability(1) - one)
    const expected = classIndex === 1 ? falls : falls.map((one) => -one)
    const options = { patchSize: 1, fill: 0 }
    close(await explain.occlusion(model, x, { classIndex, ...options }), [1, 2], expected)
    // Class 1 is what it predicts.
    if (classIndex === 1) close(await explain.occlusion(model, x, options), [1, 2], expected)
  }
  await model.dispose()
})

/** Two maps, the pixels times 1 and times -2, after relu; scores = [sum of map 1, 3 map 1 - map 2]. */
async function twoMaps() {
  const a = fovea.input({ shape: [2, 2, 1] })
  const conv = layers.conv2d({ filters: 2, kernelSize: 1, activation: 'relu', name: 'maps' })
  const dense = layers.dense({ units: 2, activation: 'softmax', name: 'scores' })
  const outputs = dense.apply(layers.flatten().apply(conv.apply(a)))
  const model = await fovea.model({ inputs: a, outputs })
  const kernel = [1, 2, 3, 4].flatMap(() => [1, 3, 0, -1])
  const shape = [8, 2]
  await model.setWeights([
    { name: 'maps/kernel', shape: [1, 1, 1, 2], data: Float32Array.of(1, -2) },
    { name: 'maps/bias', shape: [2], data: Float32Array.of(0, 0) },
    { name: 'scores/kernel', shape, data: Float32Array.from(kernel) },
    { name: 'scores/bias', shape: [2], data: Float32Array.of(0, 0) },
  ])
  return model
}

test('Grad-CAM of two maps by hand: weights are mean slopes, what is negative counts 0', async () => {
  const model = await twoMaps()
  const x = floats([2, 2, 1], 1, -1, 2, -3)
  const before = await model.getWeights()
  // Maps: 1 0 / 2 0 and 0 2 / 0 6. Class 0: 1 * map 1. Class 1: 3 * map 1 - map 2.
  close(await explain.gradCam(model, x, { classIndex: 0 }), [2, 2], [1, 0, 2, 0])
  close(await explain.gradCam(model, x, { classIndex: 1, layer: 'maps' }), [2, 2], [3, 0, 6, 0])
  assert.deepEqual(await model.getWeights(), before)
  assert.ok(model.layers.every((one) => one.trainable))
  await rejects(
    'bad-option',
    'explain.gradCam: layer "scores" is none that gives maps [height, width, channels]. Name a ' +
      "convolution: { layer: 'conv2d_1' }.",
    () => explain.gradCam(model, x, { layer: 'scores' }),
  )
  await rejects(
    'bad-option',
    'layer: the model "model" has no layer "map". Its layers: maps, flatten_1, scores.',
    () => explain.gradCam(model, x, { layer: 'map' }),
  )
  await model.dispose()
})

test('Grad-CAM goes through pooling and beside a branch, and grows to the size of the image', async () => {
  // y = mean of (maps pooled) + mean of maps: the slope of a map is 1 / 16 (its own mean) and
  // 1 / 4 where it is the largest of its window: 4 of 16 places, so 1 / 16 on average as well.
  const a = fovea.input({ shape: [null, null, 1] })
  const maps = layers.conv2d({ filters: 1, kernelSize: 1, useBias: false, name: 'maps' }).apply(a)
  const pool = layers.maxPooling2d({ poolSize: 2 }).apply(maps)
  const mean = (one) => layers.globalAveragePooling2d().apply(one)
  const model = await fovea.model({
    inputs: a,
    outputs: layers.add().apply([mean(pool), mean(maps)]),
  })
  await model.setWeights([{ name: 'maps/kernel', shape: [1, 1, 1, 1], data: Float32Array.of(2) }])
  const pixels = Array.from({ length: 16 }, (_, k) => k)
  const x = floats([4, 4, 1], ...pixels)
  const cam = await explain.gradCam(model, x, { layer: 'maps' })
  close(
    cam,
    [4, 4],
    pixels.map((one) => (2 * one) / 8),
  )
  const pooled = { layer: 'max_pooling2d_1' }
  const small = [5, 7, 13, 15].map((one) => (2 * one) / 4)
  close(await explain.gradCam(model, x, { ...pooled, resize: false }), [2, 2], small)
  const [p, q, r, s] = small
  const row = (from, to) => [from, 0.75 * from + 0.25 * to, 0.25 * from + 0.75 * to, to]
  const [left, right] = [row(p, r), row(q, s)]
  const large = left.flatMap((one, k) => row(one, right[k]))
  close(await explain.gradCam(model, x, pooled), [4, 4], large, 1e-5)
  await model.dispose()
})

test('occlusion: the mean fall over the patches that cover a pixel; fromLogits gets its softmax', async () => {
  const loss = fovea.losses.sparseCategoricalCrossentropy({ fromLogits: true })
  const x = floats([2, 2, 2], 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
  const softmax = (data) => {
    const score = (c) => data.reduce((sum, v, k) => sum + v * kWeights[2 * k + c], c * 0.5)
    return 1 / (1 + Math.exp(score(0) - score(1)))
  }
  for (const [activation, given] of [
    ['softmax', {}],
    ['linear', { loss }],
  ]) {
    const model = await linear(activation, given)
    const fall = (hide, value = () => 0.25) => {
      const hidden = [...x.data].map((v, k) => (hide.includes(k >> 1) ? value(k % 2) : v))
      return softmax([...x.data]) - softmax(hidden)
    }
    // Squares of 2 at every pixel: whole image, right column, bottom row, last pixel.
    const [all, right, bottom, last] = [[0, 1, 2, 3], [1, 3], [2, 3], [3]].map((one) => fall(one))
    const expected = [all, (all + right) / 2, (all + bottom) / 2, (all + right + bottom + last) / 4]
    const options = { patchSize: 2, stride: 1, fill: 0.25 }
    close(await explain.occlusion(model, x, options), [2, 2], expected)
    const means = (channel) => [0.4, 0.5][channel]
    const each = [0, 1, 2, 3].map((k) => fall([k], means))
    close(await explain.occlusion(model, x, { patchSize: 1 }), [2, 2], each)
    assert.equal(model.outputs[0].name, 'dense_1')
    await model.dispose()
  }
})

test('explain on a convnet: bytes as pixels, the class predicted, the same bits for a seed', async () => {
  const model = await smallModel()
  const { images, labels } = bands(90)
  await model.fit(images, labels, { epochs: 12, batchSize: 16 })
  const one = (k) => fovea.tensor(images.data.slice(64 * k, 64 * k + 64), [8, 8, 1])
  for (const k of [0, 1, 2]) {
    const bytes = one(k)
    const same = fovea.tensor(
      Float32Array.from(bytes.data, (v) => Math.fround(v / 255)),
      [8, 8, 1],
    )
    for (const name of ['saliency', 'smoothGrad', 'gradCam', 'occlusion']) {
      const map = await explain[name](model, bytes)
      assert.deepEqual(map.shape, [8, 8], name)
      assert.ok(map.data.every(Number.isFinite), name)
      // The mean slopes of Grad-CAM can all be negative, where places matter more than maps.
      assert.ok(map.data.some((v) => v > 0) || name === 'gradCam', name)
      assert.deepEqual(await explain[name](model, same), map, name)
      assert.deepEqual(await explain[name](model, bytes, { classIndex: labels[k] }), map, name)
    }
    // What covers the bright band (rows 3k to 3k + 2) hurts most.
    const { data } = await explain.occlusion(model, bytes, { patchSize: 3, fill: 0.2 })
    const rows = Array.from({ length: 8 }, (_, y) => data.slice(8 * y, 8 * y + 8))
    const sum = (y) => rows[y].reduce((a, b) => a + b)
    const strongest = rows.map((_, y) => sum(y)).indexOf(Math.max(...rows.map((_, y) => sum(y))))
    assert.equal(Math.floor(strongest / 3), k)
  }
  const seeds = [1, 1, 2]
  const maps = []
  for (const seed of seeds) maps.push(await explain.smoothGrad(model, one(0), { seed }))
  assert.deepEqual(maps[0], maps[1])
  assert.notDeepEqual(maps[0], maps[2])
  await model.dispose()
})

test('a first layer that reads raw bytes gets them', async () => {
  const model = await fovea.sequential({
    layers: [
      layers.rescaling({ scale: 2, inputShape: [1, 2, 1] }),
      layers.flatten(),
      layers.dense({ units: 1, useBias: false }),
    ],
  })
  await model.setWeights([{ name: 'dense_1/kernel', shape: [2, 1], data: Float32Array.of(3, -4) }])
  const x = fovea.tensor(Uint8Array.of(10, 20), [1, 2, 1])
  close(await explain.saliency(model, x), [1, 2], [6, 8])
  close(await explain.occlusion(model, x, { patchSize: 1, fill: 0 }), [1, 2], [60, -160])
  await model.dispose()
})

test('segmentation: the score of a class is its sum over all places; outputs have names', async () => {
  const x = fovea.input({ shape: [1, 2, 1] })
  const one = layers.conv2d({ filters: 2, kernelSize: 1, activation: 'softmax', name: 'pixels' })
  const two = layers.dense({ units: 1, name: 'angle', useBias: false })
  const outputs = [one.apply(x), two.apply(layers.flatten().apply(x))]
  const model = await fovea.model({ inputs: x, outputs })
  await model.setWeights([
    { name: 'pixels/kernel', shape: [1, 1, 1, 2], data: Float32Array.of(2, -3) },
    { name: 'pixels/bias', shape: [2], data: Float32Array.of(0, 0) },
    { name: 'angle/kernel', shape: [2, 1], data: Float32Array.of(5, -7) },
  ])
  const picture = floats([1, 2, 1], 1, 2)
  close(await explain.saliency(model, picture), [1, 2], [2, 2])
  close(await explain.saliency(model, picture, { classIndex: 1 }), [1, 2], [3, 3])
  close(await explain.saliency(model, picture, { output: 'angle' }), [1, 2], [5, 7])
  await model.dispose()
})

test('what cannot be explained is refused word for word', async () => {
  const model = await smallModel()
  const { images } = bands(2)
  const x = fovea.tensor(images.data.slice(0, 64), [8, 8, 1])
  const row = await fovea.sequential({ layers: [layers.dense({ inputShape: [3], units: 1 })] })
  const cases = [
    [
      'bad-shape',
      'explain.saliency: needs one image but gets 2. Explain them one by one.',
      () => explain.saliency(model, images),
    ],
    [
      'bad-option',
      'explain.saliency: classIndex must be a whole number from 0 to 2 but is 3.',
      () => explain.saliency(model, x, { classIndex: 3 }),
    ],
    [
      'bad-option',
      'explain.occlusion: unknown option "classindex". Did you mean "classIndex"? Known options: ' +
        'classIndex, output, patchSize, stride and fill.',
      () => explain.occlusion(model, x, { classindex: 3 }),
    ],
    [
      'bad-option',
      'explain.occlusion: stride must be at most patchSize, 2 but is 3.',
      () => explain.occlusion(model, x, { patchSize: 2, stride: 3 }),
    ],
    [
      'bad-option',
      'explain.gradCam: output must be dense_1 but is "other".',
      () => explain.gradCam(model, x, { output: 'other' }),
    ],
    [
      'bad-option',
      'explain.smoothGrad: the first argument must be a model but is an object (data, shape).',
      () => explain.smoothGrad(x, model),
    ],
    [
      'unsupported',
      'explain.saliency: needs a model with one input [height, width, channels], but the inputs of ' +
        '"sequential" are [3].',
      () => explain.saliency(row, floats([3], 1, 2, 3)),
    ],
  ]
  for (const [code, message, work] of cases) await rejects(code, message, work)
  await model.dispose()
  await row.dispose()
})
