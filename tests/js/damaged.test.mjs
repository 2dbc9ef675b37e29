// Damaged files: every one is refused with `bad-file` and a sentence, or is harmless. None crashes,
// hangs or takes memory for what it only claims to hold.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fovea from 'fovea'
import { bands, bits } from './support/small.mjs'

const { layers } = fovea
const { images, labels } = bands(12)

after(() => fovea.shutdown())

const model = await fovea.sequential({
  layers: [
    layers.conv2d({ inputShape: [8, 8, 1], filters: 2, kernelSize: 3 }),
    layers.batchNormalization(),
    layers.flatten(),
    layers.dense({ units: 3, activation: 'softmax' }),
  ],
  seed: 1,
})
await model.compile({
  optimizer: 'adam',
  loss: 'sparseCategoricalCrossentropy',
  metrics: ['accuracy'],
})
await model.fit(images, labels, { batchSize: 4 })
const whole = await model.toSafetensors({ optimizer: true })
const headerLength = Number(new DataView(whole.buffer).getBigUint64(0, true))
const header = () => JSON.parse(new TextDecoder().decode(whole.subarray(8, 8 + headerLength)))
const numbers = whole.subarray(8 + headerLength)

/** A file with this text as its header. */
function file(text, rest = numbers, length = undefined) {
  const json = new TextEncoder().encode(text)
  const bytes = new Uint8Array(8 + json.length + rest.length)
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true)
  bytes.set(json, 8)
  bytes.set(rest, 8 + json.length)
  return bytes
}

/** The file with something changed in its header. */
function changed(change) {
  const given = header()
  change(given, given.__metadata__)
  return file(JSON.stringify(given))
}

/** The same, inside a text that is JSON itself. */
const inside = (key, change) =>
  changed((_, words) => {
    const value = JSON.parse(words[key])
    words[key] = JSON.stringify(change(value) ?? value)
  })

async function isRefused(bytes, about) {
  await assert.rejects(fovea.loadModel(bytes), (error) => {
    assert.ok(error instanceof fovea.FoveaError, `${about}: ${error.stack}`)
    assert.equal(error.code, 'bad-file', `${about}: ${error.message}`)
    assert.match(error.message, /^loadModel: .{10,2000}\.$/s, about)
    return true
  })
}

test('cut off at every 64th byte', async () => {
  for (let length = 0; length < whole.length; length += 64) {
    await isRefused(whole.subarray(0, length), `${length} bytes`)
  }
})

test('longer than it says', async () => {
  const longer = new Uint8Array(whole.length + 1)
  longer.set(whole)
  await isRefused(longer, 'one byte more')
})

test('a flipped bit anywhere in the header is refused or harmless', async () => {
  let harmless = 0
  const before = (await fovea.memory()).heapBytes
  for (let at = 0; at < 8 + headerLength; ++at) {
    const bytes = whole.slice()
    bytes[at] ^= 1 << (at % 8)
    try {
      await (await fovea.loadModel(bytes)).dispose()
      ++harmless
    } catch (error) {
      assert.ok(error instanceof fovea.FoveaError, `byte ${at}: ${error.stack}`)
      assert.ok(['bad-file', 'unsupported'].includes(error.code), `byte ${at}: ${error.message}`)
    }
  }
  assert.ok(harmless < headerLength / 3, `${harmless} of ${headerLength} changes go unnoticed`)
  const { heapBytes } = await fovea.memory()
  assert.ok(heapBytes - before < 2 ** 26, `the heap grew from ${before} to ${heapBytes} bytes`)
})

const kConv = 'conv2d_1/kernel'
const kHuge = Number.MAX_SAFE_INTEGER
const kBroken = {
  'a header of 2^63 bytes': () => file('{}', numbers, 2n ** 63n),
  'a header of 99 MB that is not there': () => file('{}', numbers, 99_000_000n),
  'no header': () => file('', numbers),
  'a list as header': () => file('[]', numbers),
  'bytes that are no UTF-8': () =>
    file('{"\uFFFD":1}').map((byte) => (byte === 0xef ? 0xff : byte)),
  'NaN in the header': () => file(JSON.stringify(header()).replace('"F32"', 'NaN')),
  'a name twice': () => file(JSON.stringify(header()).replace('{', `{"${kConv}":{},`)),
  'a name twice, spelt differently': () =>
    file(JSON.stringify(header()).replace('{', `{"conv2d_1\\u002fkernel":{},`)),
  'a word twice': () =>
    file(JSON.stringify(header()).replace('"__metadata__":{', '"__metadata__":{"seed":"1",')),
  'an unknown type': () => changed((all) => (all[kConv].dtype = 'F33')),
  'no type': () => changed((all) => delete all[kConv].dtype),
  'nothing instead of an entry': () => changed((all) => (all[kConv] = null)),
  'a shape of another size': () => changed((all) => (all[kConv].shape = [3, 3, 1, 3])),
  'a shape with the sizes in another order': () =>
    changed((all) => (all[kConv].shape = [2, 3, 3, 1])),
  'a negative size': () => changed((all) => (all[kConv].shape = [-3, -3, 1, 2])),
  'a broken size': () => changed((all) => (all[kConv].shape = [4.5, 1, 1, 4])),
  'a size beyond all memory': () => changed((all) => (all[kConv].shape = [kHuge, kHuge, 0, 2])),
  'offsets that run backwards': () => changed((all) => all[kConv].data_offsets.reverse()),
  'offsets that overlap': () =>
    changed(
      (all) => (all['conv2d_1/bias'].data_offsets = all[kConv].data_offsets.map((n) => n / 9)),
    ),
  'a gap': () => {
    const { [kConv]: _gone, ...rest } = header()
    return file(JSON.stringify(rest))
  },
  'three offsets': () => changed((all) => all[kConv].data_offsets.push(0)),
  'words that are no words': () => changed((_, words) => (words.seed = 5)),
  'no topology': () => changed((_, words) => delete words.topology),
  'another version': () => changed((_, words) => (words.version = '2')),
  'a seed that is none': () => changed((_, words) => (words.seed = 'NaN')),
  'a topology that is no JSON': () => changed((_, words) => (words.topology = '{')),
  'a topology of null': () => changed((_, words) => (words.topology = 'null')),
  'a topology without layers': () => inside('topology', (one) => void delete one.layers),
  'a layer of a type that is none': () =>
    inside('topology', (one) => void (one.layers[1].type = 'conv9d')),
  'a layer with an option that is none': () =>
    inside('topology', (one) => void (one.layers[1].options.filter = 3)),
  'a giant layer': () =>
    inside('topology', (one) => void (one.layers[1].options.filters = 2 ** 31 - 1)),
  'a large layer': () =>
    inside('topology', (one) => void (one.layers[4].options.units = 20_000_000)),
  'a layer that reads what comes later': () =>
    inside('topology', (one) => void (one.layers[1].from = ['dense_1'])),
  'a layer that reads itself': () =>
    inside('topology', (one) => void (one.layers[1].from = ['conv2d_1'])),
  'two layers with one name': () =>
    inside('topology', (one) => void (one.layers[2].name = 'conv2d_1')),
  'options nested a thousand deep': () =>
    inside('topology', (one) => {
      for (let depth = 0; depth < 1000; ++depth)
        one.layers[1].options = { a: one.layers[1].options }
    }),
  'a line break in a name': () => inside('topology', (one) => void (one.name = 'a\nmodel name=b')),
  'weights that are not there': () => inside('weights', (names) => [...names, 'dense_2/kernel']),
  'weights left out': () => inside('weights', (names) => names.slice(1)),
  'weights named twice': () => inside('weights', (names) => [...names.slice(1), names[1]]),
  'a loss that is none': () => inside('compile', (one) => void (one.loss = 'love')),
  'options of compile that are a list': () => inside('compile', () => []),
  'another optimizer than its slots': () =>
    inside('compile', (one) => void (one.optimizer = 'sgd')),
  'a step that is no number': () => inside('training', (one) => void (one.step = 'a b=c')),
  'a step below nothing': () => inside('training', (one) => void (one.step = -1)),
  'a place in the training that is null': () => changed((_, words) => (words.training = 'null')),
  'counts of other metrics': () =>
    inside('training', (one) => void (one.metrics = [1, 2, 3, 4, 5])),
  'averages that nobody keeps': () => inside('training', (one) => void (one.averaged = [1])),
  'slots without a training': () => changed((_, words) => delete words.training),
  'a training without compile': () => changed((_, words) => delete words.compile),
}

for (const [about, make] of Object.entries(kBroken)) {
  test(about, async () => {
    const before = (await fovea.memory()).heapBytes
    await isRefused(make(), about)
    assert.equal((await fovea.memory()).heapBytes, before, 'memory was taken')
  })
}

test('numbers of another type are refused by name', async () => {
  await assert.rejects(fovea.loadModel(changed((all) => (all[kConv].dtype = 'BF16'))), {
    code: 'unsupported',
    message:
      'loadModel: "conv2d_1/kernel" holds numbers of the type BF16, and Fovea reads F32. Convert the ' +
      'file to float32 where it was made.',
  })
})

test('after all of that the library works', async () => {
  const loaded = await fovea.loadModel(whole)
  assert.equal(await bits(loaded), await bits(model))
})
