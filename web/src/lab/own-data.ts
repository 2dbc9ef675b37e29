// SPDX-License-Identifier: MIT
// Data from the visitor's own files: MNIST's four IDX files or two of such, with the names of their classes
// where a text file has them, CIFAR-10's batches, or images whose folder is their class. Nothing is sent
// anywhere; the library reads the bytes here.
import type { Dataset } from 'fovea'
import { labData } from './data.js'
import type { LabData, Split } from './data.js'

const kHeldOut = 0.1
// Larger pictures are scaled to this side.
const kSide = 32
const kFewest = 10

const kImage = /\.(png|jpe?g|webp|gif|bmp|avif)$/i
const kIdx = /idx[13]-ubyte|\.idx[13]?/i

// The files of MNIST and of Fashion-MNIST have the same names; their first labels tell them apart.
const kFirstLabels = { mnist: '50419213143536172869', fashion: '90030272550955791064' }
const kIdxLabelsFrom = 8

/** Reads what was chosen or dropped. What is no data set is refused with a sentence. */
export async function readOwnData(files: readonly File[]): Promise<LabData> {
  const cifar = files.filter(({ name }) => /\.bin(\.gz)?$/i.test(name))
  const idx = files.filter(({ name }) => kIdx.test(name))
  const images = files.filter(({ name }) => kImage.test(name))
  if (cifar.length > 0) return readCifar(cifar)
  if (idx.length > 0) return readIdxFiles(files)
  if (images.length > 0) return readImages(images)
  throw new Error(
    `None of these ${files.length} files is known here. Give IDX files (images and labels), ` +
      'CIFAR-10’s .bin files, or a folder with one folder of images for each class.',
  )
}

async function readCifar(files: readonly File[]): Promise<LabData> {
  const { datasets } = await import('fovea')
  const test = files.find(({ name }) => name.startsWith('test'))
  const train = files.filter((file) => file !== test)
  if (test && train.length > 0) {
    return labData('cifar', await datasets.cifar10({ source: { train, test } }))
  }
  return labData('cifar', await cut(await datasets.fromCifar(files[0] as File)))
}

async function readIdxFiles(files: readonly File[]): Promise<LabData> {
  const { datasets } = await import('fovea')
  const find = (...parts: RegExp[]): File | undefined =>
    files.find(({ name }) => kIdx.test(name) && parts.every((part) => part.test(name)))
  const kTest = /t10k|test/i
  const [trainImages, trainLabels] = [find(/train/i, /images/i), find(/train/i, /labels/i)]
  const [testImages, testLabels] = [find(kTest, /images/i), find(kTest, /labels/i)]
  const names = await namesIn(files.find(({ name }) => /\.txt$/i.test(name)))
  if (trainImages && trainLabels && testImages && testLabels) {
    const source = { trainImages, trainLabels, testImages, testLabels }
    const first = await firstLabels(trainLabels)
    if (first === kFirstLabels.fashion) {
      return labData('fashion', await datasets.fashionMnist({ source }))
    }
    if (first === kFirstLabels.mnist) return labData('mnist', await datasets.mnist({ source }))
    const train = await datasets.fromIdx(trainImages, trainLabels)
    return labData('own', named(train, await datasets.fromIdx(testImages, testLabels), names))
  }
  const [images, labels] = [find(/images|idx3/i), find(/labels|idx1/i)]
  if (images && labels)
    return labData('own', await cut(await datasets.fromIdx(images, labels), names))
  throw new Error(
    'IDX files come in pairs, images and labels; here is only one of them. Give both at once.',
  )
}

/** The first labels of an IDX file, as digits. */
async function firstLabels(file: File): Promise<string> {
  const count = kFirstLabels.mnist.length
  const packed = /\.gz$/i.test(file.name)
  const stream = packed
    ? file.stream().pipeThrough(new DecompressionStream('gzip'))
    : file.slice(0, kIdxLabelsFrom + count).stream()
  const reader = stream.getReader()
  const { value } = await reader.read()
  await reader.cancel()
  return [...(value ?? [])].slice(kIdxLabelsFrom, kIdxLabelsFrom + count).join('')
}

/** Names of classes: a line each. */
async function namesIn(file: File | undefined): Promise<string[] | undefined> {
  const lines = (await file?.text())?.split(/\r?\n/).map((line) => line.trim())
  return lines?.filter((line) => line !== '')
}

function named(train: Dataset, test: Dataset, names: readonly string[] | undefined): Split {
  const most = (labels: Int32Array): number => labels.reduce((a, b) => Math.max(a, b), -1)
  const classes = Math.max(most(train.labels), most(test.labels)) + 1
  if (names && names.length !== classes) {
    throw new Error(
      `The text file has ${names.length} names, but the labels go from 0 to ${classes - 1}. Give a file ` +
        `with ${classes} lines, a name in each, or none.`,
    )
  }
  const classNames =
    names ?? train.classNames ?? Array.from({ length: classes }, (_, label) => String(label))
  return { train: { ...train, classNames }, test: { ...test, classNames }, classNames }
}

async function cut(all: Dataset, names?: readonly string[]): Promise<Split> {
  const { datasets } = await import('fovea')
  const [train, test] = datasets.split(all, { fraction: kHeldOut, seed: 1, stratify: true })
  return named(train, test, names)
}

async function readImages(files: readonly File[]): Promise<LabData> {
  const folderOf = ({ webkitRelativePath }: File): string =>
    webkitRelativePath.split('/').at(-2) ?? ''
  const classNames = [...new Set(files.map(folderOf))].sort()
  if (classNames.length < 2 || files.length < kFewest) {
    throw new Error(
      `Here are ${files.length} images in ${classNames.length} folder(s). At least ${kFewest} images ` +
        'are needed, and a folder for each class: choose the folder that holds these folders.',
    )
  }
  const labels = Int32Array.from(files, (file) => classNames.indexOf(folderOf(file)))
  const { side, pictures } = await readPixels(files)
  // Where no picture has a colour, one number for each pixel is enough.
  const grey = pictures.every((pixels) =>
    pixels.every((value, at) => at % 3 === 0 || value === pixels[at - 1]),
  )
  const channels = grey ? 1 : 3
  const size = side * side * channels
  const data = new Uint8Array(files.length * size)
  pictures.forEach((pixels, row) => {
    data.set(grey ? pixels.filter((_, at) => at % 3 === 0) : pixels, row * size)
  })
  const images = { data, shape: [files.length, side, side, channels] }
  return labData('own', await cut({ images, labels, classNames }))
}

async function readPixels(
  files: readonly File[],
): Promise<{ side: number; pictures: Uint8Array[] }> {
  const { browser } = await import('fovea')
  const pictures: Uint8Array[] = []
  let side = 0
  for (const file of files) {
    const bitmap = await createImageBitmap(file).catch(() => {
      throw new Error(`${file.name} cannot be read as an image. Take it out and try again.`)
    })
    side ||= Math.min(kSide, Math.max(bitmap.width, bitmap.height, 8))
    pictures.push((await browser.fromPixels(bitmap, { size: side, channels: 3 })).data)
    bitmap.close()
  }
  return { side, pictures }
}
