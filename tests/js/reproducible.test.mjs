// One seed decides everything: the same bits twice, with any number of threads, in every variant that
// does not fuse multiplications.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import * as fovea from 'fovea'
import { bits } from './support/small.mjs'

const { train } = await fovea.datasets.digits()
const some = fovea.tensor(train.images.data.subarray(0, 500 * 784), [500, 28, 28, 1])
const labels = train.labels.subarray(0, 500)

/** The weights of torchMnist, dropout included, after sixteen steps and a last, smaller one. */
async function trained(init, seed = 3) {
  const { threads, variant } = await fovea.init(init)
  const model = await fovea.zoo.torchMnist({ seed })
  const loss = fovea.losses.sparseCategoricalCrossentropy({ fromLogits: true })
  await model.compile({ optimizer: 'adam', loss })
  await model.fit(some, labels, { batchSize: 31 })
  const weights = await bits(model)
  const { data } = await model.predict(some)
  await fovea.shutdown()
  return { threads, variant, weights, prediction: Buffer.from(data.buffer).toString('hex') }
}

afterEach(() => fovea.shutdown())

const alone = await trained({ variant: 'simd', threads: 1 })

test('the same seed twice', async () => {
  assert.deepEqual(await trained({ variant: 'simd', threads: 1 }), alone)
})

test('another seed gives other weights', async () => {
  const other = await trained({ variant: 'simd', threads: 1 }, 4)
  assert.notEqual(other.weights, alone.weights)
})

for (const threads of [2, 3, 4]) {
  test(`${threads} threads and 1`, async () => {
    assert.deepEqual(await trained({ variant: 'simd', threads }), { ...alone, threads })
  })
}

test('scalar and simd', async () => {
  assert.deepEqual(await trained({ variant: 'scalar' }), { ...alone, variant: 'scalar' })
})

test('in a worker and here', async () => {
  assert.deepEqual(await trained({ variant: 'simd', threads: 1, worker: true }), alone)
  assert.deepEqual(await trained({ variant: 'simd', threads: 2, worker: true }), {
    ...alone,
    threads: 2,
  })
})
