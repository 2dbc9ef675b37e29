// Taking hold of a training: pause, stop, abort, leaving the loop, disposing, and what goes on beside.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { bands, bits, rejects, smallModel } from './support/small.mjs'

const { images, labels } = bands(96)

test('an AbortSignal ends the training within one batch and keeps the weights so far', async () => {
  const model = await smallModel()
  const twin = await smallModel()
  const abort = new AbortController()
  let steps = 0
  const callback = { onBatchEnd: () => void (++steps === 3 && abort.abort()) }
  const options = { epochs: 50, batchSize: 16, signal: abort.signal, callbacks: [callback] }
  await rejects('aborted', 'fit: stopped by its AbortSignal.', () =>
    model.fit(images, labels, options),
  )
  assert.equal(steps, 3)
  let yielded = 0
  for await (const _step of twin.train(images, labels, { batchSize: 16 }))
    if (++yielded === 3) break
  assert.equal(await bits(model), await bits(twin), 'the weights after three steps')
  await model.fit(images, labels)
  await model.dispose()
  await twin.dispose()
})

test('a signal that is aborted already lets nothing happen', async () => {
  const model = await smallModel()
  const before = await bits(model)
  const signal = AbortSignal.abort()
  await rejects('aborted', 'fit: stopped by its AbortSignal.', () =>
    model.fit(images, labels, { signal }),
  )
  await rejects('aborted', 'predict: stopped by its AbortSignal.', () =>
    model.predict(images, { signal }),
  )
  assert.equal(await bits(model), before)
  await model.dispose()
})

test('stop ends the training after the batch, and fit resolves', async () => {
  const model = await smallModel()
  let steps = 0
  const callback = { onBatchEnd: () => void (++steps === 8 && model.stop()) }
  const { epoch, stopped } = await model.fit(images, labels, {
    epochs: 50,
    batchSize: 16,
    callbacks: [callback],
  })
  assert.equal(steps, 8)
  assert.deepEqual(epoch, [0], 'six batches an epoch: one was completed')
  assert.equal(stopped, true)
  await model.dispose()
})

test('pause holds the training, resume goes on, and the result is the same', async () => {
  const [paused, twin] = [await smallModel(), await smallModel()]
  let steps = 0
  const onBatchEnd = () => void (++steps === 4 && paused.pause())
  const fit = paused.fit(images, labels, { epochs: 3, callbacks: [{ onBatchEnd }] })
  while (steps < 4) await sleep(1)
  await sleep(50)
  assert.equal(steps, 4, 'it went on while paused')
  const prediction = await paused.predict(images)
  assert.deepEqual(prediction.shape, [96, 3])
  paused.resume()
  await fit
  assert.equal(steps, 9)
  await twin.fit(images, labels, { epochs: 3 })
  assert.equal(await bits(paused), await bits(twin))
  await paused.dispose()
  await twin.dispose()
})

test('resume of some batches pauses again after them, and the result is the same', async () => {
  const [stepped, twin] = [await smallModel(), await smallModel()]
  let steps = 0
  const onBatchEnd = () => void (++steps === 1 && stepped.pause())
  const fit = stepped.fit(images, labels, { epochs: 2, callbacks: [{ onBatchEnd }] })
  const after = async (count) => {
    while (steps < count) await sleep(1)
    await sleep(50)
    assert.equal(steps, count, 'it went on by itself')
  }
  await after(1)
  stepped.resume({ batches: 1 })
  await after(2)
  stepped.resume({ batches: 4 }) // the epoch has one more
  await after(3)
  stepped.resume({ batches: 1 }) // the next epoch begins
  await sleep(50)
  stepped.resume({ batches: 2 })
  await after(5)
  stepped.resume()
  await fit
  await twin.fit(images, labels, { epochs: 2 })
  assert.equal(await bits(stepped), await bits(twin))
  await rejects(
    'bad-option',
    'resume: batches must be a whole number of 1 or more but is 0.',
    async () => stepped.resume({ batches: 0 }),
  )
  await stepped.dispose()
  await twin.dispose()
})

test('a paused training can be stopped and aborted', async () => {
  const model = await smallModel()
  const onBatchEnd = () => model.pause()
  const stopped = model.fit(images, labels, { callbacks: [{ onBatchEnd }] })
  await sleep(20)
  model.stop()
  assert.equal((await stopped).stopped, true)
  const abort = new AbortController()
  const aborted = model.fit(images, labels, { signal: abort.signal, callbacks: [{ onBatchEnd }] })
  setTimeout(() => abort.abort(), 20)
  await rejects('aborted', 'fit: stopped by its AbortSignal.', () => aborted)
  await model.dispose()
})

test('train yields every step with its place in the whole', async () => {
  const model = await smallModel()
  const steps = []
  for await (const step of model.train(images, labels, { epochs: 2, batchSize: 48 }))
    steps.push(step)
  assert.deepEqual(
    steps.map(({ epoch, batch, step, progress, size }) => [epoch, batch, step, progress, size]),
    [
      [0, 0, 1, 0.25, 48],
      [0, 1, 2, 0.5, 48],
      [1, 0, 3, 0.75, 48],
      [1, 1, 4, 1, 48],
    ],
  )
  for (const { loss, metrics, imagesPerSecond } of steps) {
    assert.ok(loss > 0 && metrics.accuracy >= 0 && imagesPerSecond > 0)
  }
  await model.dispose()
})

test('leaving the loop of train stops the training at that step', async () => {
  const model = await smallModel()
  const seen = []
  for await (const { step } of model.train(images, labels, { epochs: 100, batchSize: 16 })) {
    seen.push(step)
    if (step === 5) break
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5])
  const weights = await bits(model)
  await sleep(30)
  assert.equal(await bits(model), weights, 'it trains on')
  for await (const { step } of model.train(images, labels)) {
    assert.equal(step, 6, 'no step was made that was not seen')
    break
  }
  await model.dispose()
})

test('an iterator that is never started trains nothing, and errors reach the loop', async () => {
  const model = await smallModel()
  const before = await bits(model)
  model.train(images, labels)
  await sleep(10)
  assert.equal(await bits(model), before)
  await rejects(
    'bad-option',
    'train: batchSize must be a whole number of 1 or more but is 0.',
    () => model.train(images, labels, { batchSize: 0 }).next(),
  )
  await model.dispose()
})

test('dispose during fit ends it with disposed, and the model with it', async () => {
  const model = await smallModel()
  let steps = 0
  const onBatchEnd = () => void (++steps === 2 && model.dispose())
  const fit = model.fit(images, labels, { epochs: 50, callbacks: [{ onBatchEnd }] })
  await rejects('disposed', 'fit: the model was disposed of while it was at work.', () => fit)
  assert.equal(steps, 2)
  const sentence = (call) => `${call}: the model "sequential" was disposed of. Make a new one.`
  await rejects('disposed', sentence('predict'), () => model.predict(images))
  await rejects('disposed', sentence('fit'), () => model.fit(images, labels))
  await rejects('disposed', sentence('getWeights'), () => model.getWeights())
  await model.dispose()
})

test('two models train at once and do not disturb each other', async () => {
  const alone = async (seed) => {
    const model = await smallModel({ seed })
    await model.fit(images, labels, { epochs: 3 })
    const result = await bits(model)
    await model.dispose()
    return result
  }
  const expected = [await alone(1), await alone(2)]
  const models = [await smallModel({ seed: 1 }), await smallModel({ seed: 2 })]
  const order = []
  await Promise.all(
    models.map((model, k) =>
      model.fit(images, labels, {
        epochs: 3,
        callbacks: [{ onBatchEnd: () => void order.push(k) }],
      }),
    ),
  )
  assert.ok(order.slice(0, 6).includes(0) && order.slice(0, 6).includes(1), `took turns: ${order}`)
  assert.deepEqual(await Promise.all(models.map(bits)), expected)
  for (const model of models) await model.dispose()
})

test('predictions and evaluations while training are answered and change nothing', async () => {
  const [busy, twin] = [await smallModel(), await smallModel()]
  let training = true
  const fit = busy.fit(images, labels, { epochs: 30 }).finally(() => (training = false))
  let answers = 0
  while (training) {
    const [output, { loss }] = await Promise.all([
      busy.predict(images, { batchSize: 10 }),
      busy.evaluate(images, labels, { batchSize: 50 }),
    ])
    assert.ok(output.data.every(Number.isFinite) && loss > 0)
    ++answers
  }
  await fit
  assert.ok(answers > 3, `${answers}`)
  await twin.fit(images, labels, { epochs: 30 })
  assert.equal(await bits(busy), await bits(twin))
  await busy.dispose()
  await twin.dispose()
})

test('a second fit on a model that trains is refused', async () => {
  const model = await smallModel()
  const first = model.fit(images, labels, { epochs: 5 })
  await rejects(
    'busy',
    'fit: the model "sequential" is training already. Wait for that to end, or call model.stop().',
    () => model.fit(images, labels),
  )
  assert.equal((await first).epoch.length, 5)
  await model.dispose()
})

test('latest: a later prediction with the same key supersedes, others are all answered', async () => {
  const model = await smallModel()
  const calls = [
    model.predict(images, { latest: 'pad' }),
    model.predict(images, { latest: 'pad' }),
    model.predict(images, { latest: 'other' }),
    model.predict(images),
  ]
  const [first, ...rest] = await Promise.allSettled(calls)
  assert.equal(first.status, 'rejected')
  assert.equal(first.reason.code, 'superseded')
  assert.equal(first.reason.message, 'predict: a later call with latest: "pad" took its place.')
  assert.deepEqual(
    rest.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled'],
  )
  await model.dispose()
})

test('await using disposes at the end of the block', async () => {
  const model = await smallModel()
  await model[Symbol.asyncDispose]()
  await assert.rejects(model.predict(images), { code: 'disposed' })
})
