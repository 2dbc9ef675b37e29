// SPDX-License-Identifier: MIT
// What every consumer of the package does with it: starts the engine, trains a small network for a
// moment, predicts, and uses a part that is fetched only when asked for. Copied into each of them.

/** Images with a bright band at the top, in the middle or at the bottom: three classes. */
export function bands(fovea, count) {
  const data = new Uint8Array(count * 64)
  const labels = Int32Array.from({ length: count }, (_, k) => k % 3)
  let state = 1
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
  for (let i = 0; i < data.length; ++i) {
    const inBand = Math.floor((i % 64) / 24) === labels[Math.floor(i / 64)]
    data[i] = Math.floor(random() * 100) + (inBand ? 120 : 0)
  }
  return { images: fovea.tensor(data, [count, 8, 8, 1]), labels }
}

/** A number made of all weights, bit for bit (FNV-1a). */
export async function weightsDigest(model) {
  let hash = 0x811c9dc5
  for (const { data } of await model.getWeights()) {
    for (const byte of new Uint8Array(data.buffer)) hash = Math.imul(hash ^ byte, 0x01000193)
  }
  return (hash >>> 0).toString(16)
}

/** Plain data: what a test needs to know. */
export async function trial(fovea, options = {}) {
  const backend = await fovea.init({ reproducible: true, seed: 1, ...options })
  const { conv2d, maxPooling2d, leakyReLU, flatten, dense } = fovea.layers
  const model = await fovea.sequential({
    layers: [
      conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3 }),
      leakyReLU(),
      maxPooling2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 3, activation: 'softmax' }),
    ],
  })
  const loss = 'sparseCategoricalCrossentropy'
  const optimizer = fovea.optimizers.adam({ learningRate: 0.01 })
  await model.compile({ optimizer, loss, metrics: ['accuracy'] })
  const { images, labels } = bands(fovea, 96)
  const { history } = await model.fit(images, labels, { epochs: 12, batchSize: 16 })
  const { shape } = await model.predict(images)
  const { accuracy } = await model.evaluate(images, labels)
  const picture = fovea.tensor(images.data.slice(0, 64), [8, 8, 1])
  const map = await fovea.explain.saliency(model, picture)
  const weights = await weightsDigest(model)
  const code = await model.predict(picture.data).catch((error) => error.code)
  const twin = await fovea.loadModel(await model.toSafetensors())
  const kept = await weightsDigest(twin)
  await model.dispose()
  await fovea.shutdown()
  return {
    backend,
    losses: history.loss,
    shape,
    accuracy,
    saliency: map.shape,
    weights,
    kept,
    code,
  }
}

/** In a page: the result, or what went wrong, where a test finds it. */
export function report(promise) {
  globalThis.trial = promise.catch((error) => ({ error: String(error?.stack ?? error) }))
  globalThis.trialStarted = true
}
