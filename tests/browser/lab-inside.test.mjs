// SPDX-License-Identifier: MIT
// What the page works out by itself about a layer, without a browser: one unit opened, on the lecture's
// numbers; what layers cost; histograms; statistics of a data set; which samples are shown.
import assert from 'node:assert/strict'
import { test } from 'node:test'
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

test('every unit of the lecture’s sliding window', async () => {
  const { openConv } = await load('lab/unit')
  const kernel = { name: 'k', shape: [3, 3, 1, 1], data: Float32Array.from(kKernel) }
  const conv = layer('conv2d', { kernelSize: [3, 3], strides: [1, 1], padding: 'valid' })
  kMap.forEach((row, y) =>
    row.forEach((expected, x) => {
      const { total, window } = openConv(conv, picture, kernel, undefined, { y, x, channel: 0 })
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
  const conv = openConv(layer('conv2d', whole), input, kernel, bias, unit)
  assert.deepEqual([...conv.sums], [8, 10])
  close(conv.total, 18.25, 'both maps and the bias')
  const own = { name: 'k', shape: [2, 2, 2, 1], data: Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0) }
  const depth = (channel) =>
    openConv(layer('depthwiseConv2d', whole), input, own, undefined, { y: 0, x: 0, channel }).total
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
  const opened = openDense(values, kernel, undefined, { y: 0, x: 0, channel: 0 }, 2)
  assert.deepEqual(
    opened.largest.map(({ product }) => product),
    [-2, 1.5],
  )
  assert.deepEqual([opened.rest, opened.total, opened.count], [1, 0.5, 3])
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
