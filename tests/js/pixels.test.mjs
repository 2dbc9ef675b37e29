// Pictures in Node: raw pixels and tensors. Canvases, videos and the camera are tested in browsers.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fovea from 'fovea'
import { rejects } from './support/small.mjs'

/** An "ImageData" with a fat vertical bar of ink on paper. */
function bar(width, height, ink, paper) {
  const data = new Uint8ClampedArray(width * height * 4)
  for (let i = 0; i < width * height; ++i) {
    const x = i % width
    const y = Math.floor(i / width)
    const inBar = x >= width * 0.6 && x < width * 0.68 && y > height * 0.2 && y < height * 0.7
    data.set([...(inBar ? ink : paper), 255], i * 4)
  }
  return { data, width, height }
}

test('fromPixels gives rgb, grey and rgba', async () => {
  const pixels = { data: Uint8Array.of(255, 0, 0, 255, 10, 20, 30, 0), width: 2, height: 1 }
  const rgb = await fovea.browser.fromPixels(pixels)
  assert.deepEqual(rgb, { data: Uint8Array.of(255, 0, 0, 255, 255, 255), shape: [1, 2, 3] })
  const grey = await fovea.browser.fromPixels(pixels, { channels: 1 })
  assert.deepEqual(grey, { data: Uint8Array.of(76, 255), shape: [1, 2, 1] })
  const all = await fovea.browser.fromPixels(pixels, { channels: 4 })
  assert.deepEqual(all, { data: pixels.data, shape: [1, 2, 4] })
  assert.deepEqual(await fovea.browser.fromPixels(rgb), rgb)
})

test('fromPixels refuses what is no picture', async () => {
  await rejects(
    'bad-option',
    'fromPixels: needs a canvas, a video, an image, an ImageBitmap, ImageData or a tensor of bytes but ' +
      'gets an object (src).',
    () => fovea.browser.fromPixels({ src: 'digit.png' }),
  )
  await rejects(
    'bad-shape',
    'fromPixels: a tensor needs bytes of the shape [height, width, channels] but is a Float32Array of 4 ' +
      'with the shape [2, 2].',
    () => fovea.browser.fromPixels(fovea.tensor([1, 2, 3, 4], [2, 2])),
  )
})

test('digitFromPixels turns ink on paper into white on black, centred in 28x28', async () => {
  const digit = await fovea.browser.digitFromPixels(bar(200, 160, [30, 30, 60], [240, 235, 230]))
  assert.deepEqual(digit.shape, [28, 28, 1])
  assert.equal(digit.found, true)
  assert.equal(digit.inverted, true)
  const { x, y, width, height } = digit.box
  assert.ok(Math.abs(x - 120) <= 2 && Math.abs(width - 16) <= 3, `x ${x}, width ${width}`)
  assert.ok(Math.abs(y - 33) <= 2 && Math.abs(height - 79) <= 3, `y ${y}, height ${height}`)
  let sum = 0
  let centre = [0, 0]
  digit.data.forEach((value, i) => {
    sum += value
    centre = [centre[0] + value * (i % 28), centre[1] + value * Math.floor(i / 28)]
  })
  // MNIST's digits have their centre of mass at 14, to half a pixel.
  for (const value of centre) assert.ok(Math.abs(value / sum - 14) <= 0.51, `${value / sum}`)
  assert.equal(digit.data[0], 0)
  assert.ok(Math.max(...digit.data) > 200)
})

test('digitFromPixels tells of light ink and of no ink', async () => {
  const light = await fovea.browser.digitFromPixels(bar(100, 100, [250, 250, 250], [20, 20, 20]))
  assert.deepEqual([light.found, light.inverted], [true, false])
  const blank = await fovea.browser.digitFromPixels(bar(100, 100, [200, 200, 200], [200, 200, 200]))
  assert.equal(blank.found, false)
  assert.ok(blank.data.every((value) => value === 0))
})

test('a digit can be predicted as it is', async () => {
  const digit = await fovea.browser.digitFromPixels(bar(100, 100, [0, 0, 0], [255, 255, 255]))
  const model = await fovea.zoo.softmaxRegression({ seed: 1 })
  const { shape, data } = await model.predict(digit)
  assert.deepEqual(shape, [1, 10])
  assert.ok(Math.abs(data.reduce((sum, value) => sum + value, 0) - 1) < 1e-5)
  await model.dispose()
})

test('there is no camera in Node, and the sentence says so', () =>
  rejects(
    'camera',
    'webcam: this page cannot reach a camera. Browsers allow it on https pages and on localhost.',
    () => fovea.browser.webcam({}),
  ))
