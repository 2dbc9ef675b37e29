// ONNX: what we write runs in ONNX Runtime and gives the same numbers; what others write comes in.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as ort from 'onnxruntime-web'
import * as fovea from 'fovea'
import { assertClose, channelsFirst, kNetworks, kTurned, prepared } from './support/exchange.mjs'

ort.env.wasm.numThreads = 1
ort.env.logLevel = 'error'

async function runtimeOutputs(bytes, model, inputs) {
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] })
  const feeds = Object.fromEntries(
    model.inputs.map(({ name }, k) => {
      const { data, shape } = inputs[k]
      return [name, new ort.Tensor('float32', data, shape)]
    }),
  )
  const results = await session.run(feeds)
  assert.deepEqual(
    session.outputNames,
    model.outputs.map(({ name }) => name),
    'output names',
  )
  const outputs = session.outputNames.map((name) => results[name])
  await session.release()
  return outputs
}

for (const name of Object.keys(kNetworks)) {
  test(`${name}: ONNX Runtime gives the same`, async () => {
    const { model, inputs, expected } = await prepared(name)
    for (const layout of ['NHWC', 'NCHW']) {
      const turns = layout === 'NCHW' && !kTurned.has(name)
      const move = turns ? channelsFirst : (tensor) => tensor
      const outputs = await runtimeOutputs(await model.toOnnx({ layout }), model, inputs.map(move))
      outputs.forEach(({ data, dims }, k) => {
        const wanted = move(expected[k])
        assert.deepEqual([...dims], wanted.shape)
        assertClose(data, wanted.data, `${layout}: output ${k}`)
      })
    }
    await model.dispose()
  })
}

after(() => fovea.shutdown())
