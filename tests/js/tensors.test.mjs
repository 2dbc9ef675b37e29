// Tensors, one-hot labels and the confusion matrix: plain data, no engine.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fovea from 'fovea'
import { rejects } from './support/small.mjs'

test('tensor takes typed arrays as they are and converts the rest', () => {
  const floats = new Float32Array(6)
  assert.equal(fovea.tensor(floats, [2, 3]).data, floats)
  assert.deepEqual(fovea.tensor([1, 2.5], [2]), { data: Float32Array.of(1, 2.5), shape: [2] })
  assert.deepEqual(fovea.tensor(Uint8ClampedArray.of(9), [1]).data, Uint8Array.of(9))
  assert.deepEqual(fovea.tensor(Int16Array.of(-3), [1]).data, Int32Array.of(-3))
})

test('tensor refuses a shape that the data does not fill', () =>
  rejects(
    'bad-shape',
    'tensor: the shape [2, 28, 28, 1] holds 1568 numbers but the data has 784.',
    () => fovea.tensor(new Uint8Array(784), [2, 28, 28, 1]),
  ))

test('tensor refuses a shape that is no list of sizes', () =>
  rejects(
    'bad-shape',
    'tensor: the shape needs whole numbers, such as [10, 28, 28, 1], but is [2.5].',
    () => fovea.tensor([1, 2], [2.5]),
  ))

test('tensor refuses nested arrays', () =>
  rejects(
    'bad-data',
    'tensor: element 0 must be a number but is [1, 2]. Nested arrays are written flat, and their ' +
      'sizes go into the shape.',
    () => fovea.tensor([[1, 2]], [1, 2]),
  ))

test('oneHot sets one place per row', () => {
  const { data, shape } = fovea.oneHot([2, 0], 3)
  assert.deepEqual(shape, [2, 3])
  assert.deepEqual([...data], [0, 0, 1, 1, 0, 0])
})

test('oneHot refuses a label that is no class', () =>
  rejects('bad-data', 'oneHot: label 1 is 3 but must be a whole number from 0 to 2.', () =>
    fovea.oneHot([0, 3], 3),
  ))

test('confusionMatrix counts rows by truth and columns by prediction', () => {
  assert.deepEqual(fovea.metrics.confusionMatrix([0, 1, 1], [0, 0, 1], 2), [
    [1, 0],
    [1, 1],
  ])
  const output = fovea.tensor([0.9, 0.1, 0.2, 0.8], [2, 2])
  assert.deepEqual(fovea.metrics.confusionMatrix([0, 0], output, 2), [
    [1, 1],
    [0, 0],
  ])
})

test('classificationReport scores every class', () => {
  const report = fovea.metrics.classificationReport([0, 0, 1, 1, 1], [0, 1, 1, 1, 0], 3)
  const half = { precision: 0.5, recall: 0.5, f1: 0.5 }
  const thirds = { precision: 2 / 3, recall: 2 / 3, f1: 2 / 3 }
  const none = { precision: 0, recall: 0, f1: 0 }
  assert.deepEqual(report.classes, [
    { ...half, support: 2 },
    { ...thirds, support: 3 },
    { ...none, support: 0 },
  ])
  assert.equal(report.accuracy, 0.6)
  assert.ok(Math.abs(report.macro.recall - (0.5 + 2 / 3) / 3) < 1e-12)
  assert.ok(Math.abs(report.weighted.f1 - 0.6) < 1e-12)
})

test('confusionMatrix refuses predictions of another length', () =>
  rejects(
    'bad-shape',
    'confusionMatrix: 2 labels need as many class numbers, or an output [2, 3], but the predictions ' +
      'are 5 numbers.',
    () => fovea.metrics.confusionMatrix([0, 1], [0, 1, 0, 0, 0], 3),
  ))
