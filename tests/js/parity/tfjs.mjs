// The same networks in Fovea and in TensorFlow.js (its CPU backend), with the same weights and the
// same batches. Both keep weights in Keras's layouts, so they are copied one by one.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import * as fovea from 'fovea'

export { tf, tfl }

tf.env().set('PROD', true) // no advice on the console

/** Random numbers in [-1, 1) or another range, a function of the seed. */
export function randomSource(seed) {
  let state = seed >>> 0 || 1
  const word = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  return {
    uniform: (low = -1, high = 1) => low + (high - low) * word(),
    integer: (low, high) => low + Math.floor((high - low + 1) * word()),
    floats(size, low = -1, high = 1) {
      return Float32Array.from({ length: size }, () => low + (high - low) * word())
    },
    pick: (list) => list[Math.floor(list.length * word())],
  }
}

export const sizeOf = (shape) => shape.reduce((product, one) => product * one, 1)

/** A random tensor for Fovea and its twin for TensorFlow.js. */
export function randomTensor(random, shape, low, high) {
  const data = random.floats(sizeOf(shape), low, high)
  return { mine: fovea.tensor(data, shape), theirs: tf.tensor(data, shape) }
}

/**
 * Both libraries sum in float32, each in its own order: they may differ by the rounding of sums of
 * `terms` terms as large as the largest value.
 */
export function expectClose(actual, expected, what, terms = 16) {
  assert.equal(actual.length, expected.length, `${what}: number of values`)
  let largest = 1e-3
  for (const value of expected) largest = Math.max(largest, Math.abs(value))
  const tolerance = 2 ** -23 * (terms + 16) * largest
  for (let i = 0; i < actual.length; ++i) {
    const distance = Math.abs(actual[i] - expected[i])
    const both = Number.isNaN(actual[i]) && Number.isNaN(expected[i])
    if (distance <= tolerance || both) continue
    assert.fail(`${what}[${i}]: expected ${expected[i]}, got ${actual[i]}, tolerance ${tolerance}`)
  }
}

/**
 * Gives both models the same random weights. Moving variances are positive. Ours stand layer by
 * layer, as in Keras; theirs are taken so.
 */
export async function shareWeights(mine, theirs, random) {
  const weights = await mine.getWeights()
  const their = theirs.layers.flatMap((layer) => layer.weights)
  assert.equal(weights.length, their.length, 'number of weights')
  const values = weights.map(({ name, shape }, k) => {
    assert.deepEqual([...shape], their[k].shape, `shape of ${name}`)
    const positive = /variance$/.test(name)
    const fan = Math.sqrt(Math.max(sizeOf(shape) / (shape.at(-1) ?? 1), 1))
    const data = random.floats(sizeOf(shape), positive ? 0.5 : -1 / fan, positive ? 1.5 : 1 / fan)
    return { name, shape, data }
  })
  await mine.setWeights(values)
  values.forEach(({ data, shape }, k) => their[k].write(tf.tensor(data, [...shape])))
}

/** All weights of TensorFlow.js's model as arrays. */
export const theirWeights = (theirs) => theirs.getWeights().map((weight) => weight.dataSync())

/** A model of one layer over inputs of these shapes, in both libraries. */
export async function oneLayer(mine, theirs, shapes) {
  const inputs = shapes.map((shape, k) => fovea.input({ shape, name: `x${k}` }))
  const output = mine.apply(inputs.length === 1 ? inputs[0] : inputs)
  const model = await fovea.model({ inputs, outputs: output, seed: 1 })
  const their = shapes.map((shape) => tfl.input({ shape: [...shape] }))
  const twin = tfl.model({
    inputs: their,
    outputs: theirs.apply(their.length === 1 ? their[0] : their),
  })
  return { model, twin }
}
