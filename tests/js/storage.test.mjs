// Saving and loading in Node: paths, files, bytes, URLs; whole or not at all. Browsers' own places are
// in tests/browser/storage.test.mjs.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import * as fovea from 'fovea'
import { bands, bits, rejects, smallModel } from './support/small.mjs'

const { images, labels } = bands(30)
const folder = mkdtempSync(join(tmpdir(), 'fovea-storage-'))
const path = join(folder, 'digits.safetensors')

after(async () => {
  rmSync(folder, { recursive: true })
  await fovea.shutdown()
})

test('a path, its URL, a Blob, bytes and HTTP give the same model', async (t) => {
  const model = await smallModel()
  await model.fit(images, labels)
  await model.save(path)
  const bytes = readFileSync(path)
  assert.deepEqual(readdirSync(folder), ['digits.safetensors'], 'nothing is left beside it')
  const server = createServer((request, response) => {
    if (request.url === '/digits') response.end(bytes)
    else response.writeHead(404).end()
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const site = `http://127.0.0.1:${server.address().port}`
  const unaligned = new Uint8Array(bytes.length + 3).subarray(3)
  unaligned.set(bytes)
  const sources = [
    path,
    pathToFileURL(path),
    pathToFileURL(path).href,
    new Blob([bytes]),
    [new File([bytes], 'digits.safetensors')],
    unaligned,
    unaligned.slice().buffer,
    `${site}/digits`,
    new URL(`${site}/digits`),
  ]
  for (const source of sources) {
    const loaded = await fovea.loadModel(source)
    assert.equal(await bits(loaded), await bits(model))
    const { epoch } = await loaded.fit(images, labels, { epochs: 2, resume: true })
    assert.deepEqual(epoch, [1], 'save keeps the training')
    await loaded.dispose()
  }
  await rejects(
    'bad-file',
    `loadModel: cannot fetch ${site}/none: the server answers 404 Not Found.`,
    () => fovea.loadModel(`${site}/none`),
  )
})

test('list, copy and remove', async () => {
  const copied = join(folder, 'copy.safetensors')
  await fovea.models.copy(path, copied)
  assert.deepEqual(readFileSync(copied), readFileSync(path))
  const all = await fovea.models.list(folder)
  assert.deepEqual(
    all.map(({ url, bytes, savedAt }) => [url, bytes, savedAt instanceof Date]),
    [copied, path].map((url) => [url, readFileSync(path).length, true]),
  )
  await fovea.models.remove(copied)
  assert.deepEqual((await fovea.models.list(folder)).length, 1)
  await rejects('bad-file', `models.remove: there is no model at ${copied}.`, () =>
    fovea.models.remove(copied),
  )
})

test('a save that fails leaves what stood there', async (t) => {
  const model = await smallModel()
  const before = readFileSync(path)
  const full = join(folder, 'full')
  mkdirSync(join(full, 'taken.safetensors', 'inside'), { recursive: true })
  await assert.rejects(model.save(join(full, 'taken.safetensors')), (error) => {
    assert.equal(error.code, 'bad-file')
    assert.match(error.message, /^save: cannot write .*taken\.safetensors: Error: E/)
    return true
  })
  assert.deepEqual(readdirSync(full), ['taken.safetensors'], 'no part is left')
  assert.deepEqual(readdirSync(join(full, 'taken.safetensors')), ['inside'])
  if (process.getuid?.() !== 0) {
    chmodSync(folder, 0o500)
    t.after(() => chmodSync(folder, 0o700))
    await assert.rejects(model.save(path), { code: 'bad-file' })
    assert.deepEqual(readFileSync(path), before)
    chmodSync(folder, 0o700)
  }
  await model.dispose()
  await assert.rejects(model.save(path), { code: 'disposed' })
  assert.deepEqual(readFileSync(path), before)
})

test('two saves to one path at once leave one of the two', async () => {
  const models = [await smallModel({ seed: 1 }), await smallModel({ seed: 2 })]
  await Promise.all(models.map((model) => model.save(path)))
  const { seed } = await fovea.loadModel(path)
  assert.ok(seed === 1 || seed === 2)
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.part')),
    [],
  )
})

test('places that are not here, and what is no place, are refused', async () => {
  const model = await smallModel()
  const missing = join(folder, 'missing.safetensors')
  const cases = [
    [
      'unsupported',
      'save: there is no IndexedDB here. Use a path.',
      () => model.save('indexeddb://a'),
    ],
    [
      'unsupported',
      'save: there is no localStorage here. Use a path.',
      () => model.save('localstorage://a'),
    ],
    [
      'unsupported',
      'save: there is no downloads here. Use a path.',
      () => model.save('downloads://a'),
    ],
    [
      'unsupported',
      'save: cannot do this with "https://example.org/a". Use indexeddb://name, localstorage://name or ' +
        'downloads://name, or a path.',
      () => model.save('https://example.org/a'),
    ],
    ['bad-option', 'save: needs a URL or a path but gets undefined.', () => model.save()],
    [
      'bad-option',
      'loadModel: needs a URL, a path, a File or its bytes but gets 5.',
      () => fovea.loadModel(5),
    ],
    ['bad-file', `loadModel: there is no model at ${missing}.`, () => fovea.loadModel(missing)],
  ]
  for (const [code, sentence, work] of cases) await rejects(code, sentence, work)
})

test('modelCheckpoint saves to a path', async () => {
  const model = await smallModel()
  const file = join(folder, 'best.safetensors')
  const callbacks = [fovea.callbacks.modelCheckpoint({ save: file })]
  await model.fit(images, labels, { epochs: 2, callbacks })
  assert.equal(await bits(await fovea.loadModel(file)), await bits(model))
  const each = fovea.callbacks.modelCheckpoint({ save: join(folder, 'epoch-{epoch}.safetensors') })
  await model.fit(images, labels, { epochs: 3, initialEpoch: 1, callbacks: [each] })
  const kept = (await fovea.models.list(folder)).map(({ url }) => url.slice(folder.length + 1))
  assert.deepEqual(
    kept.filter((name) => name.startsWith('epoch')),
    ['epoch-2.safetensors', 'epoch-3.safetensors'],
  )
  writeFileSync(file, 'not a model')
  await assert.rejects(fovea.loadModel(file), { code: 'bad-file' })
})
