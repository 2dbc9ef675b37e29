// SPDX-License-Identifier: MIT
// jax-js, wasm, as its README does it: jit of valueAndGrad, lax.convGeneralDilated, lax.reduceWindow.
// Its optimizers are a package of their own; plain gradient descent stands in, which costs less.
// It takes dropout's mask for granted: its random numbers are left out, in its favour.
import { readFileSync } from 'node:fs'
import { jit, lax, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import { walk } from '../lib/nets.mjs'
import { kExamples } from '../lib/pixels.mjs'
import { loop, serve } from '../lib/serve.mjs'

let state = 7
function random(shape, scale) {
  const count = shape.reduce((product, length) => product * length, 1)
  const values = Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return scale * (state / 2 ** 31 - 1)
  })
  return np.array(values).reshape(shape)
}

function weightsOf(net) {
  const weights = []
  walk(net, (layer, [height, width, channels]) => {
    const { type, filters, size, units } = layer
    const length = height * width * channels
    if (type === 'conv')
      weights.push(random([filters, channels, size, size], 0.1), random([1, filters, 1, 1], 0.1))
    if (type === 'dense') weights.push(random([length, units], 0.05), random([units], 0.05))
  })
  return weights
}

/** Logits; takes ownership of its arguments, as everything in jax-js does. */
function forward(net, batch, weights, images) {
  let [value, index, spatial] = [images, 0, true]
  for (const layer of net.layers) {
    if (layer.type === 'conv') {
      const padding = layer.pad > 0 ? 'SAME' : 'VALID'
      value = lax.convGeneralDilated(value, weights[index++], [1, 1], padding)
      value = nn.relu(value.add(weights[index++]))
    } else if (layer.type === 'pool') {
      value = lax.reduceWindow(value, np.max, [2, 2], [2, 2])
    } else if (layer.type === 'dense') {
      if (spatial) value = value.reshape([batch, -1])
      spatial = false
      value = np.matmul(value, weights[index++]).add(weights[index++])
      if (layer.relu) value = nn.relu(value)
    }
  }
  return value
}

async function prepare({ net, phase, batch, size, images, labels }) {
  let weights = weightsOf(net)
  const [height, width, channels] = net.input
  const inputs = []
  for (let first = 0; first + batch <= kExamples; first += batch) {
    const data = images.slice(first * size, (first + batch) * size)
    const x = np.array(data).reshape([batch, channels, height, width])
    const classes = np.array(Int32Array.from(labels.subarray(first, first + batch)))
    inputs.push({ x, y: nn.oneHot(classes, 10) })
  }
  const dispose = () => {
    for (const array of [...weights, ...inputs.flatMap(({ x, y }) => [x, y])]) array.dispose()
  }
  if (phase === 'infer') {
    const predict = jit((w, x) => nn.softmax(forward(net, batch, w, x), -1))
    const step = async (first) =>
      (await predict(tree.ref(weights), inputs[first / batch].x.ref).data())[0]
    return { run: loop(batch, step), dispose }
  }
  const loss = (w, x, y) => {
    const scores = nn.logSoftmax(forward(net, batch, w, x), -1)
    return scores
      .mul(y)
      .sum()
      .mul(-1 / batch)
  }
  const update = jit((w, x, y) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(w), x, y)
    return [value, w.map((weight, i) => weight.sub(gradients[i].mul(0.01)))]
  })
  const step = async (first) => {
    const { x, y } = inputs[first / batch]
    const [value, updated] = update(weights, x.ref, y.ref)
    weights = updated
    return (await value.data())[0]
  }
  return { run: loop(batch, step), dispose }
}

const about = new URL('../node_modules/@jax-js/jax/package.json', import.meta.url)
const { version } = JSON.parse(readFileSync(about, 'utf8'))
await serve({ library: 'jax-js', version }, prepare)
