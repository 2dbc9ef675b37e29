// Data sets: the digits of the package, IDX files from every kind of source, and damaged ones.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as fovea from 'fovea'
import { rejects } from './support/small.mjs'

const folder = mkdtempSync(join(tmpdir(), 'fovea-'))
after(() => rmSync(folder, { recursive: true }))

// The tests below decide by themselves whether there is a folder in the environment.
const official = process.env.FOVEA_DATA_DIR
delete process.env.FOVEA_DATA_DIR

const header = (...sizes) => {
  const bytes = Buffer.alloc(4 + 4 * sizes.length)
  bytes.set([0, 0, 8, sizes.length])
  sizes.forEach((size, k) => bytes.writeUInt32BE(size, 4 + 4 * k))
  return bytes
}
const imagesFile = (count, first = 0) =>
  Buffer.concat([
    header(count, 2, 3),
    Buffer.from(Array.from({ length: count * 6 }, (_, k) => k + first)),
  ])
const labelsFile = (count) =>
  Buffer.concat([header(count), Buffer.from(Array.from({ length: count }, (_, k) => k % 3))])

const files = {
  trainImages: imagesFile(5),
  trainLabels: labelsFile(5),
  testImages: imagesFile(2, 100),
  testLabels: labelsFile(2),
}
const names = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
}

function check({ train, test: held, classNames }) {
  assert.deepEqual(train.images, {
    data: Uint8Array.from({ length: 30 }, (_, k) => k),
    shape: [5, 2, 3, 1],
  })
  assert.deepEqual(train.labels, Int32Array.of(0, 1, 2, 0, 1))
  assert.deepEqual([held.images.shape, held.images.data[0]], [[2, 2, 3, 1], 100])
  assert.equal(classNames.length, 10)
}

test('digits: 9,000 and 1,000, all classes in both, the same bytes every time', async () => {
  const { train, test: held, classNames } = await fovea.datasets.digits()
  assert.deepEqual(train.images.shape, [9000, 28, 28, 1])
  assert.deepEqual(held.images.shape, [1000, 28, 28, 1])
  assert.deepEqual(classNames, [...'0123456789'])
  for (const set of [train, held]) {
    const { perClass, count } = fovea.datasets.summary(set)
    for (const { count: one } of perClass) assert.ok(one > count * 0.07 && one < count * 0.13)
  }
  const hash = createHash('sha256').update(train.images.data).update(held.images.data)
  assert.equal(hash.update(held.labels).digest('hex').slice(0, 16), 'e104d7885f04a8fc')
})

test('mnist from bytes, from a folder, from gzipped files, from the environment', async () => {
  check(await fovea.datasets.mnist({ source: files }))
  for (const [key, bytes] of Object.entries(files)) {
    const zipped = key.startsWith('test')
    writeFileSync(
      join(folder, names[key] + (zipped ? '.gz' : '')),
      zipped ? gzipSync(bytes) : bytes,
    )
  }
  check(await fovea.datasets.mnist({ source: folder }))
  process.env.FOVEA_DATA_DIR = folder
  check(await fovea.datasets.mnist())
  delete process.env.FOVEA_DATA_DIR
})

test('the official files of MNIST', { skip: official ? false : 'no FOVEA_DATA_DIR' }, async () => {
  const { train, test: held } = await fovea.datasets.mnist({ source: official })
  const { count, shape, mean, standardDeviation } = fovea.datasets.summary(train)
  assert.deepEqual([count, shape, held.labels.length], [60_000, [28, 28, 1], 10_000])
  assert.deepEqual([...train.labels.slice(0, 5)], [5, 0, 4, 1, 9])
  // The figures that everyone normalises by: 0.1307 and 0.3081.
  assert.equal((mean / 255).toFixed(4), '0.1307')
  assert.equal((standardDeviation / 255).toFixed(4), '0.3081')
})

test('mnist from URLs and from picked files', async () => {
  const server = createServer((request, response) => {
    const key = Object.keys(names).find((one) => request.url === `/data/${names[one]}.gz`)
    if (key === undefined) response.writeHead(404).end()
    else response.end(gzipSync(files[key]))
  })
  await new Promise((resolve) => server.listen(0, resolve))
  try {
    const base = `http://localhost:${server.address().port}`
    check(await fovea.datasets.mnist({ source: `${base}/data` }))
    const each = Object.entries(names).map(([key, name]) => [key, `${base}/data/${name}.gz`])
    check(await fovea.datasets.mnist({ source: Object.fromEntries(each) }))
    await rejects(
      'bad-file',
      `mnist: cannot fetch ${base}/other/${names.trainImages}.gz: the server answers 404 Not Found.`,
      () => fovea.datasets.mnist({ source: `${base}/other/` }),
    )
  } finally {
    server.close()
    server.closeAllConnections()
  }
  const { File } = await import('node:buffer')
  const picked = Object.entries(names).map(([key, name]) => new File([files[key]], `${name}.gz`))
  check(await fovea.datasets.mnist({ source: picked }))
  await rejects(
    'bad-file',
    'mnist: none of the 3 files is called t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz.',
    () => fovea.datasets.mnist({ source: picked.slice(0, 3) }),
  )
})

test('mnist without a source says where to get it', () =>
  rejects(
    'bad-option',
    'mnist: needs a source: a folder, URLs, files or bytes of the four IDX files (in Node also the ' +
      'folder in FOVEA_DATA_DIR). Download the four files with `node scripts/download-mnist.mjs ' +
      'data/mnist`, or from https://storage.googleapis.com/cvdf-datasets/mnist/.',
    () => fovea.datasets.mnist(),
  ))

test('a folder without the files is named', () =>
  rejects(
    'bad-file',
    'mnist: the folder /nowhere has no file train-images-idx3-ubyte or train-images-idx3-ubyte.gz.',
    () => fovea.datasets.mnist({ source: '/nowhere' }),
  ))

test('a file that is no IDX file', () =>
  rejects(
    'bad-file',
    'fromIdx: the images: it is no IDX file: it begins with 89 50 4e 47 where 00 00 08 03 (images) or ' +
      '00 00 08 01 (labels) is expected. Get the file again.',
    () => fovea.datasets.fromIdx(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d), labelsFile(1)),
  ))

test('an empty file', () =>
  rejects(
    'bad-file',
    'fromIdx: the images: it is no IDX file: it begins with nothing where 00 00 08 03 (images) or 00 00 ' +
      '08 01 (labels) is expected. Get the file again.',
    () => fovea.datasets.fromIdx(new Uint8Array(), labelsFile(1)),
  ))

test('a truncated file, in its data and in its header', async () => {
  await rejects(
    'bad-file',
    'fromIdx: the images: its header promises 5 x 2 x 3 = 30 bytes of data but 29 follow; it is ' +
      'truncated. Get the file again.',
    () => fovea.datasets.fromIdx(files.trainImages.subarray(0, -1), files.trainLabels),
  )
  await rejects(
    'bad-file',
    'fromIdx: the images: it ends after 9 bytes, inside its header of 16; it is truncated. Get the file ' +
      'again.',
    () => fovea.datasets.fromIdx(files.trainImages.subarray(0, 9), files.trainLabels),
  )
})

test('a truncated gzip file', () =>
  rejects(
    'bad-file',
    'fromIdx: the labels: its gzip compression cannot be undone; it is truncated or altered. Get the file ' +
      'again.',
    () => fovea.datasets.fromIdx(files.trainImages, gzipSync(files.trainLabels).subarray(0, -12)),
  ))

test('a file with too much in it, and one of another type', async () => {
  await rejects(
    'bad-file',
    'fromIdx: the labels: its header promises 5 = 5 bytes of data but 6 follow; something was appended ' +
      'to it. Get the file again.',
    () =>
      fovea.datasets.fromIdx(
        files.trainImages,
        Buffer.concat([files.trainLabels, Buffer.alloc(1)]),
      ),
  )
  const floats = Buffer.from(files.trainLabels)
  floats[2] = 0x0d
  await rejects(
    'bad-file',
    'fromIdx: the labels: its header says type 0d with 1 dimensions where bytes (type 08) with at least ' +
      'one are expected. Get the file again.',
    () => fovea.datasets.fromIdx(files.trainImages, floats),
  )
})

test('a header that promises more than there can be allocates nothing', () =>
  rejects(
    'bad-file',
    'fromIdx: the images: its header promises 4294967295 x 4294967295 x 2 = 36893488130239234000 bytes ' +
      'of data but 0 follow; it is truncated. Get the file again.',
    () => fovea.datasets.fromIdx(header(0xffffffff, 0xffffffff, 2), files.trainLabels),
  ))

test('files that do not belong together, or are swapped', async () => {
  await rejects(
    'bad-file',
    'fromIdx: the labels: has 2 labels for the 5 images of fromIdx: the images. The two files do not ' +
      'belong together.',
    () => fovea.datasets.fromIdx(files.trainImages, files.testLabels),
  )
  await rejects(
    'bad-file',
    'fromIdx: the images: has 1 dimensions where images have 3. Are the two files swapped?',
    () => fovea.datasets.fromIdx(files.trainLabels, files.trainImages),
  )
})

test('every truncation of a gzipped file is refused', async () => {
  const zipped = gzipSync(files.trainImages)
  for (let length = 0; length < zipped.length; length += 3) {
    const work = fovea.datasets.fromIdx(zipped.subarray(0, length), files.trainLabels)
    await assert.rejects(work, { code: 'bad-file' }, `${length} of ${zipped.length} bytes`)
  }
})

test('split is decided by the seed, loses nothing, and can keep the balance', () => {
  const count = 200
  const images = fovea.tensor(
    Uint8Array.from({ length: count }, (_, k) => k),
    [count, 1, 1, 1],
  )
  const labels = Int32Array.from({ length: count }, (_, k) => (k % 10 === 0 ? 1 : 0))
  const set = { images, labels }
  const [rest, part] = fovea.datasets.split(set, { fraction: 0.25, seed: 3, stratify: true })
  assert.deepEqual([rest.labels.length, part.labels.length], [150, 50])
  assert.equal(part.labels.filter((label) => label === 1).length, 5)
  const all = [...rest.images.data, ...part.images.data].sort((a, b) => a - b)
  assert.deepEqual(all, [...images.data])
  for (const { images: some, labels: classes } of [rest, part]) {
    some.data.forEach((value, k) => assert.equal(classes[k], value % 10 === 0 ? 1 : 0))
  }
  assert.deepEqual(fovea.datasets.split(set, { fraction: 0.25, seed: 3, stratify: true })[1], part)
  assert.notDeepEqual(
    fovea.datasets.split(set, { fraction: 0.25, seed: 4, stratify: true })[1],
    part,
  )
})

test('summary counts classes and measures pixels', () => {
  const images = fovea.tensor(Uint8Array.of(0, 2, 4, 6), [2, 1, 2, 1])
  const set = { images, labels: Int32Array.of(2, 2), classNames: ['a', 'b', 'c'] }
  assert.deepEqual(fovea.datasets.summary(set), {
    count: 2,
    shape: [1, 2, 1],
    perClass: [
      { name: 'a', count: 0 },
      { name: 'b', count: 0 },
      { name: 'c', count: 2 },
    ],
    mean: 3,
    standardDeviation: Math.sqrt(5),
  })
})
