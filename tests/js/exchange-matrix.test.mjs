// Every network of the zoo through every format: the outputs stay, or the format refuses by name. The
// table in docs/exchange.md is what came of it; FOVEA_WRITE=1 writes it anew.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as fovea from 'fovea'
import { assertClose, channelsFirst, kZoo, prepared } from './support/exchange.mjs'

const page = fileURLToPath(new URL('../../docs/exchange.md', import.meta.url))
const script = fileURLToPath(new URL('./support/pytorch.py', import.meta.url))
const python = process.env['FOVEA_PYTHON'] ?? '/usr/bin/python3'
const hasTorch = spawnSync(python, ['-c', 'import torch']).status === 0
const folder = mkdtempSync(join(tmpdir(), 'fovea-matrix-'))

/** Loads what was written and compares; gives `equal`. */
async function back(source, { inputs, expected }, tolerance) {
  const twin = await fovea.loadModel(source)
  const outputs = await twin.predictAll(inputs)
  outputs.forEach(({ shape, data }, k) => {
    assert.deepEqual(shape, expected[k].shape)
    if (tolerance === 0) assert.deepEqual(data, expected[k].data)
    else assertClose(data, expected[k].data, `output ${k}`, tolerance)
  })
  await twin.dispose()
  return tolerance === 0 ? 'same bits' : 'equal'
}

function modelFiles({ modelTopology, weightSpecs, weightData }) {
  const manifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
  const json = JSON.stringify({ modelTopology, weightsManifest: manifest })
  return [new File([json], 'model.json'), new File([weightData], 'weights.bin')]
}

/** PyTorch answers for all networks at once, at the end. */
async function forPyTorch(name, { model, inputs }) {
  const at = join(folder, name)
  mkdirSync(at)
  const { weights, source, className } = await model.toPyTorch()
  writeFileSync(join(at, 'source.py'), source)
  writeFileSync(join(at, 'weights.safetensors'), weights)
  const moved = inputs.map(channelsFirst).map(({ data, shape }) => ({ data: [...data], shape }))
  writeFileSync(join(at, 'inputs.json'), JSON.stringify({ className, inputs: moved }))
  return 'equal'
}

const kFormats = {
  safetensors: async (given) => back(await given.model.toSafetensors(), given, 0),
  'ONNX and back': async (given) => back(await given.model.toOnnx(), given),
  'TensorFlow.js and back': async (given) => back(modelFiles(await given.model.toTfjs()), given),
  PyTorch: (given, name) => forPyTorch(name, given),
}

/** What a format makes of a network: a word, or the layer at which it refuses. */
async function cell(run, given, name) {
  try {
    return await run(given, name)
  } catch (error) {
    if (error.code !== 'unsupported') throw error
    const [, type] = /^\w+: layer "[^"]+" \((\w+)\): /.exec(error.message) ?? []
    assert.ok(type !== undefined, error.message)
    return `refused: ${type}`
  }
}

const rows = []
const expectations = {}

for (const name of Object.keys(kZoo)) {
  test(`${name} through every format`, async () => {
    const given = await prepared(`zoo.${name}`)
    const cells = []
    for (const run of Object.values(kFormats)) cells.push(await cell(run, given, name))
    rows.push([name, ...cells])
    expectations[name] = given.expected.map(channelsFirst)
    await given.model.dispose()
  })
}

test('PyTorch says the same', { skip: hasTorch ? false : `${python} has no torch` }, () => {
  const results = JSON.parse(execFileSync(python, [script, folder], { maxBuffer: 2 ** 28 }))
  for (const [name, { error, outputs }] of Object.entries(results)) {
    assert.equal(error, undefined, name)
    outputs.forEach(({ data, shape }, k) => {
      assert.deepEqual(shape, expectations[name][k].shape)
      assertClose(data, expectations[name][k].data, `${name}: output ${k}`)
    })
  }
})

test('the table in docs/exchange.md says so', (t) => {
  const line = (cells) => `| ${cells.join(' | ')} |`
  const head = ['network', ...Object.keys(kFormats)]
  const lines = [line(head), line(head.map(() => '---')), ...rows.map(line)]
  const table = `\n${lines.join('\n')}\n`
  t.diagnostic(table)
  const [begin, end] = ['<!-- matrix -->\n', '\n<!-- /matrix -->']
  const text = readFileSync(page, 'utf8')
  const [before, rest] = text.split(begin)
  const [found, behind] = (rest ?? '').split(end)
  assert.ok(behind !== undefined, `${page} needs lines with <!-- matrix --> and <!-- /matrix -->`)
  if (process.env['FOVEA_WRITE'] === '1') {
    writeFileSync(page, `${before}${begin}${table}${end}${behind}`)
  } else {
    assert.equal(found, table)
  }
})

after(() => {
  rmSync(folder, { recursive: true, force: true })
  return fovea.shutdown()
})
