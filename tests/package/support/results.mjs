// SPDX-License-Identifier: MIT
// What the program must come to, in every place that it runs in.
import assert from 'node:assert/strict'

/** Checks a result of trial.mjs; says what ran in one line. */
export function check(result, first) {
  assert.equal(result.error, undefined)
  const { backend, losses, shape, accuracy, saliency, weights, kept, code } = result
  assert.ok(losses.length === 12 && losses[11] < losses[0], `losses ${losses}`)
  assert.ok(accuracy >= 0.9, `accuracy ${accuracy}`)
  assert.deepEqual(shape, [96, 3])
  assert.deepEqual(saliency, [8, 8])
  assert.equal(kept, weights, 'a file of the model has other weights')
  assert.equal(code, 'bad-shape')
  assert.equal(backend.variant, 'simd')
  if (first !== undefined) assert.equal(weights, first.weights, 'other bits than in Node')
  const { variant, threads, worker } = backend
  const place = worker ? 'in a worker' : 'in-thread'
  return (
    `${variant}, ${threads} thread(s), ${place}: loss ${losses[0].toFixed(3)} to ` +
    `${losses[11].toFixed(3)}, weights ${weights}`
  )
}
