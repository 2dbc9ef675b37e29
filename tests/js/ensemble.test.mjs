// Ensembles: the mean of probabilities, whatever the members' last layers and losses are.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fovea from 'fovea'
import { bands, rejects, smallModel } from './support/small.mjs'

const { images, labels } = bands(48)
const { dense, flatten } = fovea.layers

async function made(units, loss, seed, activation) {
  const layers = [flatten({ inputShape: [8, 8, 1] }), dense({ units, activation })]
  const model = await fovea.sequential({ layers, seed })
  if (loss !== undefined) await model.compile({ optimizer: 'sgd', loss, metrics: ['accuracy'] })
  return model
}

const softmax = (row) => {
  const powers = row.map(Math.exp)
  return powers.map((one) => one / powers.reduce((a, b) => a + b))
}
const sigmoid = (row) => row.map((one) => 1 / (1 + Math.exp(-one)))
const same = (row) => row
const { losses } = fovea
const sparse = losses.sparseCategoricalCrossentropy
const binary = losses.binaryCrossentropy

for (const [what, units, loss, probabilities] of [
  ['logits of classes', 3, sparse({ fromLogits: true }), softmax],
  ['logits of one-hot classes', 3, losses.categoricalCrossentropy({ fromLogits: true }), softmax],
  ['a logit of yes or no', 1, binary({ fromLogits: true }), sigmoid],
  ['a focal logit', 1, losses.focal({ fromLogits: true }), sigmoid],
  ['values', 2, 'meanSquaredError', same],
  ['outputs without a loss', 2, undefined, same],
]) {
  test(`predict averages ${what}`, async () => {
    const models = [await made(units, loss, 1), await made(units, loss, 2)]
    const all = await fovea.ensemble(models)
    const rows = []
    for (const model of models) rows.push((await model.predict(images)).data)
    const { data, shape } = await all.predict(images)
    assert.deepEqual(shape, [48, units])
    for (let k = 0; k < 48; ++k) {
      const each = rows.map((one) => probabilities([...one.slice(k * units, (k + 1) * units)]))
      for (let c = 0; c < units; ++c) {
        const mean = (each[0][c] + each[1][c]) / 2
        assert.ok(Math.abs(data[k * units + c] - mean) < 1e-5, `${data[k * units + c]} ${mean}`)
      }
    }
    await all.dispose()
    for (const model of models) await model.dispose()
  })
}

test('evaluate measures the mean; one network and its ensemble agree', async () => {
  const logits = await made(3, sparse({ fromLogits: true }), 1)
  await logits.fit(images, labels, { epochs: 3 })
  const alone = await logits.evaluate(images, labels)
  const one = await fovea.ensemble([logits])
  const { loss, accuracy } = await one.evaluate(images, labels)
  assert.equal(accuracy, alone.accuracy)
  assert.ok(Math.abs(loss - alone.loss) < 1e-5, `${loss} ${alone.loss}`)
  const mixed = await fovea.ensemble([logits, await made(3, sparse(), 2, 'softmax')])
  const { data } = await mixed.predict(images)
  const expected = labels.reduce((sum, label, k) => sum - Math.log(data[3 * k + label]), 0) / 48
  const result = await mixed.evaluate({ images, labels }, { batchSize: 7 })
  assert.ok(Math.abs(result.loss - expected) < 1e-5, `${result.loss} ${expected}`)
  await mixed.dispose()
  await one.dispose()
  assert.deepEqual(await logits.evaluate(images, labels), alone, 'the network lives on')
})

test('several outputs, each with its own loss by name', async () => {
  const build = async (seed) => {
    const x = fovea.input({ shape: [8, 8, 1] })
    const seen = flatten().apply(x)
    const outputs = [
      dense({ units: 3, name: 'kind' }).apply(seen),
      dense({ units: 1, name: 'size' }).apply(seen),
    ]
    const model = await fovea.model({ inputs: x, outputs, seed })
    const loss = { kind: sparse({ fromLogits: true }), size: 'meanSquaredError' }
    const metrics = { kind: ['accuracy'], size: ['mae'] }
    await model.compile({ optimizer: 'adam', loss, metrics, lossWeights: { kind: 1, size: 2 } })
    return model
  }
  const models = [await build(1), await build(2)]
  const all = await fovea.ensemble(models)
  const sizes = Float32Array.from(labels)
  const [kinds] = await all.predict(images)
  const total = kinds.data.reduce((sum, one) => sum + one, 0)
  assert.ok(Math.abs(total - 48) < 1e-3, `${total}`)
  const result = await all.evaluate(images, [labels, sizes])
  assert.deepEqual(
    Object.keys(result),
    Object.keys(await models[0].evaluate(images, [labels, sizes])),
  )
  await all.dispose()
})

test('what does not fit is refused', async () => {
  const three = await smallModel()
  await rejects('bad-option', 'ensemble: needs an array of at least one model but gets [].', () =>
    fovea.ensemble([]),
  )
  await rejects(
    'bad-shape',
    'ensemble: model 2 goes from [n, 8, 8, 1] to [n, 2] but the first from [n, 8, 8, 1] to [n, 3]. All ' +
      'need the same shapes.',
    async () => fovea.ensemble([three, await made(2, 'meanSquaredError', 1)]),
  )
  const bare = await fovea.ensemble([await made(2, undefined, 1)])
  await rejects(
    'bad-option',
    'ensemble: evaluate needs a loss. Compile the first model before fovea.ensemble([...]).',
    () => bare.evaluate(images, labels),
  )
})
