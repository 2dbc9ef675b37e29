// SPDX-License-Identifier: MIT
// What the page works out by itself about a layer, without a browser: one unit opened, on the lecture's
// numbers and against the engine for every kind of layer; what layers cost; histograms; statistics of a
// data set; which samples are shown.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fovea from 'fovea'
import { load } from './module.mjs'

const close = (actual, expected, what) =>
  assert.ok(Math.abs(actual - expected) < 1e-5, `${what}: ${actual} is not ${expected}`)

// Six rows of the sliding window, and what comes out of it.
const kPicture = [
  [0, 0, 0, 0, 0, 0],
  [0.2, 0.8, 0, 0.3, 0.6, 0],
  [0.2, 0.9, 0, 0.3, 0.8, 0],
  [0.3, 0.8, 0.7, 0.8, 0.9, 0],
  [0, 0, 0, 0.2, 0.8, 0],
  [0, 0, 0, 0.2, 0.2, 0],
]
const kMap = [
  [1.0, 1.2, 1.1, 0.9],
  [2.1, 2.7, 2.5, 1.9],
  [1.0, 2.1, 2.4, 1.4],
  [1.0, 1.8, 2.0, 1.8],
]
const kKernel = [1, 0, 1, 0, 1, 0, 1, 0, 1]
const picture = { name: 'input', shape: [6, 6, 1], data: Float32Array.from(kPicture.flat()) }
const layer = (type, config) => ({ name: type, type, config, outputShape: [], params: 0 })
const weights = (found) => (name) => found[name]

test('every unit of the lecture’s sliding window', async () => {
  const { openConv } = await load('lab/unit')
  const kernel = { name: 'k', shape: [3, 3, 1, 1], data: Float32Array.from(kKernel) }
  const conv = layer('conv2d', { kernelSize: [3, 3], strides: [1, 1], padding: 'valid' })
  kMap.forEach((row, y) =>
    row.forEach((expected, x) => {
      const { total, window } = openConv(conv, picture, weights({ kernel }), { y, x, channel: 0 })
      close(total, expected, `row ${y}, column ${x}`)
      assert.deepEqual([window.top, window.left], [y, x])
    }),
  )
})

test('same padding, stride, dilation, several maps, depthwise', async () => {
  const { openConv, windowOf } = await load('lab/unit')
  const unit = { y: 0, x: 0, channel: 0 }
  const window = (config, shape = [6, 6, 1]) => {
    const { top, left } = windowOf(layer('conv2d', config), { ...picture, shape }, unit)
    return [top, left]
  }
  assert.deepEqual(window({ kernelSize: [3, 3], strides: [1, 1], padding: 'same' }), [-1, -1])
  // An even total puts the extra row and column at the end: none before the first.
  assert.deepEqual(window({ kernelSize: [3, 3], strides: [2, 2], padding: 'same' }), [0, 0])
  assert.deepEqual(
    window({ kernelSize: [3, 3], strides: [1, 1], padding: 'same', dilationRate: [2, 2] }),
    [-2, -2],
  )
  assert.deepEqual(
    window({ kernelSize: [3, 3], strides: [1, 1], padding: [[2, 0], [1, 1]] }), // prettier-ignore
    [-2, -1],
  )
  const input = { name: 'i', shape: [2, 2, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) }
  const whole = { kernelSize: [2, 2], strides: [1, 1], padding: 'valid' }
  const kernel = { name: 'k', shape: [2, 2, 2, 1], data: new Float32Array(8).fill(0.5) }
  const bias = { name: 'b', shape: [1], data: Float32Array.of(0.25) }
  const conv = openConv(layer('conv2d', whole), input, weights({ kernel, bias }), unit)
  assert.deepEqual([...conv.sums], [8, 10])
  close(conv.total, 18.25, 'both maps and the bias')
  const own = { name: 'k', shape: [2, 2, 2, 1], data: Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0) }
  const depth = (channel) =>
    openConv(layer('depthwiseConv2d', whole), input, weights({ kernel: own }), {
      ...unit,
      channel,
    }).total
  assert.deepEqual([depth(0), depth(1)], [16, 0])
})

test('the lecture’s pooling; a neuron', async () => {
  const { openDense, openPool } = await load('lab/unit')
  const numbers = '346217 354988 175466 726545 617724 533143'.replaceAll(' ', '')
  const input = { name: 'i', shape: [6, 6, 1], data: Float32Array.from(numbers, Number) }
  const config = { poolSize: [3, 3], strides: [3, 3], padding: 'valid' }
  const pool = (type) =>
    [0, 1].flatMap((y) =>
      [0, 1].map((x) => openPool(layer(type, config), input, { y, x, channel: 0 }).result),
    )
  assert.deepEqual(pool('maxPooling2d'), [7, 9, 7, 7])
  assert.deepEqual(pool('sumPooling2d'), [38, 51, 40, 35])
  pool('averagePooling2d').forEach((mean, k) => close(mean, [38, 51, 40, 35][k] / 9, 'mean'))

  const values = { name: 'v', shape: [3], data: Float32Array.of(1, -2, 3) }
  const kernel = { name: 'k', shape: [3, 2], data: Float32Array.of(1, 9, 1, 9, 0.5, 9) }
  const unit = { y: 0, x: 0, channel: 0 }
  const opened = openDense(layer('dense', {}), values, weights({ kernel }), unit, 2)
  assert.deepEqual(
    opened.largest.map(({ product }) => product),
    [-2, 1.5],
  )
  assert.deepEqual([opened.rest, opened.total, opened.count], [1, 0.5, 3])
})

const sigmoid = (z) => 1 / (1 + Math.exp(-z))
const kActivations = {
  linear: (z) => z,
  relu: (z) => Math.max(0, z),
  leakyRelu: (z) => (z > 0 ? z : 0.2 * z),
  elu: (z) => (z > 0 ? z : Math.expm1(z)),
  selu: (z) => 1.0507009873554805 * (z > 0 ? z : 1.6732632423543772 * Math.expm1(z)),
  swish: (z) => z * sigmoid(z),
  sigmoid,
  tanh: Math.tanh,
  softplus: (z) => Math.log1p(Math.exp(z)),
}
const shared = ({ total, softmax }) => Math.exp(total - softmax.shift) / softmax.sum

// Every kind of layer that can be made on the page, and the variants that a kept network may bring.
const kKinds = [
  ['conv2d', { filters: 4, kernelSize: 3, padding: 'same', strides: 2, activation: 'relu' }],
  ['conv2d', { filters: 4, kernelSize: [2, 3], dilationRate: [2, 1], activation: 'tanh' }],
  ['conv2d', { filters: 4, kernelSize: 3, groups: 2, activation: 'swish' }],
  ['depthwiseConv2d', { kernelSize: 3, padding: 'same', activation: 'leakyRelu' }],
  ['depthwiseConv2d', { kernelSize: 2, depthMultiplier: 2, activation: 'elu' }],
  ['separableConv2d', { filters: 5, kernelSize: 3, padding: 'same', activation: 'selu' }],
  ['separableConv2d', { filters: 5, kernelSize: 3, depthMultiplier: 2, strides: 2 }],
  ['maxPooling2d', { poolSize: 2, strides: 2 }],
  ['averagePooling2d', { poolSize: 3, strides: 2, padding: 'same' }],
  ['sumPooling2d', { poolSize: 2, strides: 1 }],
  ['globalAveragePooling2d', {}],
  ['globalMaxPooling2d', {}],
  ['flatten', {}],
  ['dropout', { rate: 0.5 }],
  ['dense', { units: 6, activation: 'sigmoid' }, [7]],
  ['dense', { units: 6, activation: 'softmax' }, [7]],
  ['batchNormalization', {}],
  ['batchNormalization', {}, [7]],
  ['layerNormalization', {}],
  ['layerNormalization', { axis: [-2, -1] }],
  ['layerNormalization', {}, [7]],
  ['groupNormalization', { groups: 2 }],
  ['localResponseNormalization', { size: 3, alpha: 0.1 }],
  ['activation', { activation: 'softplus' }],
]

/** What the opened unit adds up to, by the module that the page opens it with. */
async function opener() {
  const { openConv, openDense, openPool } = await load('lab/unit')
  const { openNorm, openResponse } = await load('lab/norm')
  const { valueAt } = await load('lab/unit')
  const ended = ({ config }, total) => kActivations[config.activation](total)
  return ({ layer: one, input, weight, unit }) => {
    const { type, config } = one
    if (/conv/i.test(type)) return ended(one, openConv(one, input, weight, unit).total)
    if (/pooling/i.test(type)) return openPool(one, input, unit).result
    if (type === 'localResponseNormalization') return openResponse(one, input, unit).result
    if (/normalization/i.test(type)) return openNorm(one, input, weight, unit).result
    if (type === 'activation') return ended(one, valueAt(input, unit))
    if (type !== 'dense') return input.data[unit.channel + unit.x * 4 + unit.y * 24]
    const opened = openDense(one, input, weight, unit, 3)
    return config.activation === 'softmax' ? shared(opened) : ended(one, opened.total)
  }
}

test('every unit of every kind of layer adds up to the number that the engine gives', async () => {
  const { kLayerKinds } = await load('lab/blueprint')
  const made = new Set(kKinds.map(([type]) => type))
  assert.deepEqual(
    Object.keys(kLayerKinds).filter((type) => !made.has(type)),
    [],
  )
  await fovea.init({ reproducible: true })
  const openUnit = await opener()
  for (const [type, options, shape = [5, 6, 4]] of kKinds) {
    const model = await fovea.sequential({
      seed: 3,
      layers: [fovea.layers[type]({ ...options, inputShape: shape })],
    })
    const found = await model.getWeights()
    // Fresh weights leave a bias and a normalisation out: none of them is as it begins.
    const changed = found.map((one) => ({
      ...one,
      data: one.data.map((value, k) => value * 1.5 + 0.1 * (k % 5) + 0.05),
    }))
    await model.setWeights(changed)
    const size = shape.reduce((all, side) => all * side, 1)
    const data = Float32Array.from({ length: size }, (_, k) => Math.sin(k * 1.7) * 1.3)
    const input = { name: 'input', shape, data }
    const [info] = model.layers
    const { [info.name]: given } = await model.activations({ data, shape: [1, ...shape] }, [
      info.name,
    ])
    const [rows, columns, channels] =
      given.shape.length === 4 ? given.shape.slice(1) : [1, 1, given.shape[1]]
    const weight = (name) => changed.find((one) => one.name === `${info.name}/${name}`)
    given.data.forEach((expected, place) => {
      const channel = place % channels
      const x = Math.floor(place / channels) % columns
      const unit = { y: Math.floor(place / channels / columns), x, channel }
      const sum = openUnit({ layer: info, input, weight, unit })
      const what = `${type} ${JSON.stringify(options)} ${JSON.stringify(unit)}`
      assert.ok(
        Math.abs(sum - expected) < 2e-5 * Math.max(1, Math.abs(expected)),
        `${what}: ${sum} is not ${expected}`,
      )
    })
    assert.ok(rows * columns * channels === given.data.length)
    await model.dispose()
  }
})

test('what layers cost, in the lecture’s numbers', async () => {
  const { bytes, costOf, large } = await load('lab/cost')
  const conv = (filters, kernel, height) => ({
    ...layer('conv2d', { kernelSize: [kernel, kernel], groups: 1 }),
    outputShape: [null, height, height, filters],
  })
  assert.equal(costOf(conv(6, 5, 28), [32, 32, 3]).weights, '5 × 5 × 3 × 6 + 6')
  assert.equal(costOf(conv(6, 5, 28), [32, 32, 3]).multiplyAdds, 28 * 28 * 6 * 75)
  const dense = { ...layer('dense', {}), outputShape: [null, 10] }
  assert.deepEqual(costOf(dense, [784]), {
    weights: '784 × 10 + 10',
    multiplyAdds: 7840,
    outputs: 10,
  })
  assert.deepEqual([large(98_442), large(1_990_000)], ['98,442', '2.0 million'])
  assert.deepEqual([bytes(393_768), bytes(4_900_000)], ['394 kB', '4.9 MB'])
})

test('histograms lie around zero; statistics of a set; samples are not repeated', async () => {
  const { histogram } = await load('lab/histogram')
  const { bins, limit, mean } = histogram([-2, 0, 0, 0, 1, 1])
  assert.deepEqual([limit, mean, bins.length], [2, 0, 41])
  close(bins[20], 1, 'the middle')
  close(bins[0], 1 / 3, 'the lower end')
  close(bins[30], 2 / 3, 'half way up')

  const { sampleRows, statisticsOf } = await load('lab/statistics')
  const images = { data: Uint8Array.of(0, 100, 50, 50, 255, 255), shape: [3, 1, 2, 1] }
  const labels = Int32Array.of(0, 0, 1)
  const found = await statisticsOf({ images, labels }, ['a', 'b', 'c'])
  assert.deepEqual(
    found.classes.map(({ count, mean: pixels }) => [count, ...pixels]),
    [
      [2, 25, 75],
      [1, 255, 255],
      [0, 0, 0],
    ],
  )
  close(found.mean, 710 / 6, 'mean')

  const many = Int32Array.from({ length: 100 }, (_, row) => row % 4)
  for (const seed of [0, 1, 2]) {
    const rows = sampleRows(many, 2, 10, seed)
    assert.equal(new Set(rows).size, 10)
    assert.ok(rows.every((row) => many[row] === 2))
  }
  assert.notDeepEqual(sampleRows(many, 2, 10, 0), sampleRows(many, 2, 10, 1))
})
