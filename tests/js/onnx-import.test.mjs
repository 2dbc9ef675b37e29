// ONNX files come in: what PyTorch exported (tests/golden/make_onnx.py), and what we wrote ourselves.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as fovea from 'fovea'
import { assertClose, channelsLast, kNetworks, kTurned, prepared } from './support/exchange.mjs'
import { rejects } from './support/small.mjs'

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

const kRefused = {
  line: 'node "/conv/Conv" (Conv): it needs an image, but gets 3 dimensions.',
  corners:
    'node "/Resize" (Resize): only nearest and linear resizing with half-pixel centres are known here.',
  gaps: 'node "/MaxPool" (MaxPool): its windows have gaps (dilations).',
  attention: 'node "/MatMul" (MatMul): its input 1 must be a constant of the file.',
  together:
    'node "/Reshape" (Reshape): it puts examples of the batch together, or takes them apart.',
}

for (const [name, why] of Object.entries(kRefused)) {
  test(`refused_${name}.onnx of PyTorch: by the names of node and operation`, async () => {
    await rejects('unsupported', `loadModel: the ONNX file: ${why}`, () =>
      fovea.loadModel(golden(`refused_${name}.onnx`)),
    )
  })
}

for (const name of Object.keys(kNetworks)) {
  test(`${name}: to ONNX and back`, async () => {
    const { model, inputs, expected } = await prepared(name)
    for (const layout of ['NHWC', 'NCHW']) {
      const twin = await fovea.loadModel(await model.toOnnx({ layout }))
      // Channels first inside the file, channels last here, whatever they were.
      const turn = kTurned.has(name) ? channelsLast : (tensor) => tensor
      const given = inputs.map(turn)
      const shapes = twin.inputs.map((one) => one.shape.map((size) => size ?? 8))
      assert.deepEqual(
        shapes,
        given.map(({ shape }) => shape.slice(1)),
      )
      const results = await twin.predictAll(given)
      results.forEach(({ shape, data }, k) => {
        const wanted = turn(expected[k])
        assert.deepEqual(shape, wanted.shape)
        assertClose(data, wanted.data, `${layout}: output ${k}`)
      })
      await twin.dispose()
    }
    await model.dispose()
  })
}

after(() => fovea.shutdown())
