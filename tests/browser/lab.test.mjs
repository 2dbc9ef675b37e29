// SPDX-License-Identifier: MIT
// The page's plain functions, without a browser: the address, numbers in words, curves, judging.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fovea from 'fovea'
import { load } from './module.mjs'

describe('settings and the address', async () => {
  const { kUsual, namesSeed, queryWith, settingsFrom, validNumber } = await load('lab/settings')
  const from = (query) => settingsFrom(new URLSearchParams(query))

  test('an empty address is the usual experiment, and the usual one leaves it empty', () => {
    assert.deepEqual(from(''), { ...kUsual })
    assert.equal(queryWith(new URLSearchParams(), { ...kUsual }).toString(), '')
  })

  test('what is written is read again', () => {
    const settings = {
      network: 'own',
      layers: 'conv2d_8_3_1_same_1_relu-flatten-dense_10_linear',
      data: 'mnist',
      epochs: 12,
      batchSize: 128,
      learningRate: 0.0005,
      optimizer: 'nesterov',
      schedule: 'oneCycle',
      seed: 0,
      shift: 10,
      turn: 15,
      zoom: 5,
      flip: 1,
    }
    const query = queryWith(new URLSearchParams('autostart=0'), settings)
    assert.equal(query.get('autostart'), '0')
    assert.deepEqual(settingsFrom(query), settings)
    assert.deepEqual(settingsFrom(queryWith(query, { ...kUsual })), { ...kUsual })
  })

  test('nonsense in the address is as usual', () => {
    const query = 'net=alexnet&net=toString&epochs=0&batch=3.5&rate=-1&seed=1e99&data=cats'
    assert.deepEqual(from(query), { ...kUsual })
    assert.deepEqual(from('net=own&layers=conv2d_8-nonsense&optimizer=toString&shift=80'), {
      ...kUsual,
    })
    assert.deepEqual(from('net=toString&epochs=abc&batch=&rate=NaN'), { ...kUsual })
  })

  test('numbers are held to their limits', () => {
    assert.equal(validNumber('epochs', 100), 100)
    assert.equal(validNumber('epochs', 101), undefined)
    assert.equal(validNumber('batchSize', 1.5), undefined)
    assert.equal(validNumber('learningRate', 0.003), 0.003)
    assert.equal(validNumber('seed', Number.NaN), undefined)
  })

  test('only an address that names a seed asks for one particular run', () => {
    assert.equal(namesSeed(new URLSearchParams('seed=42')), true)
    assert.equal(namesSeed(new URLSearchParams('epochs=42')), false)
  })
})

describe('blueprints', async () => {
  const { blueprintOf, layerName, readBlueprint, textOf, usualLayer, withClasses } =
    await load('lab/blueprint')
  const text =
    'conv2d_16_3_1_same_1_relu-maxPooling2d_2_2-conv2d_8_5_2_valid_1_gelu-flatten-dropout_0.25-' +
    'dense_10_linear'

  test('are written and read again', () => {
    assert.equal(textOf(readBlueprint(text)), text)
    assert.equal(textOf([usualLayer('dense'), usualLayer('flatten')]), 'dense_64_relu-flatten')
  })

  test('what is none is none', () => {
    for (const wrong of ['', 'conv2d', 'dense_10', 'dense_10_nonsense', 'dense_1.5_relu', 'cat_1'])
      assert.equal(readBlueprint(wrong), undefined, wrong)
    assert.equal(readBlueprint(Array(41).fill('flatten').join('-')), undefined, 'too many layers')
  })

  test('layers are named as the library names them, and the last dense layer has the classes', async () => {
    const plan = readBlueprint(text)
    const { layers, sequential } = fovea
    const make = (type, options) => layers[type](options)
    const model = await sequential({
      layers: [
        make('conv2d', { inputShape: [28, 28, 1], filters: 16, kernelSize: 3, padding: 'same' }),
        make('maxPooling2d', { poolSize: 2 }),
        make('conv2d', { filters: 8, kernelSize: 5, strides: 2, activation: 'gelu' }),
        make('flatten'),
        make('dropout', { rate: 0.25 }),
        make('dense', { units: 10 }),
      ],
    })
    assert.deepEqual(
      plan.map((_, place) => layerName(plan, place)),
      model.layers.map(({ name }) => name),
    )
    const read = blueprintOf(model.layers)
    assert.equal(textOf(read), text.replace('same_1_relu', 'same_1_linear'))
    assert.match(textOf(withClasses(read, 3)), /dense_3_linear$/)
    await model.dispose()
  })
})

test('numbers in words', async () => {
  const { duration, milliseconds, percent, thousands, whole } = await load('lab/format')
  assert.equal(whole(98442), '98,442')
  assert.equal(percent(0.974), '97.4 %')
  assert.equal(percent(0.9999), '99.9 %', 'not 100 % while one is wrong')
  assert.equal(percent(1), '100.0 %')
  assert.equal(percent(0.999, 0), '99 %')
  assert.equal(milliseconds(0.214), '0.21 ms')
  assert.equal(milliseconds(4.26), '4.3 ms')
  assert.equal(milliseconds(31.4), '31 ms')
  assert.equal(duration(8.2), '9 s')
  assert.equal(duration(75), '1 min 15 s')
  assert.equal(duration(7260), '2 h 1 min')
  assert.equal(duration(Infinity), '–')
  assert.equal(thousands(12000), '12 k')
  assert.equal(thousands(500), '500')
})

describe('curves', async () => {
  const { Curve } = await load('lab/curves')

  test('the thick line is the running mean of the thin one', () => {
    const curve = new Curve()
    for (const value of [4, 2, 3]) curve.addStep(curve.columns.images.length + 1, value)
    assert.deepEqual(curve.columns.raw, [4, 2, 3])
    assert.deepEqual(curve.columns.smooth, [4, 3, 3])
  })

  test('a measurement joins the step it was made at, or has a row of its own', () => {
    const curve = new Curve()
    curve.addHeld(0, 0.1)
    curve.addStep(32, 0.5)
    curve.addHeld(32, 0.6)
    assert.deepEqual(curve.columns.images, [0, 32])
    assert.deepEqual(curve.columns.held, [0.1, 0.6])
    assert.deepEqual(curve.columns.raw, [null, 0.5])
  })

  test('a long run is thinned, in order, and keeps every measurement', () => {
    const curve = new Curve()
    for (let step = 1; step <= 20_000; ++step) {
      curve.addStep(step, step)
      if (step % 1000 === 0) curve.addHeld(step, step)
    }
    const { images, held } = curve.columns
    assert.ok(images.length <= 2401, `${images.length} rows`)
    assert.deepEqual(
      held.filter((value) => value !== null),
      Array.from({ length: 20 }, (_, k) => (k + 1) * 1000),
    )
    assert.ok(images.every((image, row) => row === 0 || image > images[row - 1]))
    assert.equal(images.at(-1), 20_000)
  })
})

test('outputs are judged: softmax where they are logits, mean of -log p, the largest wins', async () => {
  const { judge, probabilities } = await load('lab/classify')
  const even = probabilities(new Float32Array(10), true)
  assert.ok(even.every((share) => Math.abs(share - 0.1) < 1e-12))
  assert.deepEqual(probabilities([1000, 0], true), [1, 0], 'large logits do not overflow')
  assert.deepEqual(probabilities([0.25, 0.75], false), [0.25, 0.75])

  const output = new Float32Array(20)
  output[3] = Math.log(11) // p = 11 / 20 for a 3
  output[17] = 50
  const { accuracy, loss, guesses } = judge(output, Int32Array.of(3, 1), true)
  assert.deepEqual([...guesses], [3, 7])
  assert.equal(accuracy, 0.5)
  // The second is certain and wrong: its p is held at 1e-7.
  assert.ok(Math.abs(loss - (Math.log(20 / 11) - Math.log(1e-7)) / 2) < 1e-5)
})

test('sixteen digits are shown, every class among them', async () => {
  const { sixteenOf } = await load('lab/data')
  const labels = Int32Array.from({ length: 1000 }, (_, row) => (row * row * 7 + (row >> 3)) % 10)
  const rows = sixteenOf(labels)
  assert.equal(new Set(rows).size, 16)
  assert.equal(new Set(rows.map((row) => labels[row])).size, 10)
})
