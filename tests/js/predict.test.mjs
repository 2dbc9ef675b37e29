// Predictions: what goes in, of every kind and in every order, is read at once and left alone; what
// comes out is in the order of the outputs; what fails leaves nothing behind.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fovea from 'fovea'

const { input, layers, tensor } = fovea

after(() => fovea.shutdown())

const kRows = 5
const numbers = (Kind, size) => Kind.from({ length: kRows * size }, (_, i) => (i * 37) % 11)

/** Of every type one; the bytes end in the middle of a word. */
const kColumns = [
  { data: numbers(Uint8Array, 3), shape: [kRows, 3] },
  { data: numbers(Int32Array, 4), shape: [kRows, 2, 2] },
  { data: numbers(Float32Array, 2).map((v) => v / 8), shape: [kRows, 1, 2, 1] },
]

/** Three inputs; as outputs each of them as it is (of ranks 2 to 4), and all of them in a row. */
async function passing() {
  const inputs = kColumns.map(({ shape }) => input({ shape: shape.slice(1) }))
  const flat = inputs.map((one) => layers.flatten().apply(one))
  const outputs = [
    ...inputs.map((one) => layers.activation({ activation: 'linear' }).apply(one)),
    layers.concatenate().apply(flat),
  ].reverse()
  return fovea.model({ inputs, outputs })
}

/** What it has to say: bytes are divided by 255, everything else is as it was. */
function expected(columns, from = 0, to = kRows) {
  const float = columns.map(({ data, shape }) => {
    const size = data.length / kRows
    const values = Float32Array.from(data, (v) => (data instanceof Uint8Array ? v / 255 : v))
    return {
      data: values.slice(from * size, to * size),
      shape: [to - from, ...shape.slice(1)],
      size,
    }
  })
  const row = (n) => float.flatMap(({ data, size }) => [...data.slice(n * size, (n + 1) * size)])
  const all = Float32Array.from(Array.from({ length: to - from }, (_, n) => row(n)).flat())
  const plain = float.map(({ data, shape }) => ({ data, shape }))
  return [...plain, { data: all, shape: [to - from, 9] }].reverse()
}

for (const worker of [false, true]) {
  const where = worker ? 'in a worker' : 'in-thread'

  test(`${where}: inputs of all types, outputs of all ranks, batches that do not divide`, async () => {
    await fovea.shutdown()
    await fovea.init({ threads: 1, worker })
    const model = await passing()
    for (const batchSize of [1, 2, 5, 32]) {
      assert.deepEqual(await model.predictAll(kColumns, { batchSize }), expected(kColumns))
    }
    const single = kColumns.map(({ data, shape }) => {
      const size = data.length / kRows
      return { data: data.subarray(2 * size, 3 * size), shape: shape.slice(1) }
    })
    assert.deepEqual(await model.predictAll(single), expected(kColumns, 2, 3))
    await model.dispose()
  })

  test(`${where}: x is the caller's again when predict returns, and was never changed`, async () => {
    const model = await passing()
    for (const options of [{}, { batchSize: 2 }, { latest: 'key' }]) {
      const own = kColumns.map(({ data, shape }) => tensor(data.slice(), shape))
      const answer = model.predictAll(own, options)
      assert.deepEqual(own, kColumns)
      for (const { data, shape } of own) {
        data.fill(1)
        shape[0] = 1
      }
      assert.deepEqual(await answer, expected(kColumns))
      assert.ok(own.every(({ data }) => data.length > 0 && data.every((v) => v === 1)))
    }
    const image = tensor(new Float32Array(4), [1, 4])
    const one = await fovea.sequential({ layers: [layers.flatten({ inputShape: [4] })] })
    // More than the engine takes at a time.
    const many = tensor(
      Float32Array.from({ length: 600 }, (_, i) => i),
      [150, 4],
    )
    assert.deepEqual((await one.predict(many, { batchSize: 512 })).data, many.data)
    const seen = one.activations(image, ['flatten_1'])
    const { length } = image.data
    assert.equal(length, 4)
    assert.deepEqual([...(await seen)['flatten_1'].data], [0, 0, 0, 0])
    const outputGradients = tensor(new Float32Array(4), [1, 4])
    const { input: gradient } = await one.gradients(image, { outputGradients })
    gradient.shape[0] = 2
    assert.deepEqual(image.shape, [1, 4])
    await Promise.all([one.dispose(), model.dispose()])
  })

  test(`${where}: many at once are answered in their order, each with its own`, async () => {
    const model = await passing()
    const rows = [0, 3, 1, 4, 2, 0]
    const told = []
    const answers = rows.map(async (n) => {
      const part = kColumns.map(({ data, shape }) => {
        const size = data.length / kRows
        return tensor(data.slice(n * size, (n + 1) * size), [1, ...shape.slice(1)])
      })
      assert.deepEqual(await model.predictAll(part), expected(kColumns, n, n + 1))
      told.push(n)
    })
    await Promise.all(answers)
    assert.deepEqual(told, rows)
    await model.dispose()
  })

  test(`${where}: what fails says why, and takes no memory with it`, async () => {
    const model = await fovea.sequential({ layers: [layers.flatten({ inputShape: [64, 1024] })] })
    const x = tensor(new Float32Array(4 * 65536), [4, 64, 1024])
    await model.predict(x)
    const { heapBytes } = await fovea.memory()
    x.data[3 * 65536 + 5] = NaN
    const bad = {
      code: 'bad-data',
      message: /^x: .* number 5 of example 3 is NaN\. Clean the data/,
    }
    for (let i = 0; i < 40; ++i) {
      await assert.rejects(() => model.predict(x, { batchSize: 1 + (i % 4) }), bad)
      await assert.rejects(() => model.activations(x, ['flatten_1']), bad)
      const signal = AbortSignal.abort()
      await assert.rejects(() => model.predict(x, { signal }), { code: 'aborted' })
    }
    x.data[3 * 65536 + 5] = 1
    const { data } = await model.predict(x)
    assert.equal(data[3 * 65536 + 5], 1)
    assert.equal((await fovea.memory()).heapBytes, heapBytes)
    await model.dispose()
    await assert.rejects(() => model.predict(x), { code: 'disposed' })
  })
}

test('a weight that is not a number shows as soon as it is set, even if a zero multiplies it', async () => {
  const dense = layers.dense({ units: 5, useBias: false, inputShape: [9], name: 'd' })
  const model = await fovea.sequential({ layers: [dense] })
  const shape = [9, 5]
  const set = (at, value) => {
    const data = new Float32Array(45).fill(1)
    data[at] = value
    return model.setWeights([{ name: 'd/kernel', shape, data }])
  }
  const x = tensor(Float32Array.of(1, 0, 2, 0, 0, 0, 0, 0, 3), [1, 9])
  for (const bad of [NaN, Infinity]) {
    await set(1 * 5 + 4, 1)
    assert.deepEqual([...(await model.predict(x)).data], [6, 6, 6, 6, 6])
    await set(1 * 5 + 4, bad)
    assert.deepEqual([...(await model.predict(x)).data], [6, 6, 6, 6, NaN])
  }
  await model.dispose()
})
