// SPDX-License-Identifier: MIT
// In a page: Fovea as its user has it, the engine in its worker. `foveaBench.start` takes the first
// step of net B from nothing; `foveaBench.measure` times one case. The driver is lib/browsers.mjs.
import { median, p99, quantile } from '../lib/statistics.mjs'
import { begin, compiled, examples, firstStep } from './first-step.mjs'

const address = '/dist/index.js'

/** What a row of the results says of speed (lib/measure.mjs); windows take `windowMs`. */
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
  const window = async (least) => {
    const times = []
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
    return { mean: (now - from) / count, times }
  }
  await window(4 * windowMs)
  const measured = []
  for (let i = 0; i < windows; ++i) measured.push(await window(windowMs))
  const means = measured.map(({ mean }) => mean)
  const times = measured.map((one) => one.times)
  await model.dispose()
  return {
    imagesPerSecond: (1000 * batch) / median(means),
    bestImagesPerSecond: (1000 * batch) / Math.min(...means),
    medianMs: median(times.flat()),
    p99Ms: p99(times),
    p99AllMs: quantile(times.flat(), 0.99),
    windows,
  }
}

globalThis.foveaBench = { start: (request) => firstStep(address, request), measure }

// Where nobody drives the browser (lib/engines.mjs), the address asks: when the browser itself has
// settled, as it has when someone opens a page.
if (location.hash.length > 1) {
  const [name, request] = JSON.parse(decodeURIComponent(location.hash.slice(1)))
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const answer = await globalThis.foveaBench[name](request).then(
    (result) => ({ result }),
    (error) => ({ error: String(error) }),
  )
  console.log(`fovea-bench ${JSON.stringify(answer)} fovea-bench`)
}
