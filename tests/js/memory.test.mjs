// The engine's memory: what does not fit is refused with its size, and everything works on; what comes
// and goes leaves it where it was. (Models that are made and disposed of, steps: engine.test.mjs.)
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fovea from 'fovea'
import { bands, bits, smallModel } from './support/small.mjs'

const { layers } = fovea
const { images, labels } = bands(48)

after(() => fovea.shutdown())

const heap = async () => (await fovea.memory()).heapBytes

for (const worker of [false, true]) {
  test(`a batch too large is out-of-memory with the bytes wanted; worker: ${worker}`, async () => {
    await fovea.shutdown()
    await fovea.init({ worker, threads: 1 })
    const small = await smallModel()
    const wide = await fovea.sequential({
      layers: [
        layers.conv2d({ inputShape: [32, 32, 1], filters: 256, kernelSize: 3 }),
        layers.globalAveragePooling2d(),
        layers.dense({ units: 2 }),
      ],
      seed: 1,
    })
    await wide.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const rows = 6000
    const x = fovea.tensor(new Uint8Array(rows * 1024), [rows, 32, 32, 1])
    const y = fovea.tensor(new Float32Array(rows * 2), [rows, 2])
    const before = await bits(wide)
    const tooLarge = {
      code: 'out-of-memory',
      message:
        /^not enough memory for a batch of 6000 in model "sequential": [0-9.]+ GB wanted\. Use a/,
    }
    for (const work of [
      () => wide.fit(x, y, { batchSize: rows }),
      () => wide.evaluate(x, y, { batchSize: rows }),
    ]) {
      await assert.rejects(work, tooLarge)
      assert.equal(await bits(wide), before)
    }
    const few = fovea.tensor(x.data.slice(0, 4 * 1024), [4, 32, 32, 1])
    await wide.fit(few, fovea.tensor(new Float32Array(8), [4, 2]), { batchSize: 2 })
    await small.fit(images, labels)
    const heldOut = await heap()
    await assert.rejects(() => wide.fit(x, y, { batchSize: rows }), tooLarge)
    assert.equal(await heap(), heldOut, 'refusing takes nothing, the second time')
    // A prediction takes some images at a time.
    assert.deepEqual((await wide.predict(x, { batchSize: rows })).shape, [rows, 2])
    await Promise.all([wide.dispose(), small.dispose()])
  })
}

test('where memory is full a small question is answered still, and a long description is refused', async () => {
  await fovea.shutdown()
  await fovea.init({ worker: false, threads: 1 })
  const model = await fovea.sequential({ layers: [layers.flatten({ inputShape: [2048] })] })
  await model.predict(fovea.tensor(new Float32Array(64 * 2048), [64, 2048]))
  const { grow } = WebAssembly.Memory.prototype
  WebAssembly.Memory.prototype.grow = () => {
    throw new RangeError('full')
  }
  try {
    let units = 2 ** 22
    const fill = async (least) => {
      while (units > least) {
        const spec = { layers: [layers.dense({ inputShape: [1], units, useBias: false })] }
        await fovea.sequential(spec).catch(() => (units /= 2))
      }
    }
    const answer = async () => {
      const { data } = await model.predict(fovea.tensor(new Float32Array(2048).fill(3), [1, 2048]))
      assert.ok(data.length === 2048 && data.every((one) => one === 3))
    }
    await fill(2 ** 13)
    await answer()
    // A description for which there is no room leaves everything as it was.
    await fill(2 ** 8)
    const many = Array.from({ length: 300 }, () => layers.activation({ activation: 'relu' }))
    const deep = { layers: [layers.dense({ inputShape: [4], units: 4 }), ...many] }
    await assert.rejects(fovea.sequential(deep), { code: 'out-of-memory' })
    WebAssembly.Memory.prototype.grow = grow
    await answer()
    await (await fovea.sequential(deep)).dispose()
  } finally {
    WebAssembly.Memory.prototype.grow = grow
    await fovea.shutdown()
  }
})

test('saving, loading and letting go a hundred times leave the memory where it was', async () => {
  await fovea.shutdown()
  const model = await smallModel()
  await model.fit(images, labels)
  const bytes = await model.toSafetensors({ optimizer: true })
  const round = async () => {
    const loaded = await fovea.loadModel(bytes)
    await loaded.fit(images, labels, { epochs: 2, resume: true })
    await loaded.toSafetensors({ optimizer: true })
    await loaded.dispose()
    await assert.rejects(fovea.loadModel(bytes.subarray(0, -4)), { code: 'bad-file' })
  }
  for (let k = 0; k < 3; ++k) await round()
  const before = await heap()
  for (let k = 0; k < 100; ++k) await round()
  assert.equal(await heap(), before)
})
