// One convolution of an image, by a model of one layer.
// SPDX-License-Identifier: MIT
import { model as makeModel } from '../create.js'
import { FoveaError } from '../errors.js'
import { input } from '../graph.js'
import { conv2d } from '../layers.js'
import type { Padding, Size2d } from '../layers.js'
import { checkNames, describe } from '../options.js'
import { shapeText, tensor, toTensorData } from '../tensor.js'
import type { FloatTensor, Tensor, TensorData } from '../tensor.js'

/** Options of {@link convolve}. */
export interface ConvolveOptions {
  /** Steps between windows. Default 1. */
  stride?: Size2d
  /** Default `valid`: none, the result is smaller than the image. */
  padding?: Padding
  /** Steps between the taps of the kernel. Default 1. */
  dilation?: Size2d
}

const kPlace = 'image.convolve'

export async function convolve(
  image: Tensor,
  kernel: Tensor,
  options: ConvolveOptions = {},
): Promise<FloatTensor> {
  checkNames(kPlace, options, ['stride', 'padding', 'dilation'])
  const x = checked('the image', image, 2, 4)
  const k = checked('the kernel', kernel, 2, 4)
  const { length: rank } = x.shape
  const [n = 1, height = 1, width = 1, channels = 1] = fourSizes(x.shape)
  const [rows = 1, columns = 1, depth = channels, filters = 1] = k.shape
  const each = k.shape.length === 2
  if (depth !== channels) {
    throw new FoveaError(
      'bad-shape',
      `${kPlace}: the kernel ${shapeText(k.shape)} is for ${depth} channel(s) but the image ` +
        `${shapeText(x.shape)} has ${channels}. Give a kernel [height, width] for every channel by ` +
        `itself, or [height, width, ${channels}].`,
    )
  }
  const { stride, padding, dilation } = options
  const layer = conv2d({
    kernelSize: [rows, columns],
    filters,
    useBias: false,
    name: 'convolve',
    ...(stride !== undefined && { strides: stride }),
    ...(padding !== undefined && { padding }),
    ...(dilation !== undefined && { dilationRate: dilation }),
  })
  // A kernel without channels sees every channel as an image of its own.
  const read = each ? 1 : channels
  const count = each ? n * channels : n
  const inputs = input({ shape: [height, width, read] })
  const model = await makeModel({ inputs, outputs: layer.apply(inputs), name: 'image', seed: 0 })
  try {
    const weights = await model.getWeights()
    await model.setWeights(weights.map((one) => ({ ...one, data: Float32Array.from(k.data) })))
    const planes = each ? moved(x.data, n, height * width, channels) : x.data
    const result = await model.predict({ data: planes, shape: [count, height, width, read] })
    const [, high = 0, wide = 0] = result.shape
    const deep = each ? channels : filters
    const data = each ? moved(result.data, n, channels, high * wide) : result.data
    if (rank === 4) return { data, shape: [n, high, wide, deep] }
    return { data, shape: rank === 2 && deep === 1 ? [high, wide] : [high, wide, deep] }
  } finally {
    await model.dispose()
  }
}

/** `[n, rows, columns]` to `[n, columns, rows]`. */
function moved<Data extends TensorData>(
  data: Data,
  n: number,
  rows: number,
  columns: number,
): Data {
  if (rows === 1 || columns === 1) return data
  const result = data.slice() as Data
  const size = rows * columns
  for (let start = 0; start < n * size; start += size) {
    for (let row = 0; row < rows; ++row) {
      for (let column = 0; column < columns; ++column) {
        result[start + column * rows + row] = data[start + row * columns + column] ?? 0
      }
    }
  }
  return result
}

function checked(what: string, given: Tensor, least: number, most: number): Tensor {
  const { data, shape } = (given ?? {}) as Partial<Tensor>
  if (data === undefined || !Array.isArray(shape)) {
    throw new FoveaError(
      'bad-shape',
      `${kPlace}: ${what} must be a tensor but is ${describe(given)}. Make it with ` +
        `fovea.tensor(data, [height, width]).`,
    )
  }
  if (shape.length < least || shape.length > most || shape.includes(0)) {
    throw new FoveaError(
      'bad-shape',
      `${kPlace}: ${what} needs ${least} to ${most} dimensions, height and width first, but has ` +
        `the shape ${shapeText(shape)}.`,
    )
  }
  return tensor(toTensorData(data), shape)
}

/** [h, w] and [h, w, channels] as [n, h, w, channels]. */
function fourSizes(shape: readonly number[]): number[] {
  const [height = 1, width = 1, channels = 1] = shape
  return shape.length === 4 ? [...shape] : [1, height, width, channels]
}
