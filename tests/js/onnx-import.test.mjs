// ONNX files come in: what PyTorch exported (tests/golden/make_onnx.py), and what we wrote ourselves.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test as anyTest } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as fovea from 'fovea'
import { assertClose, channelsLast, kNetworks, prepared } from './support/exchange.mjs'

const test = fovea.loadModel === undefined ? anyTest.skip : anyTest

const golden = (name) =>
  readFileSync(fileURLToPath(new URL(`../golden/onnx/${name}`, import.meta.url)))

function numbers({ shape, data }) {
  const bytes = new Uint8Array(Buffer.from(data, 'base64'))
  return { shape, data: new Float32Array(bytes.buffer) }
}

for (const [name, { inputs, outputs }] of Object.entries(JSON.parse(golden('onnx.json')))) {
  test(`${name}.onnx of PyTorch: the same outputs, images channels last`, async () => {
    const model = await fovea.loadModel(golden(`${name}.onnx`))
    const given = inputs.map(numbers).map(channelsLast)
    const results = await model.predictAll(given)
    results.forEach(({ shape, data }, k) => {
      const wanted = channelsLast(numbers(outputs[k]))
      assert.deepEqual(shape, wanted.shape)
      assertClose(data, wanted.data, `output ${k}`)
    })
    await model.dispose()
  })
}

for (const name of Object.keys(kNetworks)) {
  test(`${name}: to ONNX and back`, async () => {
    const { model, inputs, expected } = await prepared(name)
    for (const layout of ['NHWC', 'NCHW']) {
      const twin = await fovea.loadModel(await model.toOnnx({ layout }))
      assert.deepEqual(
        twin.inputs.map((one) => [...one.shape]),
        model.inputs.map((one) => [...one.shape]),
      )
      const results = await twin.predictAll(inputs)
      results.forEach(({ shape, data }, k) => {
        assert.deepEqual(shape, expected[k].shape)
        assertClose(data, expected[k].data, `${layout}: output ${k}`)
      })
      await twin.dispose()
    }
    await model.dispose()
  })
}

after(() => fovea.shutdown())
