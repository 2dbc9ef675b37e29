// Callbacks that follow a value: lowering the rate, stopping, keeping the best, tables of values.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import * as fovea from 'fovea'
import { bands, bits, rejects, smallModel } from './support/small.mjs'

const { csvLogger, earlyStopping, modelCheckpoint, reduceLROnPlateau } = fovea.callbacks
const { images, labels } = bands(48)
const held = bands(12, 99)
const folder = mkdtempSync(join(tmpdir(), 'fovea-'))
after(() => rmSync(folder, { recursive: true }))

/** Shows a callback a series of values instead of a training, and notes the rates and the stop. */
async function follow(callback, values, validationFreq = 1) {
  const seen = { rates: [], stoppedAfter: undefined, weights: 'last' }
  let rate = 1
  const model = {
    getLearningRate: () => Promise.resolve(rate),
    setLearningRate: (next) => Promise.resolve((rate = next)),
    getWeights: () => Promise.resolve(`after ${seen.rates.length}`),
    setWeights: (weights) => Promise.resolve((seen.weights = weights)),
    stop: () => (seen.stoppedAfter ??= seen.rates.length),
  }
  const context = { model, epochs: values.length, batches: 1, samples: 1, validationFreq }
  await callback.onTrainBegin?.({}, context)
  for (const [epoch, value] of values.entries()) {
    const logs =
      value === undefined ? { loss: 0 } : { loss: 0, val_loss: value, val_accuracy: value }
    await callback.onEpochEnd(epoch, logs, context)
    seen.rates.push(rate)
  }
  await callback.onTrainEnd?.({}, context)
  return seen
}

// What Keras 3.x's callback gives for the same values, by its rules.
for (const [what, options, values, rates] of [
  [
    'falls after the patience',
    { factor: 0.5, patience: 2 },
    [3, 2, 2, 2, 2, 2],
    [1, 1, 1, 0.5, 0.5, 0.25],
  ],
  [
    'improvements by less than minDelta do not count',
    { patience: 2, minDelta: 0.1 },
    [1, 0.95, 0.92],
    [1, 1, 0.1],
  ],
  [
    'more is better where the name says so',
    { monitor: 'val_accuracy', patience: 1 },
    [1, 2, 2, 3],
    [1, 1, 0.1, 0.1],
  ],
  ['minLr', { patience: 1, minLr: 0.3 }, [1, 1, 1], [1, 0.3, 0.3]],
  [
    'cooldown',
    { factor: 0.5, patience: 1, cooldown: 2 },
    [1, 1, 1, 1, 1],
    [1, 0.5, 0.5, 0.25, 0.25],
  ],
  ['a validation that is left out', { patience: 1 }, [1, undefined, 1], [1, 1, 0.1]],
]) {
  test(`reduceLROnPlateau: ${what}`, async () => {
    const frequency = values.includes(undefined) ? 2 : 1
    const seen = await follow(reduceLROnPlateau(options), values, frequency)
    seen.rates.forEach((rate, k) => assert.ok(Math.abs(rate - rates[k]) < 1e-12, `${seen.rates}`))
  })
}

test('reduceLROnPlateau changes the rate of a training', async () => {
  const model = await smallModel()
  const plateau = reduceLROnPlateau({ monitor: 'loss', patience: 1, minDelta: 1000, factor: 0.5 })
  await model.fit(images, labels, { epochs: 3, callbacks: [plateau] })
  assert.ok(Math.abs((await model.getLearningRate()) - 0.0025) < 1e-9)
  await model.dispose()
})

test('earlyStopping counts its patience as Keras does', async () => {
  for (const [patience, stop] of [
    [0, 2],
    [1, 2],
    [2, 3],
  ]) {
    const seen = await follow(
      earlyStopping({ patience, restoreBestWeights: true }),
      [1, 0.5, 1, 1, 1],
    )
    assert.equal(seen.stoppedAfter, stop, `patience ${patience}`)
    assert.equal(seen.weights, 'after 1')
  }
})

test('modelCheckpoint keeps every epoch, or the best', async () => {
  for (const [saveBestOnly, epochs] of [
    [false, [0, 1, 2, 3]],
    [true, [0, 2]],
  ]) {
    const kept = []
    const save = ({ epoch, logs }) => void kept.push([epoch, logs.val_loss])
    await follow(modelCheckpoint({ save, saveBestOnly }), [3, 4, 2, 2])
    assert.deepEqual(
      kept,
      epochs.map((epoch) => [epoch, [3, 4, 2, 2][epoch]]),
    )
  }
  const model = await smallModel()
  let best
  const save = async (checkpoint) => void (best = await bits(checkpoint.model))
  await model.fit(images, labels, { epochs: 2, callbacks: [modelCheckpoint({ save })] })
  assert.equal(best, await bits(model))
  await model.dispose()
})

test('csvLogger writes a line per epoch, to a function or a file', async () => {
  const model = await smallModel()
  const lines = []
  const filename = join(folder, 'training.csv')
  writeFileSync(filename, 'old\n')
  const callbacks = [
    csvLogger({ write: (line) => void lines.push(line), separator: ';' }),
    csvLogger({ filename }),
  ]
  const options = { epochs: 2, validationData: held, validationFreq: 2, callbacks }
  const { history } = await model.fit(images, labels, options)
  assert.equal(lines[0], 'epoch;accuracy;loss;val_accuracy;val_loss\n')
  assert.equal(lines[1], `0;${history.accuracy[0]};${history.loss[0]};NA;NA\n`)
  assert.equal(readFileSync(filename, 'utf8'), lines.join('').replaceAll(';', ','))
  const more = { epochs: 1, callbacks: [csvLogger({ filename, append: true })] }
  await model.fit(images, labels, { ...more, validationData: held })
  const all = readFileSync(filename, 'utf8').trim().split('\n')
  assert.deepEqual([all.length, all.filter((line) => line.startsWith('epoch')).length], [4, 1])
  const nowhere = csvLogger({ filename: join(folder, 'no', 'where.csv') })
  await assert.rejects(model.fit(images, labels, { callbacks: [nowhere] }), { code: 'bad-file' })
  await model.dispose()
})

for (const [make, message] of [
  [
    () => reduceLROnPlateau({ factor: 1 }),
    'reduceLROnPlateau: factor must be a number from 0 up to but not 1 but is 1.',
  ],
  [
    () => reduceLROnPlateau({ patience: -1 }),
    'reduceLROnPlateau: patience must be a whole number of 0 or more but is -1.',
  ],
  [() => earlyStopping({ mode: 'up' }), 'earlyStopping: mode must be "min" or "max" but is "up".'],
  [
    () => modelCheckpoint({ save: 5 }),
    'modelCheckpoint: save must be a URL or path, or a function that keeps the model, but is 5. Write ' +
      "save: 'indexeddb://best'.",
  ],
  [
    () => csvLogger({}),
    'csvLogger: needs either a filename or write: (line) => ... but gets an object ().',
  ],
]) {
  test(`refused: ${message}`, () => rejects('bad-option', message, make))
}
