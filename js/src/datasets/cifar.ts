// CIFAR-10's binary format: 3,073 bytes for each picture, its class and then 32x32 pixels in three
// planes, red, green, blue. Source: https://www.cs.toronto.edu/~kriz/cifar.html
// SPDX-License-Identifier: MIT
import type { Dataset } from '../columns.js'
import { FoveaError } from '../errors.js'
import { fetchBytes } from '../fetch.js'
import { checkNames, describe } from '../options.js'
import { platform } from '../platform.js'
import { gunzipIfNeeded } from './idx.js'
import type { SplitDataset } from './mnist.js'
import { bytesOf, isUrl } from './source.js'
import type { FileSource, NamedBytes } from './source.js'

/** The files of CIFAR-10: one or more to train, one to test. */
export interface CifarFiles {
  /** The batches to train with. */
  train: readonly FileSource[]
  /** The batch to test with. */
  test: FileSource
}

/** Options of {@link cifar10}. */
export interface CifarOptions {
  /**
   * A folder with test_batch.bin and as many of data_batch_1.bin to data_batch_5.bin as there are, or
   * the URL of one with all six; gzipped or not; or the files. In Node also by FOVEA_CIFAR_DIR.
   */
  source?: string | URL | CifarFiles
}

const kPixels = 32 * 32
const kRowBytes = 1 + 3 * kPixels
const kNames = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ')
const kTrainFiles = [1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`)

export async function cifar10(options: CifarOptions = {}): Promise<SplitDataset> {
  const place = 'cifar10'
  checkNames(place, options, ['source'])
  const source = options.source ?? platform.environment('FOVEA_CIFAR_DIR')
  if (source === undefined || source === '') {
    throw new FoveaError(
      'bad-option',
      `${place}: needs a source: a folder, a URL, or { train: [...], test } with files or bytes (in ` +
        `Node also the folder in FOVEA_CIFAR_DIR). Unpack the binary version from ` +
        `https://www.cs.toronto.edu/~kriz/cifar.html.`,
    )
  }
  const { train, test } = await readFiles(place, source)
  return {
    train: join(await Promise.all(train.map(decode))),
    test: await decode(test),
    classNames: kNames,
  }
}

export async function fromCifar(file: FileSource): Promise<Dataset> {
  return decode({ name: 'fromCifar', bytes: await bytesOf('fromCifar', file) })
}

async function readFiles(
  place: string,
  source: string | URL | CifarFiles,
): Promise<{ train: NamedBytes[]; test: NamedBytes }> {
  if (typeof source !== 'string' && !(source instanceof URL)) {
    if (source === null || !Array.isArray(source.train) || source.test === undefined) {
      throw new FoveaError(
        'bad-option',
        `${place}: source needs a folder, a URL, or { train: [...], test } but gets ${describe(source)}.`,
      )
    }
    const read = async (name: string, one: FileSource): Promise<NamedBytes> => {
      return { name: `${place}: ${name}`, bytes: await bytesOf(place, one) }
    }
    const train = source.train.map((one: FileSource, k) => read(`training file ${k + 1}`, one))
    return { train: await Promise.all(train), test: await read('the test file', source.test) }
  }
  const find = async (name: string): Promise<NamedBytes | undefined> => {
    const bytes = isUrl(source)
      ? await fetchBytes(new URL(name, String(source).replace(/\/?$/, '/')), place)
      : await platform.readFromFolder(source, [name, `${name}.gz`])
    return bytes && { name, bytes }
  }
  const found = await Promise.all([...kTrainFiles, 'test_batch.bin'].map(find))
  const [test, ...others] = found.reverse()
  const train = others.reverse().filter((one) => one !== undefined)
  if (test !== undefined && train.length > 0) return { train, test }
  throw new FoveaError(
    'bad-file',
    `${place}: the folder ${String(source)} needs data_batch_1.bin and test_batch.bin, or both with ` +
      `.gz, but has no ${test === undefined ? 'test_batch.bin' : 'data_batch_1.bin'}.`,
  )
}

async function decode(file: NamedBytes): Promise<Required<Dataset>> {
  const { name } = file
  const bytes = await gunzipIfNeeded(name, file.bytes)
  const count = bytes.length / kRowBytes
  if (!Number.isInteger(count) || count === 0) {
    throw new FoveaError(
      'bad-file',
      `${name}: has ${bytes.length} bytes, which is no multiple of ${kRowBytes} (a class and 32x32 ` +
        `pixels in three colours); it is truncated or no CIFAR-10 file. Get the file again.`,
    )
  }
  const labels = new Int32Array(count)
  const data = new Uint8Array(count * 3 * kPixels)
  for (let row = 0; row < count; ++row) {
    const from = row * kRowBytes
    const label = bytes[from] ?? 0
    if (label >= kNames.length) {
      throw new FoveaError(
        'bad-file',
        `${name}: picture ${row} has class ${label} but there are classes 0 to 9; the file is damaged ` +
          `or no CIFAR-10 file. Get the file again.`,
      )
    }
    labels[row] = label
    for (let pixel = 0; pixel < kPixels; ++pixel) {
      for (let channel = 0; channel < 3; ++channel) {
        const value = bytes[from + 1 + channel * kPixels + pixel] ?? 0
        data[(row * kPixels + pixel) * 3 + channel] = value
      }
    }
  }
  return { images: { data, shape: [count, 32, 32, 3] }, labels, classNames: kNames }
}

function join(sets: readonly Required<Dataset>[]): Required<Dataset> {
  const labels = Int32Array.from(sets.flatMap((one) => [...one.labels]))
  const data = new Uint8Array(labels.length * 3 * kPixels)
  let at = 0
  for (const { images } of sets) {
    data.set(images.data, at)
    at += images.data.length
  }
  return { images: { data, shape: [labels.length, 32, 32, 3] }, labels, classNames: kNames }
}
