// SPDX-License-Identifier: MIT
// A plain loop that takes as long as Fovea for one image, and walks over as much memory as the network
// has weights: how much its calls differ is how much any calls do on this machine, whose clock ticks
// (250 times a second on Linux as a rule) and whose caches other machines share.
import { weightsOf } from '../lib/nets.mjs'
import { loop, serve } from '../lib/serve.mjs'

/** Numbers in a line of the cache. */
const kLine = 16

function walkOver(numbers) {
  let sum = 0
  for (let i = 0; i < numbers.length; i += kLine) sum += numbers[i]
  return sum
}

function multiplyAdd(count) {
  let sum = 1
  for (let i = 0; i < count; ++i) sum = sum * 0.999999 + 1e-6
  return sum
}

/** How many multiply-adds fill what is left of `stepMs`, once V8 has compiled. */
function fill(step, stepMs) {
  let count = 1000
  for (let round = 0; round < 400; ++round) {
    const start = performance.now()
    step(count)
    const ratio = stepMs / (performance.now() - start)
    count = Math.max(1, Math.round(count * Math.min(1.1, Math.max(0.9, ratio))))
  }
  return count
}

function prepare({ net, batch, stepMs }) {
  const numbers = new Float32Array(weightsOf(net)).fill(1)
  const step = (count) => walkOver(numbers) + multiplyAdd(count)
  const count = fill(step, stepMs)
  return { run: loop(batch, () => step(count)), dispose() {} }
}

await serve({ library: 'a plain loop', version: process.versions.node }, prepare)
