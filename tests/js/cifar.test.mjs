// CIFAR-10's files: planes become pixels, damaged files are named, and the real ones where they are.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as fovea from 'fovea'
import { rejects } from './support/small.mjs'

const folder = mkdtempSync(join(tmpdir(), 'fovea-'))
after(() => rmSync(folder, { recursive: true }))
const official = process.env.FOVEA_CIFAR_DIR
delete process.env.FOVEA_CIFAR_DIR

/** One row for each label: pixel p of channel c is (label + p + 50 c) mod 256. */
function file(...labels) {
  const rows = labels.map((label) => [
    label,
    ...Array.from({ length: 3072 }, (_, k) => (label + (k % 1024) + 50 * (k >> 10)) % 256),
  ])
  return Uint8Array.from(rows.flat())
}

test('fromCifar turns planes into pixels', async () => {
  const { images, labels, classNames } = await fovea.datasets.fromCifar(file(3, 9))
  assert.deepEqual(
    [images.shape, [...labels]],
    [
      [2, 32, 32, 3],
      [3, 9],
    ],
  )
  assert.deepEqual([...images.data.slice(0, 6)], [3, 53, 103, 4, 54, 104])
  assert.deepEqual([...images.data.slice(3072 + 3 * 33, 3072 + 3 * 33 + 3)], [42, 92, 142])
  assert.deepEqual([classNames.length, classNames[3], classNames[9]], [10, 'cat', 'truck'])
})

test('cifar10 from bytes, from a folder with as many files as there are, from the environment', async () => {
  const check = ({ train, test: held, classNames }) => {
    assert.deepEqual([...train.labels, ...held.labels], [1, 2, 5, 7])
    assert.deepEqual([train.images.shape[0], held.images.shape[0]], [3, 1])
    assert.deepEqual(
      [train.images.data[6144], held.images.data[0], classNames[0]],
      [5, 7, 'airplane'],
    )
  }
  check(
    await fovea.datasets.cifar10({
      source: { train: [file(1, 2), file(5)], test: gzipSync(file(7)) },
    }),
  )
  writeFileSync(join(folder, 'data_batch_1.bin'), file(1, 2))
  writeFileSync(join(folder, 'data_batch_4.bin.gz'), gzipSync(file(5)))
  writeFileSync(join(folder, 'test_batch.bin'), file(7))
  check(await fovea.datasets.cifar10({ source: folder }))
  process.env.FOVEA_CIFAR_DIR = folder
  check(await fovea.datasets.cifar10())
  delete process.env.FOVEA_CIFAR_DIR
})

const { cifar10, fromCifar } = fovea.datasets
for (const [code, message, work] of [
  [
    'bad-file',
    'fromCifar: has 3072 bytes, which is no multiple of 3073 (a class and 32x32 pixels in three ' +
      'colours); it is truncated or no CIFAR-10 file. Get the file again.',
    () => fromCifar(file(1).subarray(1)),
  ],
  [
    'bad-file',
    'fromCifar: picture 1 has class 10 but there are classes 0 to 9; the file is damaged or no ' +
      'CIFAR-10 file. Get the file again.',
    () => fromCifar(file(0, 10)),
  ],
  [
    'bad-file',
    'fromCifar: its gzip compression cannot be undone; it is truncated or altered. Get the file again.',
    () => fromCifar(gzipSync(file(0, 1)).subarray(0, 99)),
  ],
  [
    'bad-file',
    `cifar10: the folder ${join(folder, 'none')} needs data_batch_1.bin and test_batch.bin, or both ` +
      'with .gz, but has no test_batch.bin.',
    () => cifar10({ source: join(folder, 'none') }),
  ],
  [
    'bad-option',
    'cifar10: source needs a folder, a URL, or { train: [...], test } but gets an object (test).',
    () => cifar10({ source: { test: file(1) } }),
  ],
  [
    'bad-option',
    'cifar10: needs a source: a folder, a URL, or { train: [...], test } with files or bytes (in Node ' +
      'also the folder in FOVEA_CIFAR_DIR). Unpack the binary version from ' +
      'https://www.cs.toronto.edu/~kriz/cifar.html.',
    () => cifar10(),
  ],
]) {
  test(`refused: ${message}`, () => rejects(code, message, work))
}

test('the official files', { skip: !official && 'FOVEA_CIFAR_DIR is not set' }, async () => {
  const { train, test: held } = await cifar10({ source: official })
  assert.ok(train.labels.length % 1000 === 0 && held.labels.length % 1000 === 0)
  for (const { count } of fovea.datasets.summary(held).perClass) assert.ok(count > 0)
})
