// PyTorch: the module that we write takes its weights strictly and says the same as the model here.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as fovea from 'fovea'
import { assertClose, channelsFirst, kNetworks, kTurned, prepared } from './support/exchange.mjs'
import { rejects } from './support/small.mjs'

const python = process.env['FOVEA_PYTHON'] ?? '/usr/bin/python3'
const script = fileURLToPath(new URL('./support/pytorch.py', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'fovea-pytorch-'))

const missing =
  spawnSync(python, ['-c', 'import torch']).status === 0
    ? false
    : `${python} has no torch (Debian: python3-torch; FOVEA_PYTHON names another Python)`

const kAugmentation = /^random/
const names = Object.keys(kNetworks)

test('every network in PyTorch: strict loading, the same outputs', { skip: missing }, async (t) => {
  const wanted = []
  for (const [k, name] of names.entries()) {
    const { model, inputs, expected } = await prepared(name)
    const inferenceOnly = kAugmentation.test(name)
    const { weights, source, className } = await model.toPyTorch({ inferenceOnly })
    const at = join(folder, String(k))
    mkdirSync(at)
    writeFileSync(join(at, 'source.py'), source)
    writeFileSync(join(at, 'weights.safetensors'), weights)
    const turn = kTurned.has(name) ? (tensor) => tensor : channelsFirst
    const moved = inputs.map(turn).map(({ data, shape }) => ({ data: [...data], shape }))
    writeFileSync(join(at, 'inputs.json'), JSON.stringify({ className, inputs: moved }))
    wanted.push(expected.map(turn))
    await model.dispose()
  }
  const text = execFileSync(python, [script, folder], { maxBuffer: 2 ** 28 })
  const results = JSON.parse(text.toString())
  for (const [k, name] of names.entries()) {
    await t.test(name, () => {
      const { error, outputs } = results[k]
      assert.equal(error, undefined)
      outputs.forEach(({ data, shape }, i) => {
        assert.deepEqual(shape, wanted[k][i].shape)
        assertClose(data, wanted[k][i].data, `output ${i}`)
      })
    })
  }
})

test('what is frozen here is frozen there', { skip: missing }, async () => {
  const { model } = await prepared('flatten, normalise, prelu, dense')
  await model.setTrainable('dense_1', false)
  await model.setTrainable('batch_normalization_1', false)
  const { source } = await model.toPyTorch()
  assert.match(source, /self\.dense_1\.requires_grad_\(False\)/)
  assert.match(source, /self\.batch_normalization_1\.eval\(\)\(/)
  await model.dispose()
})

test('names become names of Python', async () => {
  const model = await fovea.sequential({
    name: '2-digits.v1',
    layers: [
      fovea.layers.dense({ inputShape: [2], units: 2, name: 'class' }),
      fovea.layers.dense({ units: 2, name: 'a/b-c' }),
      fovea.layers.dense({ units: 2, name: 'a_b_c' }),
      fovea.layers.dense({ units: 2, name: 'forward' }),
    ],
    seed: 1,
  })
  const { source, className } = await model.toPyTorch()
  assert.equal(className, '_2DigitsV1')
  const made = [...source.matchAll(/self\.(\w+) = /g)].map(([, name]) => name)
  assert.deepEqual(made, ['class_', 'a_b_c', 'a_b_c_2', 'forward_'])
  await model.dispose()
})

test('augmentation is refused by name', async () => {
  const { model } = await prepared('randomFlip')
  await rejects(
    'unsupported',
    'toPyTorch: layer "random_flip_1" (randomFlip): PyTorch itself has no such layer. It acts in ' +
      'training only: give { inferenceOnly: true } to leave it out.',
    () => model.toPyTorch(),
  )
  await model.dispose()
})

after(() => {
  rmSync(folder, { recursive: true, force: true })
  return fovea.shutdown()
})
