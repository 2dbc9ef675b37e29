// One convolution of an image, by a model of one layer.
// SPDX-License-Identifier: MIT
import { model as makeModel } from '../create.js'
import { FoveaError } from '../errors.js'
import { input } from '../graph.js'
import { conv2d, depthwiseConv2d } from '../layers.js'
import type { Padding, Size2d } from '../layers.js'
import { checkNames, describe } from '../options.js'
import { shapeText, tensor, toTensorData } from '../tensor.js'
import type { FloatTensor, Tensor } from '../tensor.js'

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
  const shared = {
    kernelSize: [rows, columns] as const,
    useBias: false,
    name: 'convolve',
    ...(stride !== undefined && { strides: stride }),
    ...(padding !== undefined && { padding }),
    ...(dilation !== undefined && { dilationRate: dilation }),
  }
  const layer = each ? depthwiseConv2d(shared) : conv2d({ ...shared, filters })
  const inputs = input({ shape: [height, width, channels] })
  const model = await makeModel({ inputs, outputs: layer.apply(inputs), name: 'image', seed: 0 })
  try {
    const weights = await model.getWeights()
    const values = each ? repeated(k.data, channels) : Float32Array.from(k.data)
    await model.setWeights(weights.map((one) => ({ ...one, data: values })))
    const { data, shape } = await model.predict({
      data: x.data,
      shape: [n, height, width, channels],
    })
    const [, high = 0, wide = 0, deep = 0] = shape
    if (rank === 4) return { data, shape }
    return { data, shape: rank === 2 && deep === 1 ? [high, wide] : [high, wide, deep] }
  } finally {
    await model.dispose()
  }
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

/** The same kernel for every channel: [kh, kw] to [kh, kw, channels, 1]. */
function repeated(kernel: ArrayLike<number>, channels: number): Float32Array {
  const count = kernel.length * channels
  return Float32Array.from({ length: count }, (_, i) => kernel[Math.floor(i / channels)] ?? 0)
}
