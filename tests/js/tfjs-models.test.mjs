// TensorFlow.js layers models: what we write is read by tf.loadLayersModel and says the same.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fovea from 'fovea'
import { tf, tfl } from './parity/tfjs.mjs'
import { assertClose, kNetworks, prepared } from './support/exchange.mjs'

/** What TensorFlow.js lacks: the sentence's end says what. */
const kRefused = [
  [/dilation$/, 'dilationRate must be 1 there.', /Transpose/],
  [/reLU with everything/, 'ReLU has a maximum only there, LeakyReLU a slope only.'],
  [/exponential/, 'TensorFlow.js has no activation "exponential".'],
  [/groupNormalization|ocalResponse|inception|alexnet|^random/, 'no such layer.'],
  [/groups/, 'TensorFlow.js has no groups.'],
  [/^elu/, 'its alpha is always 1 there.'],
  [/bilinear/, 'there.'],
  [/resizing/, 'the layer of this name aligns corners there.'],
]

const refusal = (name) =>
  kRefused.find(([which, , also]) => which.test(name) && (also?.test(name) ?? true))?.[1]

for (const name of Object.keys(kNetworks)) {
  const why = refusal(name)
  test(`${name}: TensorFlow.js ${why === undefined ? 'gives the same' : 'has none'}`, async () => {
    const { model, inputs, expected } = await prepared(name)
    if (why !== undefined) {
      await assert.rejects(model.toTfjs(), (error) => {
        assert.equal(error.code, 'unsupported')
        assert.match(error.message, /^toTfjs: layer "[a-z0-9_.]+" \([a-zA-Z0-9]+\): /)
        assert.ok(error.message.includes(why), error.message)
        return true
      })
      return model.dispose()
    }
    const twin = await tfl.loadLayersModel(tf.io.fromMemory(await model.toTfjs()))
    const given = inputs.map(({ data, shape }) => tf.tensor(data, shape))
    const outputs = [twin.predict(given.length === 1 ? given[0] : given)].flat()
    outputs.forEach((output, k) => {
      assert.deepEqual(output.shape, expected[k].shape)
      assertClose(output.dataSync(), expected[k].data, `output ${k}`)
    })
    await model.dispose()
    tf.disposeVariables()
  })
}

after(() => fovea.shutdown())
