// SPDX-License-Identifier: MIT
// Fovea against itself: the time per image over batch sizes and over widths of one network, and the
// memory of a plan: one table a process, as JSON. Times are processor time.
import * as fovea from '../../dist/node.js'
import { median } from '../lib/statistics.mjs'
import { examples } from './first-step.mjs'

const { table, variant, windowMs, windows, net, batch } = JSON.parse(process.argv[2])
await fovea.init({ variant, threads: 1, worker: false })

/** Milliseconds of processor time of one call: the median of some windows. */
async function timeOf(call) {
  const window = async (count) => {
    const start = process.cpuUsage()
    for (let i = 0; i < count; ++i) await call()
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000
  }
  let count = 1
  // V8 compiles twice: what is measured has run for a while.
  for (let spent = 0; spent < 4 * windowMs;) {
    const ms = await window(count)
    spent += ms
    count = Math.max(1, Math.ceil((count * windowMs) / Math.max(ms, 0.1)))
    if (ms > windowMs && spent > windowMs) break
  }
  const times = []
  for (let i = 0; i < windows; ++i) times.push((await window(count)) / count)
  return median(times)
}

/** One row: { phase, batch, usPerImage }. */
async function measure(model, phase, batch) {
  const { x, labels } = examples(model, batch)
  const call =
    phase === 'train'
      ? () => model.trainOnBatch(x, labels)
      : () => model.predict(x, { batchSize: batch })
  return { phase, batch, usPerImage: (1000 * (await timeOf(call))) / batch }
}

const compiled = async (model, fromLogits = false) => {
  await model.compile({
    optimizer: 'sgd',
    loss: fovea.losses.sparseCategoricalCrossentropy({ fromLogits }),
  })
  return model
}

/** Three convolutions and poolings; `width` filters, then twice and four times as many. */
function network(width) {
  const { conv2d, maxPooling2d, flatten, dense } = fovea.layers
  const block = (filters, more = {}) => [
    conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu', ...more }),
    maxPooling2d({ poolSize: 2 }),
  ]
  const layers = [
    ...block(width, { inputShape: [32, 32, 3] }),
    ...block(2 * width),
    ...block(4 * width),
    flatten(),
    dense({ units: 10, activation: 'softmax' }),
  ]
  const multiplyAdds = 27 * 32 ** 2 * width + 2 * 4608 * width ** 2 + 640 * width
  return { layers, multiplyAdds }
}

async function batchTable() {
  const rows = []
  for (const phase of ['train', 'infer']) {
    const model = await compiled(await fovea.zoo.torchMnist({ seed: 1 }), true)
    for (const batch of [8, 16, 32, 64, 128, 256, 512])
      rows.push(await measure(model, phase, batch))
    await model.dispose()
  }
  return rows
}

async function widthTable() {
  const rows = []
  for (const phase of ['train', 'infer'])
    for (const width of [8, 16, 32, 64, 104, 208, 328]) {
      const { layers, multiplyAdds } = network(width)
      const model = await compiled(await fovea.sequential({ seed: 1, layers }))
      rows.push({ width, multiplyAdds, ...(await measure(model, phase, 8)) })
      await model.dispose()
    }
  return rows
}

/** Bytes planned for a batch beside the weights, the weights', and the heap after a step of training. */
async function plan(net, batch) {
  const model = await compiled(await fovea.zoo[net]({ seed: 1 }))
  const training = await model.memory({ batchSize: batch, training: true })
  const inference = await model.memory({ batchSize: batch })
  const { x, labels } = examples(model, batch)
  await model.trainOnBatch(x, labels)
  const weightBytes = 4 * model.countParams().total
  return { net, batch, training, inference, weightBytes, ...(await fovea.memory()) }
}

const tables = {
  batches: batchTable,
  widths: widthTable,
  plan: () => plan(net, batch),
}
console.log(JSON.stringify(await tables[table]()))
await fovea.shutdown()
