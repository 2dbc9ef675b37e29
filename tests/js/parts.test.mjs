// The engine in two parts, as browsers get it (scripts/package/split.mjs): the usual trainings run on
// the first alone, everything else brings the rest, and both give the bits of the whole engine.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as whole from 'fovea'

// What the bundle for browsers asks of a page.
globalThis.self ??= globalThis
globalThis.navigator ??= { hardwareConcurrency: 1 }
globalThis.location ??= { href: 'https://example.org/' }

let instances = 0
const instantiate = WebAssembly.instantiate
WebAssembly.instantiate = (...given) => {
  ++instances
  return instantiate(...given)
}
const parts = await import('../../dist/index.js')

const kImages = 24
const pixels = Uint8Array.from({ length: kImages * 784 }, (_, i) => (i * 7919) >> 3)
const classes = Uint8Array.from({ length: kImages }, (_, i) => i % 10)
const x = whole.tensor(pixels, [kImages, 28, 28, 1])

const { layers, losses, optimizers, regularizers, constraints } = whole
const dense = (options) => layers.dense({ units: 10, activation: 'softmax', ...options })
const chain = (...list) => [layers.flatten({ inputShape: [28, 28, 1] }), ...list]
const usual = { optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] }

/** What is trained, and with what; `rest`: whether that asks for the rest. */
const kCases = {
  'a usual network': {
    list: [
      layers.conv2d({ inputShape: [28, 28, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
      layers.maxPooling2d(),
      layers.flatten(),
      layers.dropout({ rate: 0.3 }),
      dense(),
    ],
  },
  'sgd with Nesterov': {
    list: chain(dense()),
    recipe: { optimizer: optimizers.sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }) },
    either: true,
  },
  'strides and dilation': {
    list: [
      layers.conv2d({ inputShape: [28, 28, 1], filters: 4, kernelSize: 3, strides: 2 }),
      layers.conv2d({ filters: 4, kernelSize: 3, dilationRate: 2, padding: 'same' }),
      layers.flatten(),
      dense(),
    ],
    either: true,
  },
  'batch normalisation': {
    list: chain(layers.batchNormalization(), dense({ kernelInitializer: 'orthogonal' })),
    rest: true,
  },
  'an optimizer of the rest': { list: chain(dense()), recipe: { optimizer: 'nadam' }, rest: true },
  'decay of weights': {
    list: chain(dense()),
    recipe: { optimizer: optimizers.sgd({ learningRate: 0.1, weightDecay: 0.01 }) },
    rest: true,
  },
  'losses and metrics of the rest': {
    list: chain(dense()),
    recipe: {
      loss: losses.focal(),
      metrics: ['precision', 'auc', 'accuracy'],
    },
    oneHot: true,
    rest: true,
  },
  'penalties and constraints': {
    list: chain(
      layers.dense({ units: 12, activation: 'gelu', kernelRegularizer: regularizers.l2() }),
      dense({ kernelConstraint: constraints.maxNorm({ maxValue: 1 }) }),
    ),
    recipe: { optimizer: optimizers.adam({ globalClipNorm: 1 }) },
    rest: true,
  },
}

/** Each fails in another place; the text of an error comes with the rest. */
const kWrong = [
  { list: [layers.dense({ inputShape: [28, 28, 1], units: -1 })] },
  { list: [layers.dense({ units: 10 })] },
  { list: chain(layers.conv2d({ filters: 4, kernelSize: 3 })) },
  { list: [layers.conv2d({ inputShape: [28, 28, 1], filters: 4, kernelSize: 30 })] },
  { list: chain(dense({ name: 'a' }), dense({ name: 'a' })) },
  { list: chain(dense({ kernelInitializer: { type: 'glorotUniform', seed: -1 } })) },
  { list: chain(layers.dropout({ rate: 2 }), dense()) },
  { list: chain(layers.dense({ units: 5, activation: 'softmax' })) },
  { list: chain(dense()), recipe: { optimizer: optimizers.adam({ beta1: 2 }) } },
  { list: chain(dense()), recipe: { loss: 'meanSquaredError' } },
  { list: chain(dense()), recipe: { metrics: ['accuracy', 'unheardOf'] } },
  { list: chain(layers.dense({ units: 10 })), recipe: { loss: losses.focal() } },
]

async function train(fovea, { list, recipe, oneHot }) {
  const model = await fovea.sequential({
    layers: list.map(({ type, options }) => fovea.layers[type](options)),
    seed: 5,
  })
  await model.compile({ ...usual, ...recipe })
  const y = oneHot ? fovea.oneHot(classes, 10) : classes
  const { history } = await model.fit(x, y, { epochs: 2, batchSize: 7, verbose: 0 })
  const measured = await model.evaluate(x, y)
  const weights = (await model.getWeights()).map(({ data }) => data)
  await model.dispose()
  return { history, measured, weights }
}

/** Exceptions are JavaScript's in one and WebAssembly's in the other. */
const kBuilds = ['scalar', 'simd']
after(() => Promise.all([whole.shutdown(), parts.shutdown()]))

for (const variant of kBuilds) {
  for (const [name, given] of Object.entries(kCases)) {
    test(`${variant}, ${name}: ${given.rest ? 'brings the rest' : 'the same bits'}`, async () => {
      await Promise.all([parts.shutdown(), whole.shutdown()])
      await parts.init({ variant, threads: 1, worker: false })
      await whole.init({ variant, threads: 1 })
      const before = instances
      const actual = await train(parts, given)
      const came = instances - before
      if (!given.either) assert.equal(came, given.rest ? 1 : 0)
      assert.deepEqual(actual, await train(whole, given))
    })
  }

  test(`${variant}, an error is the same sentence`, async () => {
    const sentence = (fovea, wrong) => train(fovea, wrong).then(String, (error) => error.message)
    for (const wrong of kWrong) {
      await Promise.all([parts.shutdown(), whole.shutdown()])
      await parts.init({ variant, threads: 1, worker: false })
      await whole.init({ variant, threads: 1 })
      const expected = await sentence(whole, wrong)
      assert.notEqual(expected, '[object Object]')
      assert.equal(await sentence(parts, wrong), expected)
    }
  })
}

test('a prediction that needs the rest, or fails, is what it is with the whole engine', async () => {
  const look = async (fovea) => {
    const { flatten, dense } = fovea.layers
    const list = [flatten({ inputShape: [28, 28, 1] }), dense({ units: 3, activation: 'gelu' })]
    const model = await fovea.sequential({ seed: 1, layers: list })
    const wrong = fovea.tensor(new Float32Array(784).fill(NaN, 7), [28, 28, 1])
    const refused = await model.predict(wrong).catch(({ code, message }) => ({ code, message }))
    const seen = await model.predict(x)
    await model.dispose()
    return { refused, seen }
  }
  for (const variant of kBuilds) {
    await Promise.all([parts.shutdown(), whole.shutdown()])
    await parts.init({ variant, threads: 1, worker: false })
    await whole.init({ variant, threads: 1 })
    const expected = await look(whole)
    assert.match(expected.refused.message, /^x: .* number 7 of example 0 is NaN/)
    assert.deepEqual(await look(parts), expected)
  }
})

test('a call whose very entrance is in the rest brings it', async () => {
  await parts.shutdown()
  await parts.init({ variant: 'simd', threads: 1, worker: false })
  const look = async (fovea) => {
    const list = [
      fovea.layers.flatten({ inputShape: [28, 28, 1] }),
      fovea.layers.dense({ units: 3 }),
    ]
    const model = await fovea.sequential({ seed: 1, layers: list })
    const seen = await model.activations(x, ['dense_1'])
    await model.dispose()
    return seen
  }
  assert.deepEqual(await look(parts), await look(whole))
})
