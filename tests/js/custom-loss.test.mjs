// Losses of one's own: the same training as with the engine's loss, in-thread and in a worker; what
// they may not return; what they throw; and others who ask in the middle of a step.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fovea from 'fovea'
import { bits, rejects } from './support/small.mjs'

const { layers } = fovea

after(() => fovea.shutdown())

/** Mean squared error in the engine's words: sums of float32 products in order. */
function squared(yTrue, yPred) {
  assert.deepEqual(yTrue.shape, yPred.shape)
  const n = yPred.data.length
  const gradient = new Float32Array(n)
  let loss = 0
  for (let k = 0; k < n; ++k) {
    const distance = yPred.data[k] - yTrue.data[k]
    loss += (distance * distance) / n
    gradient[k] = (2 * distance) / n
  }
  return { loss, gradient: fovea.tensor(gradient, yPred.shape) }
}

const x = fovea.tensor(
  Float32Array.from({ length: 80 }, (_, k) => Math.cos(k * 2.3)),
  [20, 4],
)
const y = fovea.tensor(
  Float32Array.from({ length: 40 }, (_, k) => Math.sin(k * 1.1)),
  [20, 2],
)

async function regression(loss, name) {
  const model = await fovea.sequential({
    name,
    layers: [
      layers.dense({ inputShape: [4], units: 6, activation: 'tanh' }),
      layers.dense({ units: 2 }),
    ],
    seed: 5,
  })
  await model.compile({ optimizer: fovea.optimizers.sgd({ learningRate: 0.1 }), loss })
  return model
}

const options = { epochs: 3, batchSize: 8, validationSplit: 0.2, seed: 9 }

for (const worker of [false, true]) {
  const where = worker ? 'in a worker' : 'in-thread'

  test(`${where}: a loss of one's own trains like the engine's`, async () => {
    await fovea.shutdown()
    await fovea.init({ worker })
    const [own, builtIn] = [await regression(squared), await regression('meanSquaredError')]
    const mine = await own.fit(x, y, options)
    const theirs = await builtIn.fit(x, y, options)
    for (const name of ['loss', 'val_loss']) {
      mine.history[name].forEach((value, k) =>
        assert.ok(Math.abs(value - theirs.history[name][k]) < 1e-6, `${name} ${value}`),
      )
    }
    const [a, b] = [await own.predict(x), await builtIn.predict(x)]
    a.data.forEach((value, k) => assert.ok(Math.abs(value - b.data[k]) < 1e-6))
    const { loss } = await own.evaluate(x, y, { batchSize: 7 })
    assert.ok(Math.abs(loss - (await builtIn.evaluate(x, y)).loss) < 1e-6)
    await own.dispose()
    await builtIn.dispose()
  })

  test(`${where}: an error of one's own ends fit, as it is, and the next fit works`, async () => {
    const mine = new RangeError('mine')
    let calls = 0
    const model = await regression((...both) => {
      if (++calls === 2) throw mine
      return squared(...both)
    })
    await assert.rejects(model.fit(x, y, options), (error) => error === mine)
    await model.fit(x, y, options)
    const predicted = await model.predict(x)
    assert.deepEqual(predicted.shape, [20, 2])
    await model.dispose()
  })

  test(`${where}: what asks in the middle of a step waits, and changes nothing`, async () => {
    const [calm, busy] = [await regression(squared), await regression(squared)]
    await calm.fit(x, y, options)
    const questions = []
    const asking = busy.fit(x, y, {
      ...options,
      callbacks: [
        {
          onBatchBegin: () => {
            questions.push(busy.predict(x), busy.evaluate(x, y), busy.activations(x, ['dense_1']))
            questions.push(busy.gradients(x, { outputGradients: y }), busy.memory())
          },
        },
      ],
    })
    await asking
    await Promise.all(questions)
    assert.equal(await bits(busy), await bits(calm))
    await calm.dispose()
    await busy.dispose()
  })
}

test('class numbers come as floats, weights of losses count, several outputs mix', async () => {
  const input = fovea.input({ shape: [4] })
  const outputs = [
    layers.dense({ units: 3, activation: 'softmax', name: 'a' }).apply(input),
    layers.dense({ units: 2, name: 'b' }).apply(input),
  ]
  const model = await fovea.model({ inputs: input, outputs, seed: 1 })
  const seen = []
  const own = (yTrue, yPred) => {
    seen.push([yTrue.shape, yPred.shape])
    return squared(yTrue, yPred)
  }
  await model.compile({ optimizer: 'sgd', loss: { a: 'sparseCategoricalCrossentropy', b: own } })
  await model.fit(x, [Int32Array.from({ length: 20 }, (_, k) => k % 3), y], { batchSize: 16 })
  assert.deepEqual(seen, [
    [
      [16, 2],
      [16, 2],
    ],
    [
      [4, 2],
      [4, 2],
    ],
  ])
  await model.dispose()
})

test("what a loss of one's own may not return is refused word for word", async () => {
  const refused = async (code, message, loss) => {
    const model = await regression(loss)
    await rejects(code, message, () => model.fit(x, y, { batchSize: 20 }))
    await model.dispose()
  }
  await refused(
    'bad-option',
    "fit: a loss of one's own must return { loss, gradient } at once, a number and a tensor of " +
      'floats, but returned an object ().',
    async (...both) => squared(...both),
  )
  await refused(
    'bad-shape',
    "fit: a loss of one's own returned a gradient of shape [20, 1] with 20 numbers for predictions of " +
      'shape [20, 2]. Give one number for each prediction.',
    () => ({ loss: 1, gradient: fovea.tensor(new Float32Array(20), [20, 1]) }),
  )
  await refused(
    'bad-shape',
    "fit: a loss of one's own returned a gradient of shape [20, 2] with 2 numbers for predictions of " +
      'shape [20, 2]. Give one number for each prediction.',
    () => ({ loss: 1, gradient: new Float32Array(2) }),
  )
  await refused(
    'non-finite-loss',
    'fit: the loss became nan at step 1. The weights of the step before are kept. Try a smaller ' +
      'learning rate, and check the data.',
    (yTrue, yPred) => ({ ...squared(yTrue, yPred), loss: NaN }),
  )
  const model = await regression(squared)
  await rejects(
    'unsupported',
    "fit: sampleWeight and classWeight do not reach a loss of one's own. Weigh the examples in it.",
    () => model.fit(x, y, { sampleWeight: new Float32Array(20) }),
  )
  await rejects(
    'unsupported',
    "gradients: the loss is a function of one's own. Give its gradient: model.gradients(x, { " +
      'outputGradients: loss(y, await model.predict(x)).gradient }).',
    () => model.gradients(x, y),
  )
  const { gradient } = squared(y, await model.predict(x))
  assert.equal((await model.gradients(x, { outputGradients: gradient })).weights.length, 4)
  await model.dispose()
})

test('a model that goes while its loss is computed ends fit with disposed', async () => {
  const model = await regression((...both) => {
    void model.dispose()
    return squared(...both)
  })
  await rejects('disposed', 'fit: the model was disposed of while it was at work.', () =>
    model.fit(x, y, options),
  )
})
