// SPDX-License-Identifier: MIT
// In a page: Fovea as its user has it, the engine in its worker. `foveaBench.start` takes the first
// step of net B from nothing; `foveaBench.measure` times one case. The driver is lib/browsers.mjs.
const address = '/dist/index.js'

/** Any bytes; neighbours differ. */
const bytes = (length) => Uint8Array.from({ length }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24)

function quantile(values, p) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]
}

async function begin(fovea, { variant, threads }) {
  const backend = await fovea.init({ variant, threads, seed: 1 })
  if (backend.threads !== threads || backend.variant !== variant)
    throw new Error(`it runs ${backend.variant}, ${backend.threads}: ${backend.reasons.join(' ')}`)
}

async function compiled(fovea, { net, softmax }) {
  const model = await fovea.zoo[net]({ seed: 1 })
  const loss = fovea.losses.sparseCategoricalCrossentropy({ fromLogits: !softmax })
  await model.compile({ optimizer: 'adam', loss })
  return model
}

function examples(model, batch) {
  const shape = [batch, ...model.inputs[0].shape]
  const data = bytes(shape.reduce((product, length) => product * length, 1))
  return { x: { data, shape }, labels: Int32Array.from({ length: batch }, (_, i) => i % 10) }
}

/** Milliseconds from the import to the end of the first trained step. */
async function start(request) {
  const from = performance.now()
  const fovea = await import(address)
  await begin(fovea, request)
  const model = await compiled(fovea, request)
  const { x, labels } = examples(model, 32)
  await model.trainOnBatch(x, labels)
  return performance.now() - from
}

/** { imagesPerSecond, medianMs, p99Ms, windows }: the median of windows that take `windowMs`. */
async function measure(request) {
  const { phase, batch, windows, windowMs } = request
  const fovea = await import(address)
  await begin(fovea, request)
  const model = await compiled(fovea, request)
  // A call trains on several batches, as fit does; a prediction is a call.
  const batches = phase === 'train' ? 8 : 1
  const { x, labels } = examples(model, batch * batches)
  const fit = { batchSize: batch, epochs: 1, shuffle: false }
  const call =
    phase === 'train'
      ? () => model.fit(x, labels, fit)
      : () => model.predict(x, { batchSize: batch })
  const times = []
  const window = async (least) => {
    const from = performance.now()
    let count = 0
    let now = from
    do {
      await call()
      const end = performance.now()
      times.push((end - now) / batches)
      now = end
      count += batches
    } while (now - from < least)
    return (now - from) / count
  }
  await window(4 * windowMs)
  times.length = 0
  const means = []
  for (let i = 0; i < windows; ++i) means.push(await window(windowMs))
  await model.dispose()
  return {
    imagesPerSecond: (1000 * batch) / quantile(means, 0.5),
    medianMs: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    windows,
  }
}

globalThis.foveaBench = { start, measure }
