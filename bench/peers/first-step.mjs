// SPDX-License-Identifier: MIT
// Fovea from its import to the end of the first trained step of a net, batch 32: the same in Node and in
// a page. The clock starts before the library is there.

/** Any bytes; neighbours differ. */
const bytes = (length) => Uint8Array.from({ length }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24)

/** Starts the engine, which must be the one that is asked for. */
export async function begin(fovea, { variant, threads }) {
  const backend = await fovea.init({ variant, threads, seed: 1 })
  if (backend.threads !== threads || backend.variant !== variant)
    throw new Error(`it runs ${backend.variant}, ${backend.threads}: ${backend.reasons.join(' ')}`)
}

/** A net of the zoo by its name, ready to be trained. */
export async function compiled(fovea, { net, softmax }) {
  const model = await fovea.zoo[net]({ seed: 1 })
  const loss = fovea.losses.sparseCategoricalCrossentropy({ fromLogits: !softmax })
  await model.compile({ optimizer: 'adam', loss })
  return model
}

export function examples(model, batch) {
  const shape = [batch, ...model.inputs[0].shape]
  const data = bytes(shape.reduce((product, length) => product * length, 1))
  return { x: { data, shape }, labels: Int32Array.from({ length: batch }, (_, i) => i % 10) }
}

/** Milliseconds. `request`: { variant, threads, net, softmax }. */
export async function firstStep(address, request) {
  const from = performance.now()
  const fovea = await import(address)
  // As a page does it: the network is asked for while the engine starts.
  const begun = begin(fovea, request)
  const model = await compiled(fovea, request)
  await begun
  const { x, labels } = examples(model, 32)
  await model.trainOnBatch(x, labels)
  return performance.now() - from
}
