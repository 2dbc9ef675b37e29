// The guides for people who come from other libraries: every piece of code in them is run, the other
// library's too where it is JavaScript, and what both come to is compared.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as fovea from 'fovea'
import { expectClose, tf, tfl } from './parity/tfjs.mjs'
import { bands } from './support/small.mjs'

const docs = fileURLToPath(new URL('../../docs/', import.meta.url))
const AsyncFunction = (async () => {}).constructor

/** Blocks of code: what stands after the language says whose they are. */
const blocks = (name) =>
  [...readFileSync(join(docs, name), 'utf8').matchAll(/^```(\w+) ?(\w*)\n([^]*?)^```$/gm)].map(
    ([, language, whose, code]) => ({ language, whose, code }),
  )

/** Runs pieces one after the other, each seeing the names of those before it. */
async function runAll(pieces, given, wanted) {
  const code = `${pieces.join('\n')}\nreturn { ${wanted.join(', ')} }`
  return new AsyncFunction(...Object.keys(given), code)(...Object.values(given))
}

test('from TensorFlow.js: both sides run and come to the same numbers', async () => {
  const { images, labels } = bands(96)
  const pixels = images.data
  // Pieces alternate: theirs, then ours, so that ours can read their weights before they train.
  const all = blocks('from-tensorflow-js.md').filter(({ language }) => language === 'js')
  assert.ok(all.length >= 15 && all.every(({ whose }) => ['tf', 'fovea'].includes(whose)))
  const names = (code) =>
    [...code.matchAll(/^const (\w+|\{[^}]+\}|\[[^\]]+\])/gm)].map(([, one]) => one)
  const clashing = (whose) =>
    all.filter((one) => one.whose === whose).flatMap(({ code }) => names(code))
  assert.equal(new Set(clashing('tf')).size, clashing('tf').length)
  // One scope: x and y exist on both sides, so theirs are renamed.
  const pieces = all.map(({ whose, code }) =>
    whose === 'tf' ? code.replace(/(?<![.\w])(x|y)\b(?!:)/g, 'their_$1') : code,
  )
  const wanted = ['theirNumbers', 'data', 'theirRun', 'history', 'theirLoss', 'loss']
  wanted.push(
    'accuracy',
    'theirAccuracy',
    'theirMean',
    'ourMean',
    'theirSlopes',
    'slopes',
    'graph',
    'theirGraph',
  )
  wanted.push('body', 'theirBody', 'model', 'theirs', 'kept', 'keptNumbers', 'twinNumbers')
  const both = { ...tf, ...tfl, layers: tfl.layers, train: tf.train }
  const found = await runAll(pieces, { tf: both, fovea, pixels, labels }, wanted)
  expectClose(found.data, found.theirNumbers, 'predictions', 4096)
  expectClose(found.history.loss, found.theirRun.history.loss, 'losses', 4096)
  expectClose([found.loss, found.ourMean], [found.theirLoss, found.theirMean], 'means', 4096)
  assert.deepEqual(found.keptNumbers, found.data)
  expectClose(found.twinNumbers, found.data, 'the model in TensorFlow.js', 4096)
  expectClose(found.slopes, found.theirSlopes, 'slopes', 4096)
  for (const [ours, other] of [
    [found.graph, found.theirGraph],
    [found.body, found.theirBody],
    [found.model, found.theirs],
  ]) {
    assert.equal(ours.countParams().total, other.countParams())
    assert.deepEqual([null, ...ours.outputs[0].shape], other.outputs[0].shape)
    await ours.dispose()
  }
  await found.kept.dispose()
  assert.equal(found.accuracy.toFixed(6), found.theirAccuracy.toFixed(6))
})

test('from Keras and PyTorch: our side runs, and trains', async () => {
  const code = blocks('from-keras-and-pytorch.md').filter(({ whose }) => whose === 'fovea')
  assert.ok(code.length >= 10)
  // A bright row says which class it is.
  const labels = Int32Array.from({ length: 120 }, (_, k) => (k * 7) % 10)
  const isBright = (k, row) => row >> 1 === labels[k] + 2
  const pixels = Uint8Array.from({ length: 120 * 784 }, (_, i) =>
    isBright(Math.floor(i / 784), Math.floor((i % 784) / 28)) ? 250 : 10,
  )
  const wanted = ['history', 'steps', 'ofBatch', 'data', 'mostProbable', 'next', 'maps', 'slopes']
  wanted.push('saliency', 'model', 'logits')
  const given = { fovea, pixels, labels, console: { log() {} } }
  const pieces = code.map((one) => one.code)
  const found = await runAll(pieces, given, wanted)
  const { loss, val_accuracy: accuracy } = found.history
  assert.ok(loss[1] < loss[0] && accuracy.length === 2)
  assert.ok(found.steps >= 1 && found.steps <= 4 && found.ofBatch < loss[0])
  assert.ok(found.data.length === 10 && found.mostProbable >= 0)
  assert.deepEqual(found.maps.conv2d_1.shape, [1, 28, 28, 16])
  assert.deepEqual(found.slopes.input.shape, [1, 28, 28, 1])
  assert.deepEqual(found.saliency.shape, [28, 28])
  for (const one of [found.next, found.model, found.logits]) await one.dispose()
})

test('the Python in the guides is Python', () => {
  const python = blocks('from-keras-and-pytorch.md').filter(({ language }) => language === 'python')
  assert.ok(python.length >= 10)
  const check = 'import ast, json, sys\nfor one in json.load(sys.stdin): ast.parse(one)'
  const input = JSON.stringify(python.map(({ code }) => code))
  const { status, stderr } = spawnSync('python3', ['-c', check], { input, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
})

test('links between the documents lead somewhere', () => {
  for (const name of readdirSync(docs).filter((one) => one.endsWith('.md'))) {
    const text = readFileSync(join(docs, name), 'utf8')
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(join(dirname(join(docs, name)), target)), `${name}: ${target}`)
    }
  }
})
