// SPDX-License-Identifier: MIT
// dataFormat: 'channelsFirst': the same numbers as the channels-last network, turned at its ends.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fovea from 'fovea'

const { layers } = fovea
const first = { dataFormat: 'channelsFirst' }

/** [n, c, h, w] of [n, h, w, c]. */
function turned({ data, shape: [n, h, w, c] }) {
  const out = new Float32Array(data.length)
  for (let i = 0; i < n; ++i)
    for (let p = 0; p < h * w; ++p)
      for (let k = 0; k < c; ++k) out[(i * c + k) * h * w + p] = data[(i * h * w + p) * c + k]
  return fovea.tensor(out, [n, c, h, w])
}

const photos = fovea.tensor(
  Float32Array.from({ length: 2 * 6 * 8 * 3 }, (_, k) => Math.sin(k * 1.7)),
  [2, 6, 8, 3],
)

/** Builds both, gives both the same weights, and returns both predictions. */
async function both(last, firstLayers) {
  const a = await fovea.sequential({ seed: 1, layers: last })
  const b = await fovea.sequential({ seed: 2, layers: firstLayers })
  const weights = await a.getWeights()
  const own = await b.getWeights()
  await b.setWeights(own.map((one, k) => ({ ...one, data: weights[k].data })))
  return { a: await a.predict(photos), b: await b.predict(turned(photos)), model: b }
}

test('an image comes out turned as it came in, and nothing is turned in between', async () => {
  const chain = (more, shape, axis) => [
    layers.zeroPadding2d({ inputShape: shape, padding: 1, ...more }),
    layers.conv2d({ filters: 5, kernelSize: 3, ...more }),
    layers.batchNormalization({ axis }),
    layers.activation({ activation: 'relu' }),
    layers.maxPooling2d({ ...more }),
    layers.upSampling2d({ size: 2, ...more }),
  ]
  const { a, b, model } = await both(chain({}, [6, 8, 3], -1), chain(first, [3, 6, 8], 1))
  assert.deepEqual(b, turned(a))
  assert.deepEqual(model.outputs[0].shape, [5, 6, 8])
  const permutes = model.layers.filter(({ type }) => type === 'permute')
  assert.equal(permutes.length, 2)
})

test('global pooling ends the turning, flatten without a format reads channels first', async () => {
  const pooled = (more, shape) => [
    layers.conv2d({ inputShape: shape, filters: 4, kernelSize: 3, ...more }),
    layers.globalAveragePooling2d(more),
    layers.dense({ units: 3 }),
  ]
  const { a, b, model } = await both(pooled({}, [6, 8, 3]), pooled(first, [3, 6, 8]))
  assert.deepEqual(b, a)
  assert.equal(model.layers.filter(({ type }) => type === 'permute').length, 1)

  const flat = await fovea.sequential({
    layers: [
      layers.conv2d({ inputShape: [3, 6, 8], filters: 3, kernelSize: 1, useBias: false, ...first }),
      layers.flatten(),
    ],
  })
  const [{ name, shape }] = await flat.getWeights()
  await flat.setWeights([{ name, shape, data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) }])
  const x = turned(photos)
  assert.deepEqual((await flat.predict(x)).data, x.data)
})

test('branches join along the channels, a layer applied twice stays one layer', async () => {
  const x = fovea.input({ shape: [3, 6, 8] })
  const shared = layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same', ...first })
  const once = shared.apply(x)
  const joined = layers.concatenate({ axis: 1 }).apply([once, shared.apply(once)])
  const model = await fovea.model({ inputs: x, outputs: joined })
  assert.deepEqual(model.outputs[0].shape, [6, 6, 8])
  assert.equal(model.countParams().total, 3 * 3 * 3 * 3 + 3)
  await model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
  const y = fovea.tensor(new Float32Array(2 * 6 * 6 * 8), [2, 6, 6, 8])
  const before = (await model.evaluate(turned(photos), y)).loss
  await model.fit(turned(photos), y, { epochs: 3, verbose: 0 })
  assert.ok((await model.evaluate(turned(photos), y)).loss < before)
})

test('another word, and layers without images, are refused', async () => {
  const one = (layer) => fovea.sequential({ layers: [layer] })
  await assert.rejects(
    one(layers.conv2d({ inputShape: [3, 6, 8], filters: 1, kernelSize: 1, dataFormat: 'NCHW' })),
    {
      code: 'bad-option',
      message: `layer (conv2d): dataFormat needs 'channelsLast' or 'channelsFirst' but gets "NCHW".`,
    },
  )
  await assert.rejects(one(layers.dense({ inputShape: [3], units: 1, ...first })), {
    code: 'bad-option',
    message: /^layer \(dense\): has no option dataFormat/,
  })
})
