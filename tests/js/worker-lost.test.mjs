// A worker that dies: whoever waits for it hears of it, and the next call finds the models as they were
// kept last. Also what frameworks do: mounting twice, reloading.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, test } from 'node:test'
import * as fovea from 'fovea'
import { bands, bits, rejects, smallModel } from './support/small.mjs'

const { images, labels } = bands(48)
const kSentence =
  "the engine's worker stopped by itself (it ended with code 1). The next call starts a new one."
const kOptions = { worker: true, threads: 1 }

// The library keeps its worker to itself: caught where it posts.
const workers = new Set()
const newest = () => [...workers].at(-1)
const post = Worker.prototype.postMessage
Worker.prototype.postMessage = function (...given) {
  workers.add(this)
  return post.apply(this, given)
}

beforeEach(() => fovea.init(kOptions))
afterEach(async () => {
  await fovea.shutdown()
  workers.clear()
})

async function kill() {
  await newest().terminate()
}

test('all that wait are told, and the next call starts a new worker', async () => {
  const model = await smallModel()
  const count = 50_000
  const waiting = [
    // In one batch: so long that nothing behind it is answered.
    model.predict(bands(count).images, { batchSize: count }),
    model.fit(images, labels, { epochs: 100_000 }),
    model.predict(images),
    model.evaluate(images, labels),
    model.getWeights(),
  ]
  const told = Promise.allSettled(waiting)
  await kill()
  for (const { status, reason } of await told) {
    assert.equal(status, 'rejected')
    assert.deepEqual([reason.code, reason.message], ['worker-lost', kSentence])
  }
  assert.equal(fovea.backend(), null)
  assert.deepEqual((await model.predict(images)).shape, [48, 3])
  assert.equal(fovea.backend().worker, true)
})

test('a model comes back as it was after its last training, and trains on as if nothing had been', async () => {
  const [lost, twin] = [await smallModel({ seed: 1 }), await smallModel({ seed: 1 })]
  const options = { batchSize: 16, validationSplit: 0.25 }
  for (const model of [lost, twin]) await model.fit(images, labels, { ...options, epochs: 2 })
  const expected = await twin.toSafetensors({ optimizer: true })
  await kill()
  assert.deepEqual(await lost.toSafetensors({ optimizer: true }), expected)
  const onBatchEnd = () => kill()
  const failing = lost.fit(images, labels, {
    ...options,
    epochs: 2000,
    callbacks: [{ onBatchEnd }],
  })
  await rejects('worker-lost', kSentence, () => failing)
  await lost.fit(images, labels, { ...options, epochs: 4, resume: true })
  await twin.fit(images, labels, { ...options, epochs: 4, resume: true })
  assert.equal(await bits(lost), await bits(twin))
})

test('what never trained, what was set, frozen, loaded or shared comes back too', async () => {
  const fresh = await smallModel({ seed: 3 })
  const set = await smallModel({ seed: 4 })
  await set.setWeights(
    (await set.getWeights()).map(({ data, ...one }) => ({ ...one, data: data.map((v) => v / 2) })),
  )
  const frozen = await smallModel({ seed: 5 })
  await frozen.setTrainable('conv2d_1', false)
  const loaded = await fovea.loadModel(await set.toSafetensors({ optimizer: true }))
  const cut = await fovea.model({
    inputs: frozen.inputs,
    outputs: frozen.layer('flatten_1').output,
  })
  const all = { fresh, set, frozen, loaded, cut }
  const before = {}
  for (const [name, model] of Object.entries(all)) before[name] = await bits(model)
  await kill()
  // At once: each is brought back once, in one new engine.
  const calls = Object.values(all).flatMap((model) => [model.predict(images), model.getWeights()])
  await Promise.all(calls)
  for (const [name, model] of Object.entries(all))
    assert.equal(await bits(model), before[name], name)
  await frozen.fit(images, labels)
  assert.equal((await frozen.getWeights())[0].data.join(), (await cut.getWeights())[0].data.join())
  assert.equal(frozen.layer('conv2d_1').trainable, false)
  await frozen.setTrainable('conv2d_1', true)
  await frozen.fit(images, labels)
  const [kernel, shared] = [await frozen.getWeights(), await cut.getWeights()].map(([one]) => one)
  assert.deepEqual(shared.data, kernel.data, 'they share no weights any more')
  assert.equal(workers.size, 2)
})

test('a model too large to be kept says so, and where to get it', async () => {
  const { layers } = fovea
  const list = [layers.dense({ inputShape: [3000], units: 3000 })]
  const model = await fovea.sequential({ layers: list, name: 'large', seed: 1 })
  await kill()
  await model.predict(fovea.tensor(new Float32Array(3000), [3000])) // its initial weights are a seed
  await model.setWeights(await model.getWeights())
  await kill()
  await rejects(
    'worker-lost',
    'the worker of the model "large" stopped by itself, and its 9003000 weights were too many to be kept ' +
      'elsewhere. Load it from where it was saved: fovea.loadModel(url).',
    () => model.getWeights(),
  )
  await model.dispose()
})

test('disposed of while its worker is gone, or shut down: gone for good', async () => {
  const [one, two] = [await smallModel(), await smallModel()]
  await kill()
  await one.dispose()
  await assert.rejects(one.predict(images), { code: 'disposed' })
  await two.predict(images)
  await fovea.shutdown()
  await assert.rejects(two.predict(images), { code: 'disposed' })
})

test('mounting twice and reloading make one engine at a time', async () => {
  await fovea.shutdown()
  workers.clear()
  const mounted = await Promise.all([fovea.init(kOptions), fovea.init(kOptions)])
  assert.equal(mounted[0], mounted[1])
  await Promise.all([smallModel(), smallModel()])
  assert.equal(workers.size, 1)
  const ended = []
  for (let reload = 0; reload < 5; ++reload) {
    newest().once('exit', () => ended.push(reload))
    await fovea.shutdown()
    await fovea.init(kOptions)
    await smallModel()
  }
  assert.equal(workers.size, 6)
  while (ended.length < 5) await new Promise((resolve) => setTimeout(resolve, 5))
})
