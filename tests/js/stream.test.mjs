// Data that comes batch by batch: the same bits as from arrays, memory of one batch, resume in the
// middle, refusals.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fovea from 'fovea'
import { bands, bits, rejects, smallModel } from './support/small.mjs'

const kRows = 70
const kBatch = 16
const { images, labels } = bands(kRows)

after(() => fovea.shutdown())

/** The rows of the arrays in order, as batches. */
function* batches() {
  for (let from = 0; from < kRows; from += kBatch) {
    const to = Math.min(from + kBatch, kRows)
    const x = fovea.tensor(images.data.slice(from * 64, to * 64), [to - from, 8, 8, 1])
    yield { x, y: labels.slice(from, to) }
  }
}
const stream = fovea.dataset(async function* () {
  yield* batches()
})
const inOrder = { batchSize: kBatch, shuffle: false }

/** A model whose metrics cannot be averaged over batches. */
async function measured() {
  const { layers } = fovea
  const list = [layers.flatten({ inputShape: [8, 8, 1] }), layers.dropout({ rate: 0.2 })]
  const last = layers.dense({ units: 3, activation: 'softmax' })
  const model = await fovea.sequential({ layers: [...list, last], seed: 2 })
  const loss = 'sparseCategoricalCrossentropy'
  const metrics = ['accuracy', fovea.metrics.precision(), fovea.metrics.meanIoU({ numClasses: 3 })]
  await model.compile({ optimizer: fovea.optimizers.adam({ ema: 0.9 }), loss, metrics })
  return model
}

test('fit and evaluate give the bits and numbers of the same rows in arrays', async () => {
  const [arrays, streamed] = [await measured(), await measured()]
  const seen = { arrays: [], streamed: [] }
  const follow = (list) => [
    {
      onBatchEnd: (batch, { size, step, epochLoss, epoch }) =>
        void list.push([epoch, batch, size, step, epochLoss]),
    },
  ]
  const expected = await arrays.fit(images, labels, {
    ...inOrder,
    epochs: 3,
    validationData: [images, labels],
    callbacks: follow(seen.arrays),
  })
  const history = await streamed.fit(stream, {
    epochs: 3,
    validationData: stream,
    callbacks: follow(seen.streamed),
  })
  assert.equal(await bits(streamed), await bits(arrays))
  assert.deepEqual(seen.streamed, seen.arrays)
  assert.deepEqual([...Object.keys(history.history)], Object.keys(expected.history))
  for (const [name, values] of Object.entries(expected.history)) {
    history.history[name].forEach((value, k) => {
      assert.ok(Math.abs(value - values[k]) < 1e-12, `${name}: ${value} and ${values[k]}`)
    })
  }
  const [one, two, again] = await Promise.all([
    streamed.evaluate(stream),
    arrays.evaluate(images, labels, { batchSize: kBatch }),
    streamed.evaluate(stream),
  ])
  assert.deepEqual(one, two)
  assert.deepEqual(again, two)
})

test('plain iterators, data sets as batches, weights of examples and classes', async () => {
  const sampleWeight = Float32Array.from({ length: kRows }, (_, i) => i % 4)
  const weighed = fovea.dataset(function* () {
    let from = 0
    for (const { x, y } of batches()) {
      yield { x, y, sampleWeight: sampleWeight.slice(from, (from += y.length)) }
    }
  })
  const pairs = fovea.dataset(() => [...batches()].map(({ x, y }) => ({ images: x, labels: y })))
  const classWeight = { 0: 2, 1: 0.5 }
  for (const [source, options, more] of [
    [weighed, {}, { sampleWeight }],
    [pairs, { classWeight }, { classWeight }],
  ]) {
    const [streamed, arrays] = [await smallModel(), await smallModel()]
    await streamed.fit(source, { epochs: 2, ...options })
    await arrays.fit(images, labels, { ...inOrder, epochs: 2, ...more })
    assert.equal(await bits(streamed), await bits(arrays))
  }
})

test('a stream that is stopped in an epoch goes on in its middle, in a new engine', async () => {
  const whole = await measured()
  const { history } = await whole.fit(stream, { epochs: 3 })
  const expected = Buffer.from(await whole.toSafetensors({ optimizer: true }))
  for (const stop of [7, 10]) {
    const begun = await measured()
    let steps = 0
    const onBatchEnd = () => void (++steps === stop && begun.stop())
    await begun.fit(stream, { epochs: 3, callbacks: [{ onBatchEnd }] })
    const bytes = await begun.toSafetensors({ optimizer: true })
    await fovea.shutdown()
    const loaded = await fovea.loadModel(bytes)
    const rest = await loaded.fit(stream, { epochs: 3, resume: true })
    assert.ok(expected.equals(Buffer.from(await loaded.toSafetensors({ optimizer: true }))))
    assert.deepEqual(rest.history.loss, history.loss.slice(-rest.history.loss.length))
  }
})

test('leaving train, and errors of the function, end the stream and free what it held', async () => {
  const model = await smallModel()
  let closed = 0
  const watched = fovea.dataset(async function* () {
    try {
      yield* batches()
    } finally {
      ++closed
    }
  })
  for await (const { step } of model.train(watched, { epochs: 9 })) if (step === 3) break
  assert.equal(closed, 1)
  const broken = fovea.dataset(async function* () {
    yield batches().next().value
    throw new Error('the disk is gone')
  })
  await assert.rejects(model.fit(broken), { message: 'the disk is gone' })
  await assert.rejects(model.evaluate(broken), { message: 'the disk is gone' })
  const abort = new AbortController()
  const onBatchEnd = () => abort.abort()
  await assert.rejects(model.fit(watched, { signal: abort.signal, callbacks: [{ onBatchEnd }] }), {
    code: 'aborted',
  })
  assert.equal(closed, 2)
  await model.fit(stream)
})

test('the memory stays that of one batch', async () => {
  await fovea.shutdown()
  const big = fovea.tensor(new Uint8Array(2000 * 64), [2000, 8, 8, 1])
  const y = Int32Array.from({ length: 2000 }, (_, i) => i % 3)
  const many = (count) =>
    fovea.dataset(function* () {
      for (let k = 0; k < count; ++k) yield { x: big, y }
    })
  const model = await smallModel()
  await model.fit(many(3))
  await model.evaluate(many(3))
  const before = (await fovea.memory()).heapBytes
  await model.fit(many(40))
  await model.evaluate(many(40))
  assert.equal((await fovea.memory()).heapBytes, before, 'ten megabytes came by')
})

const batch = () => batches().next().value
for (const [code, message, source, options] of [
  [
    'bad-option',
    'fit: a stream yields its batches itself, in its own order. Leave batchSize and shuffle out.',
    stream,
    { batchSize: 32 },
  ],
  [
    'bad-option',
    'fit: a stream cannot be split, and brings sampleWeight with its batches. Use validationData.',
    stream,
    { validationSplit: 0.5 },
  ],
  ['bad-data', 'fit: the stream yields no batch in epoch 0.', fovea.dataset(() => []), {}],
  ['bad-data', 'fit: a batch of the stream needs { x, y } but is 5.', fovea.dataset(() => [5]), {}],
  [
    'bad-shape',
    'fit: a batch of the stream: x has 16 examples but y has 2. Each example needs its label.',
    fovea.dataset(() => [{ ...batch(), y: [1, 2] }]),
    {},
  ],
]) {
  test(`refused: ${message}`, async () => {
    const model = await smallModel()
    await rejects(code, message, () => model.fit(source, options))
    await model.fit(images, labels)
  })
}
