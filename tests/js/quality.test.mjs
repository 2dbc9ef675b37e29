// What the default command promises: torchMnist on the 9,000 digits, batch 32, Adam 1e-3, 5 epochs,
// is right on at least 96.5% of the 1,000 held-out ones (PyTorch: 97.0 to 97.3).
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fovea from 'fovea'

test('torchMnist reads 96.5% of the held-out digits after 5 epochs', async (t) => {
  const { train, test: held } = await fovea.datasets.digits()
  const model = await fovea.zoo.torchMnist({ seed: 1 })
  const loss = fovea.losses.sparseCategoricalCrossentropy({ fromLogits: true })
  const optimizer = fovea.optimizers.adam({ learningRate: 1e-3 })
  await model.compile({ optimizer, loss, metrics: ['accuracy'] })
  const { imagesPerSecond } = await model.fit(train, { epochs: 5, batchSize: 32 })
  const { accuracy } = await model.evaluate(held)
  t.diagnostic(`accuracy ${accuracy}, ${Math.round(imagesPerSecond.at(-1))} images/s`)
  assert.ok(accuracy >= 0.965, `${accuracy}`)

  const output = await model.predict(held.images)
  const matrix = fovea.metrics.confusionMatrix(held.labels, output, 10)
  const right = matrix.reduce((sum, row, k) => sum + row[k], 0)
  assert.equal(right / 1000, accuracy, 'the confusion matrix agrees with the metric')
  await model.dispose()
})
