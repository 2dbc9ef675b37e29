// SPDX-License-Identifier: MIT
// A training that is interrupted by a page that is reloaded: begun, saved to the browser's database,
// loaded by the next page, and gone on with. Runs in pages, and for comparison in Node.
import { bands, weightsDigest } from './trial.mjs'

const kPlace = 'indexeddb://engines-test'

async function begun(fovea) {
  await fovea.init({ reproducible: true, seed: 1 })
  const { conv2d, flatten, dropout, dense, batchNormalization } = fovea.layers
  const model = await fovea.sequential({
    layers: [
      conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
      batchNormalization(),
      flatten(),
      dropout({ rate: 0.25 }),
      dense({ units: 3, activation: 'softmax' }),
    ],
  })
  const loss = 'sparseCategoricalCrossentropy'
  await model.compile({ optimizer: 'adam', loss, metrics: ['accuracy'] })
  return model
}

const fit = (fovea, model, options) => {
  const { images, labels } = bands(fovea, 80)
  return model.fit(images, labels, { batchSize: 16, ...options })
}

/** The whole training at once. */
export async function whole(fovea) {
  const model = await begun(fovea)
  await fit(fovea, model, { epochs: 5 })
  const weights = await weightsDigest(model)
  await fovea.shutdown()
  return weights
}

/** Two epochs of five, then saved. */
export async function beginAndSave(fovea) {
  const model = await begun(fovea)
  await fit(fovea, model, { epochs: 2 })
  await model.save(kPlace)
  return (await fovea.models.list()).length
}

/** In a new page: loaded, and the other three. */
export async function loadAndGoOn(fovea) {
  await fovea.init({ reproducible: true })
  const model = await fovea.loadModel(kPlace)
  const { history, epoch } = await fit(fovea, model, { epochs: 5, resume: true })
  const weights = await weightsDigest(model)
  await fovea.models.remove(kPlace)
  await fovea.shutdown()
  return { weights, epochs: epoch, losses: history.loss.length }
}
