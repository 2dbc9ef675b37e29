// Convolutions of images by kernels with names, against the numbers of the lectures.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fovea from 'fovea'
import { rejects } from './support/small.mjs'

const { image, kernels } = fovea
const floats = (shape, ...values) => fovea.tensor(Float32Array.from(values), shape)

function close({ data, shape }, wanted, expected, tolerance = 1e-6) {
  assert.deepEqual(shape, wanted)
  expected.forEach((value, k) => {
    const found = data[k]
    assert.ok(Math.abs(found - value) <= tolerance, `[${k}] ${found} instead of ${value}`)
  })
}

// The numbers of the lectures.
const kWindow = [
  [0, 0, 0, 0, 0, 0],
  [0.2, 0.8, 0, 0.3, 0.6, 0],
  [0.2, 0.9, 0, 0.3, 0.8, 0],
  [0.3, 0.8, 0.7, 0.8, 0.9, 0],
  [0, 0, 0, 0.2, 0.8, 0],
  [0, 0, 0, 0.2, 0.2, 0],
].flat()
const kSlid = [1.0, 1.2, 1.1, 0.9, 2.1, 2.7, 2.5, 1.9, 1.0, 2.1, 2.4, 1.4, 1.0, 1.8, 2.0, 1.8]
const half = Array.from({ length: 36 }, (_, k) => (k % 6 < 3 ? 10 : 0))
const turned = half.map((_, k) => half[(k % 6) * 6 + Math.floor(k / 6)])
const edge = [0, 30, 30, 0]

test('convolve: the sliding window and the edges of the lectures', async () => {
  const cross = floats([3, 3], 1, 0, 1, 0, 1, 0, 1, 0, 1)
  close(await image.convolve(floats([6, 6], ...kWindow), cross), [4, 4], kSlid)
  const vertical = await image.convolve(floats([6, 6], ...half), kernels.verticalEdges)
  close(
    vertical,
    [4, 4],
    [0, 1, 2, 3].flatMap(() => edge),
  )
  const horizontal = await image.convolve(floats([6, 6, 1], ...turned), kernels.horizontalEdges)
  close(
    horizontal,
    [4, 4, 1],
    edge.flatMap((one) => [one, one, one, one]),
  )
  // Three equal channels: summed with a 3x3x3 filter, four filters give 4x4x4, else each by itself.
  const colour = floats([6, 6, 3], ...half.flatMap((one) => [one, one, one]))
  const third = [...kernels.verticalEdges.data].flatMap((one) => [one, one, one])
  const summed = await image.convolve(colour, floats([3, 3, 3], ...third))
  close(
    summed,
    [4, 4, 1],
    [0, 1, 2, 3].flatMap(() => edge.map((one) => 3 * one)),
  )
  const four = floats([3, 3, 3, 4], ...third.flatMap((one) => [one, 2 * one, 0, -one]))
  const volume = await image.convolve(colour, four)
  const expected = [0, 1, 2, 3].flatMap(() => edge.flatMap((v) => [3 * v, 6 * v, 0, -3 * v]))
  close(volume, [4, 4, 4], expected)
  const apart = await image.convolve(colour, kernels.verticalEdges)
  close(
    apart,
    [4, 4, 3],
    [0, 1, 2, 3].flatMap(() => edge.flatMap((v) => [v, v, v])),
  )
  // Several images of several channels: each as by itself.
  const two = fovea.tensor(
    Float32Array.from({ length: 2 * 36 * 3 }, (_, i) => (i * 7) % 11),
    [2, 6, 6, 3],
  )
  const together = await image.convolve(two, cross)
  assert.deepEqual(together.shape, [2, 4, 4, 3])
  for (const [k, c] of [
    [0, 0],
    [0, 2],
    [1, 1],
  ]) {
    const plane = two.data.filter((_, i) => i % 3 === c && Math.floor(i / 108) === k)
    const alone = await image.convolve(fovea.tensor(plane, [6, 6]), cross)
    const found = together.data.filter((_, i) => i % 3 === c && Math.floor(i / 48) === k)
    assert.deepEqual(found, alone.data)
  }
  const batch = fovea.tensor(colour.data, [3, 6, 6, 1])
  assert.deepEqual((await image.convolve(batch, cross)).shape, [3, 4, 4, 1])
})

test('convolve: stride, padding and dilation give the sizes of the lectures; bytes are 0 to 1', async () => {
  const seven = floats([7, 7, 3], ...new Float32Array(147).fill(1))
  const filters = fovea.tensor(new Float32Array(54).fill(1), [3, 3, 3, 2])
  for (const [options, shape] of [
    [{}, [5, 5, 2]],
    [{ stride: 2 }, [3, 3, 2]],
    [{ stride: 3 }, [2, 2, 2]],
    [{ stride: [1, 2] }, [5, 3, 2]],
    [{ padding: 'same' }, [7, 7, 2]],
    [{ padding: 2 }, [9, 9, 2]],
    [
      {
        padding: [
          [1, 0],
          [0, 2],
        ],
      },
      [6, 7, 2],
    ],
    [{ dilation: 2 }, [3, 3, 2]],
  ]) {
    assert.deepEqual((await image.convolve(seven, filters, options)).shape, shape)
  }
  const bytes = fovea.tensor(new Uint8Array(9).fill(255), [3, 3])
  close(await image.convolve(bytes, kernels.blur), [1, 1], [1])
  close(await image.convolve(bytes, kernels.blur, { padding: 'same' }), [3, 3], [4 / 9, 6 / 9])
})

test('kernels: every one by name, on the image that it is for', async () => {
  // An image with one bright pixel in the middle shows the kernel, turned by half a circle.
  const point = floats([5, 5], ...Array.from({ length: 25 }, (_, k) => (k === 12 ? 1 : 0)))
  const ninth = 1 / 9
  const expected = {
    blur: Array(9).fill(ninth),
    horizontalLines: [-1, -1, -1, 2, 2, 2, -1, -1, -1],
    verticalLines: [-1, 2, -1, -1, 2, -1, -1, 2, -1],
    edgeDetection: [-1, -1, -1, -1, 8, -1, -1, -1, -1],
    sharpen: [0, -1, 0, -1, 5, -1, 0, -1, 0],
    edgeEnhance: [-1, 0, -1, 0, 5, 0, -1, 0, -1],
    emboss: [-2, -1, 0, -1, 1, 1, 0, 1, 2],
    verticalEdges: [1, 0, -1, 1, 0, -1, 1, 0, -1],
    horizontalEdges: [1, 1, 1, 0, 0, 0, -1, -1, -1],
  }
  assert.deepEqual(Object.keys(kernels).sort(), Object.keys(expected).sort())
  for (const [name, values] of Object.entries(expected)) {
    close(kernels[name], [3, 3], values)
    close(await image.convolve(point, kernels[name]), [3, 3], values.toReversed())
  }
})

test('what does not fit together is refused word for word', async () => {
  const x = fovea.tensor(new Uint8Array(64), [8, 8, 1])
  const cases = [
    [
      'bad-shape',
      'image.convolve: the kernel [3, 3, 3] is for 3 channel(s) but the image [8, 8, 1] has 1. Give a ' +
        'kernel [height, width] for every channel by itself, or [height, width, 1].',
      () => image.convolve(x, fovea.tensor(new Float32Array(27), [3, 3, 3])),
    ],
    [
      'bad-shape',
      'image.convolve: the kernel needs 2 to 4 dimensions, height and width first, but has the shape [3].',
      () => image.convolve(x, floats([3], 1, 2, 3)),
    ],
    [
      'bad-shape',
      'image.convolve: the image must be a tensor but is "photo". Make it with fovea.tensor(data, ' +
        '[height, width]).',
      () => image.convolve('photo', kernels.blur),
    ],
  ]
  for (const [code, message, work] of cases) await rejects(code, message, work)
})
