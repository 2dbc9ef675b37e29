// ONNX: what we write runs in ONNX Runtime and gives the same numbers; what others write comes in.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as ort from 'onnxruntime-web'
import * as fovea from 'fovea'
import { assertClose, channelsFirst, kNetworks, kTurned, prepared } from './support/exchange.mjs'
import { rejects } from './support/small.mjs'

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

/** How many nodes of an operation a file has: the field of its name is the only one so begun. */
function countNodes(bytes, op) {
  const wanted = [0x22, op.length, ...new TextEncoder().encode(op)]
  const begins = (_, k) => wanted.every((one, i) => bytes[k + i] === one)
  return bytes.reduce((count, byte, k) => count + (begins(byte, k) ? 1 : 0), 0)
}

test('images are turned where they enter and leave, and nowhere else', async () => {
  const cases = [
    ['zoo.mlp', 0, 0],
    ['zoo.torchMnist', 1, 0],
    ['zoo.alexnet', 1, 0],
    ['zoo.inception with its heads', 1, 0],
    ['zoo.steering with a map', 2, 0],
    ['zoo.fcn of any size', 2, 0],
    ['flatten, normalise, prelu, dense', 1, 0],
  ]
  for (const [name, nhwc, nchw] of cases) {
    const model = await kNetworks[name]()
    assert.equal(countNodes(await model.toOnnx(), 'Transpose'), nhwc, name)
    const other = await model.toOnnx({ layout: 'NCHW' })
    assert.equal(countNodes(other, 'Transpose') + countNodes(other, 'Gather'), nchw, name)
    await model.dispose()
  }
})

test('an option that does not exist is refused', async () => {
  const model = await kNetworks['zoo.logistic']()
  await rejects('bad-option', 'toOnnx: layout must be "NHWC" or "NCHW" but is "CHWN".', () =>
    model.toOnnx({ layout: 'CHWN' }),
  )
  await model.dispose()
})

after(() => fovea.shutdown())
