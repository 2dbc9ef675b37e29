// SPDX-License-Identifier: MIT
// The small networks that learn the visitor's own classes: one with weights of its own from the first
// layer on, and one that is put on top of the trained network, cut before its last layer and frozen.
import type { Joint, Model, SymbolicTensor } from 'fovea'
import { augmentationLayers } from '../lab/augment.js'

const kDrawn = { shift: 10, turn: 12, zoom: 12, flip: 0 }
// What a camera sees may as well be mirrored.
const kFilmed = { shift: 10, turn: 8, zoom: 15, flip: 1 }

/** What a new network is to be. */
export interface Wanted {
  /** Its name, which says what it knows (see label.ts). */
  label: string
  classes: number
  seed: number
}

/** Input and augmentation; what comes out goes into the network. */
async function front(shape: readonly number[]): Promise<{ inputs: Joint; seen: Joint }> {
  const fovea = await import('fovea')
  const inputs = fovea.input({ shape: [...shape] })
  let seen: Joint = inputs
  for (const layer of await augmentationLayers(shape[2] === 1 ? kDrawn : kFilmed, shape)) {
    seen = layer.apply(seen)
  }
  return { inputs, seen }
}

async function headed(
  inputs: Joint,
  body: Joint,
  { label, classes, seed }: Wanted,
): Promise<Model> {
  const fovea = await import('fovea')
  const head = fovea.layers.dense({ units: classes, activation: 'softmax', name: 'own_classes' })
  const outputs = head.apply(body)
  return fovea.model({ inputs, outputs, seed, name: label })
}

async function ready(model: Model): Promise<Model> {
  const fovea = await import('fovea')
  await model.compile({
    optimizer: fovea.optimizers.adam({ learningRate: 0.003 }),
    loss: fovea.losses.sparseCategoricalCrossentropy(),
    metrics: ['accuracy'],
  })
  return model
}

/** Three small convolutions, all of whose weights are learned here. */
export async function fromScratch(shape: readonly number[], wanted: Wanted): Promise<Model> {
  const { layers } = await import('fovea')
  const { inputs, seen } = await front(shape)
  let x: Joint = seen
  for (const filters of [8, 16, 32]) {
    const options = { filters, kernelSize: 3, padding: 'same', activation: 'relu' } as const
    x = layers.maxPooling2d({ poolSize: 2 }).apply(layers.conv2d(options).apply(x))
  }
  x = layers.dropout({ rate: 0.25 }).apply(layers.flatten().apply(x))
  return ready(await headed(inputs, x, wanted))
}

/** Name of the layer whose output goes into the last dense layer; undefined where there is none. */
export function lastFeatures(base: Model): string | undefined {
  const { layers } = base
  const last = layers.findLastIndex(({ type }) => type === 'dense')
  return layers[last - 1]?.name
}

/**
 * The trained network up to its last dense layer, with its very weights, which are not changed; only
 * the new layer on top learns.
 */
export async function fromFeatures(base: Model, wanted: Wanted): Promise<Model> {
  const cut = lastFeatures(base)
  if (cut === undefined) {
    throw new Error('The trained network has no last layer to take off. Train from scratch.')
  }
  const fovea = await import('fovea')
  const shape = (base.inputs[0]?.shape ?? []).map((side) => side ?? 0)
  const body = await fovea.model({ inputs: base.inputs, outputs: base.layer(cut).output })
  try {
    const { inputs, seen } = await front(shape)
    let features: SymbolicTensor = body.apply(seen)
    if ((body.outputs[0]?.shape.length ?? 1) > 1) features = fovea.layers.flatten().apply(features)
    const model = await headed(inputs, features, wanted)
    for (const { name, params } of model.layers) {
      if (params > 0 && name !== 'own_classes') await model.setTrainable(name, false)
    }
    return await ready(model)
  } finally {
    await body.dispose()
  }
}
