// Damaged ONNX files and layers models: cut, flipped, of wrong sizes, with lengths that nobody has. They
// end in a FoveaError, or, where the damage hit numbers only, in a model; never in anything else.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as fovea from 'fovea'
import { kZoo } from './support/exchange.mjs'
import { rejects } from './support/small.mjs'

const golden = (name) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../golden/onnx/${name}`, import.meta.url))))

/** What may come of a file that was flipped somewhere. */
const kCodes = ['bad-file', 'unsupported', 'out-of-memory']

/** Loads, and sees to it that what is thrown is ours. Returns the code, or `loaded`. */
async function outcome(source, where, codes = kCodes) {
  try {
    const model = await fovea.loadModel(source)
    await model.dispose()
    return 'loaded'
  } catch (error) {
    assert.ok(error instanceof fovea.FoveaError, `${where}: ${error.stack}`)
    assert.ok(codes.includes(error.code), `${where}: ${error.code}: ${error.message}`)
    assert.match(error.message, /^loadModel: .*\.$/s, where)
    return error.code
  }
}

async function written() {
  const model = await kZoo.fcn()
  const bytes = await model.toOnnx()
  const tfjs = await model.toTfjs()
  await model.dispose()
  return { bytes, tfjs }
}

const file = (name, content) => new File([content], name)

function modelFiles({ modelTopology, weightSpecs, weightData }, change = (text) => text) {
  const manifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
  const json = JSON.stringify({ modelTopology, weightsManifest: manifest })
  return [file('model.json', change(json)), file('weights.bin', weightData)]
}

test('ONNX, cut at every 64th byte: bad-file', async () => {
  for (const bytes of [golden('modern.onnx'), (await written()).bytes]) {
    for (let end = 64; end < bytes.length; end += 64) {
      assert.equal(await outcome(bytes.slice(0, end), `cut at ${end}`, ['bad-file']), 'bad-file')
    }
  }
})

test('ONNX, bytes flipped: an error of ours, or a model with other numbers', async (t) => {
  const counts = {}
  for (const name of ['rows.onnx', 'views.onnx', 'segment.onnx']) {
    const bytes = golden(name)
    for (let at = 0; at < bytes.length; at += 5) {
      for (const bits of [0xff, 0x80, 1 << (at % 8)]) {
        const damaged = bytes.slice()
        damaged[at] ^= bits
        const code = await outcome(damaged, `${name}: byte ${at} ^ ${bits}`)
        counts[code] = (counts[code] ?? 0) + 1
      }
    }
  }
  t.diagnostic(JSON.stringify(counts))
  assert.ok(counts['bad-file'] > 0 && counts['loaded'] > 0)
})

/** A protobuf field: its number and kind, and what it holds. */
const varint = (value) => {
  const list = []
  for (let rest = BigInt(value); ; rest >>= 7n) {
    list.push(Number(rest & 127n) | (rest > 127n ? 128 : 0))
    if (rest <= 127n) return list
  }
}
const field = (number, bytes, length = bytes.length) => [
  ...varint((number << 3) | 2),
  ...varint(length),
  ...bytes,
]
const text = (words) => [...new TextEncoder().encode(words)]
const version = [0x08, 8, ...field(8, [0x10, 17])]

test('ONNX, lengths and sizes that nobody has: refused before anything is made', async () => {
  const huge = 2n ** 62n
  const dims = (size) => [...varint(8), ...varint(size)]
  const tensor = (...sizes) => [
    ...sizes.flatMap(dims),
    0x10,
    1,
    ...field(8, text('w')),
    ...field(9, [0, 0]),
  ]
  const port = (name, ...sizes) => {
    const list = sizes.flatMap((size) => field(1, [0x08, ...varint(size)]))
    return [...field(1, text(name)), ...field(2, field(1, [0x08, 1, ...field(2, list)]))]
  }
  const relu = field(1, [...field(1, text('x')), ...field(2, text('y')), ...field(4, text('Relu'))])
  const cases = {
    'a graph of 4 EB': [...version, ...field(7, [0, 0], huge)],
    'a tensor of 4 EB': [...version, ...field(7, field(5, tensor(2n ** 31n, 2n ** 31n)))],
    'a tensor of negative size': [...version, ...field(7, field(5, tensor(2n ** 64n - 1n)))],
    'a name of 4 EB': [...version, ...field(7, field(2, [65], huge))],
    'an input of 10^18 numbers': [
      ...version,
      ...field(7, [
        ...relu,
        ...field(11, port('x', 1, 10 ** 9, 10 ** 9, 3)),
        ...field(12, port('y', 1)),
      ]),
    ],
    'no graph at all': version,
    'an output that nothing makes': [
      ...version,
      ...field(7, [...relu, ...field(11, port('x', 1, 4)), ...field(12, port('z', 1))]),
    ],
    zeros: new Array(4096).fill(0),
  }
  for (const [name, bytes] of Object.entries(cases)) {
    const padded = [...bytes, ...(bytes.length < 20 ? field(6, new Array(20).fill(65)) : [])]
    assert.equal(await outcome(Uint8Array.from(padded), name, ['bad-file']), 'bad-file', name)
  }
})

test('a node of an operation that is not known is refused by both names', async () => {
  const bytes = golden('views.onnx')
  const op = [0x22, 10, ...text('LogSoftmax')]
  const at = bytes.findIndex((_, k) => op.every((one, i) => bytes[k + i] === one))
  bytes.set(text('Logarithmi'), at + 2)
  await rejects(
    'unsupported',
    'loadModel: the ONNX file: node "/LogSoftmax" (Logarithmi): Fovea has no such layer.',
    () => fovea.loadModel(bytes),
  )
})

test('model.json, cut at every 64th byte: bad-file', async () => {
  const { tfjs } = await written()
  const { length } = await modelFiles(tfjs)[0].text()
  for (let end = 64; end < length; end += 64) {
    const files = modelFiles(tfjs, (json) => json.slice(0, end))
    assert.equal(await outcome(files, `cut at ${end}`, ['bad-file']), 'bad-file')
  }
})

test('model.json, characters changed: an error of ours, or a model', async (t) => {
  const { tfjs } = await written()
  const { length } = await modelFiles(tfjs)[0].text()
  const counts = {}
  for (let at = 1; at < length; at += 11) {
    const put = '9[]{}",:-x'[at % 10]
    const files = modelFiles(tfjs, (json) => json.slice(0, at) + put + json.slice(at + 1))
    const code = await outcome(files, `${put} at ${at}`)
    counts[code] = (counts[code] ?? 0) + 1
  }
  t.diagnostic(JSON.stringify(counts))
  assert.ok(counts['bad-file'] > 0)
})

test('weights that are cut, or too many: bad-file, with both numbers of bytes', async () => {
  const { tfjs } = await written()
  const whole = tfjs.weightData.byteLength
  for (let length = 0; length < whole; length += 64 * Math.ceil(whole / 64 / 50)) {
    const cut = { ...tfjs, weightData: tfjs.weightData.slice(0, length) }
    await rejects(
      'bad-file',
      `loadModel: its weights need ${whole} bytes by the manifest, but the files beside it have ${length}.`,
      () => fovea.loadModel(modelFiles(cut)),
    )
  }
  const specs = tfjs.weightSpecs.map((one) => ({ ...one, shape: [2 ** 40, 2 ** 40] }))
  assert.equal(await outcome(modelFiles({ ...tfjs, weightSpecs: specs }), 'sizes'), 'bad-file')
})

after(() => fovea.shutdown())
