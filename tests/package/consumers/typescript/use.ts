// SPDX-License-Identifier: MIT
import * as fovea from 'fovea'
import type { Callback, FloatTensor, History, Model, Tensor } from 'fovea'

export async function use(images: Tensor, labels: Int32Array): Promise<FloatTensor> {
  const model: Model = await fovea.sequential({
    layers: [
      fovea.layers.conv2d({
        inputShape: [8, 8, 1],
        filters: 4,
        kernelSize: [3, 3],
        padding: 'same',
      }),
      fovea.layers.flatten(),
      fovea.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  })
  await model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' })
  const spoken: Callback = { onEpochEnd: (epoch, logs) => void [epoch.toFixed(0), logs['loss']] }
  const { history }: History = await model.fit(images, labels, { callbacks: [spoken] })
  const losses: number[] | undefined = history['loss']
  if (losses === undefined || losses.length !== 1) throw new Error('no loss')
  const output = await model.predict(images, { batchSize: 8 })
  const map: FloatTensor = await fovea.explain.saliency(model, images, { classIndex: 1 })
  void map
  await model.dispose()
  return output
}

/** Never called: what the types must refuse. */
export async function misuse(model: Model): Promise<void> {
  // @ts-expect-error the units are missing
  fovea.layers.dense({})
  // @ts-expect-error no such loss
  await model.compile({ optimizer: 'adam', loss: 'hinges' })
  // @ts-expect-error a misspelt option
  await fovea.init({ thread: 2 })
}
