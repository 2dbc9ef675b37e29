// Convolutions and pooling in PyTorch: images [n, channels, height, width], kernels [out, in, height,
// width], of transposed ones [in, out, height, width]. Padding that differs from side to side is F.pad.
// SPDX-License-Identifier: MIT
import { plain } from '../arranger.js'
import type { Held } from '../arranger.js'
import { kChannelsFirst, transposed } from '../arrange.js'
import type { Block } from '../arrange.js'
import { inputOf, numberIn, numbersIn, wordIn } from '../network.js'
import type { Value } from '../network.js'
import { transposedPlan, windowPlan } from '../window.js'
import type { Sides, WindowPlan } from '../window.js'
import { activate } from './activations.js'
import { tuple } from './writer.js'
import type { TorchWriter } from './writer.js'

type LayerWriter = (to: TorchWriter, value: Value) => Held

const image = (to: TorchWriter, value: Value): string =>
  to.arranged(to.hold(inputOf(value)), kChannelsFirst)

const channelsFirst = (tensor: string): Held => ({ tensor, axes: kChannelsFirst })

const outFirst = (block: Block | undefined): Block | undefined =>
  block && transposed(block, [3, 2, 0, 1])

/** [height, width, in, multiplier] as [in * multiplier, 1, height, width]. */
function depthwiseKernel(block: Block): Block {
  const { data, shape } = transposed(block, [2, 3, 0, 1])
  const [channels = 1, multiplier = 1, height = 1, width = 1] = shape
  return { data, shape: [channels * multiplier, 1, height, width] }
}

/** An image with a border; `fill` is what it is made of. */
export function padded(x: string, [rows, columns]: Sides, fill = ''): string {
  const all = [...columns, ...rows]
  return all.every((one) => one === 0)
    ? x
    : `F.pad(${x}, ${tuple(all)}${fill && `, value=${fill}`})`
}

/** The input with its border, and what of the border the module can add itself: the same all round. */
function bordered(
  to: TorchWriter,
  x: string,
  { size, strides, dilation, sides }: WindowPlan,
  most: readonly number[],
  fill?: string,
): { x: string; padding: readonly number[] } {
  if (sides === null) {
    to.padsBySize = true
    const window = [size, strides, dilation].map(tuple).join(', ')
    return { x: `pad_same(${x}, ${window}${fill ? `, ${fill}` : ''})`, padding: [0, 0] }
  }
  const even = sides.every(([a, b], k) => a === b && a <= (most[k] as number))
  if (even) return { x, padding: sides.map(([a]) => a) }
  return { x: padded(x, sides, fill), padding: [0, 0] }
}

/** `kernel_size=(3, 3), stride=(2, 2), ...`; what is PyTorch's default is left out. */
function windowWords(
  { size, strides, dilation }: Pick<WindowPlan, 'size' | 'strides' | 'dilation'>,
  padding: readonly number[],
  more: readonly string[] = [],
): string {
  const words = [`kernel_size=${tuple(size)}`]
  const unless = (word: string, pair: readonly number[], usual: number): void => {
    if (pair.some((one) => one !== usual)) words.push(`${word}=${tuple(pair)}`)
  }
  unless('stride', strides, 1)
  unless('padding', padding, 0)
  unless('dilation', dilation, 1)
  return [...words, ...more].join(', ')
}

const anyPadding = [Infinity, Infinity]

function convolution(
  to: TorchWriter,
  value: Value,
  made: { out: number; groups: number; kernel: Block; bias: Block | undefined; suffix?: string },
): string {
  const channels = inputOf(value).shape[2] as number
  const plan = windowPlan(value, 'kernelSize')
  const { x, padding } = bordered(to, image(to, value), plan, anyPadding)
  const more = [
    ...(made.groups > 1 ? [`groups=${made.groups}`] : []),
    ...(made.bias === undefined ? ['bias=False'] : []),
  ]
  const text = `nn.Conv2d(${channels}, ${made.out}, ${windowWords(plan, padding, more)})`
  const weights = { weight: made.kernel, bias: made.bias }
  return `${to.module(value, text, weights, made.suffix)}(${x})`
}

const ended = (value: Value, tensor: string): Held =>
  activate(channelsFirst(tensor), wordIn(value, 'activation'))

function conv2d(to: TorchWriter, value: Value): Held {
  const kernel = outFirst(to.weight(value, 'kernel')) as Block
  const [out, groups] = [numberIn(value, 'filters'), numberIn(value, 'groups')]
  return ended(
    value,
    convolution(to, value, { out, groups, kernel, bias: to.weight(value, 'bias') }),
  )
}

function depthwise(to: TorchWriter, value: Value, kind: string, suffix = ''): string {
  const kernel = depthwiseKernel(to.weight(value, kind) as Block)
  const bias = kind === 'kernel' ? to.weight(value, 'bias') : undefined
  const groups = inputOf(value).shape[2] as number
  return convolution(to, value, { out: kernel.shape[0] as number, groups, kernel, bias, suffix })
}

function separableConv2d(to: TorchWriter, value: Value): Held {
  const x = depthwise(to, value, 'depthwise_kernel', '_depthwise')
  const weight = outFirst(to.weight(value, 'pointwise_kernel')) as Block
  const bias = to.weight(value, 'bias')
  const without = bias === undefined ? ', bias=False' : ''
  const text = `nn.Conv2d(${weight.shape[1]}, ${weight.shape[0]}, kernel_size=(1, 1)${without})`
  return ended(value, `${to.module(value, text, { weight, bias }, '_pointwise')}(${x})`)
}

function conv2dTranspose(to: TorchWriter, value: Value): Held {
  const weight = outFirst(to.weight(value, 'kernel')) as Block
  const bias = to.weight(value, 'bias')
  const { sides, extra, ...plan } = transposedPlan(value)
  const even = sides.every(([a, b]) => a === b)
  const padding = even ? sides.map(([a]) => a) : [0, 0]
  const more = [
    ...(extra.some((one) => one > 0) ? [`output_padding=${tuple(extra)}`] : []),
    ...(bias === undefined ? ['bias=False'] : []),
  ]
  const sizes = `${weight.shape[0]}, ${weight.shape[1]}`
  const text = `nn.ConvTranspose2d(${sizes}, ${windowWords(plan, padding, more)})`
  const y = `${to.module(value, text, { weight, bias })}(${image(to, value)})`
  return ended(value, even ? y : cropped(to.local(y), sides))
}

/** Without its border. */
export function cropped(x: string, sides: Sides): string {
  const ranges = sides.map(([a, b]) => `${a || ''}:${b === 0 ? '' : -b}`)
  return `${x}[:, :, ${ranges.join(', ')}]`
}

function maxPooling(to: TorchWriter, value: Value): Held {
  const plan = windowPlan(value, 'poolSize')
  const half = plan.size.map((one) => Math.floor(one / 2))
  const { x, padding } = bordered(to, image(to, value), plan, half, 'float("-inf")')
  return channelsFirst(`F.max_pool2d(${x}, ${windowWords(plan, padding, poolStride(plan))})`)
}

/** The stride of a pooling is its size unless it is said. */
const poolStride = ({ strides }: WindowPlan): string[] =>
  strides.every((one) => one === 1) ? ['stride=(1, 1)'] : []

function averagePooling(to: TorchWriter, value: Value): Held {
  const plan = windowPlan(value, 'poolSize')
  const half = plan.size.map((one) => Math.floor(one / 2))
  const given = image(to, value)
  const { x, padding } = bordered(to, given, plan, half)
  const words = windowWords(plan, padding, poolStride(plan))
  if (x === given) {
    const outside = padding.some((one) => one > 0) ? ', count_include_pad=False' : ''
    return channelsFirst(`F.avg_pool2d(${x}, ${words}${outside})`)
  }
  // Zeros in the border add nothing; how much of a window lies inside, a pooling of ones tells.
  const inside = to.local(`torch.ones_like(${given})`, 'inside')
  const shares = bordered(to, inside, plan, half).x
  return channelsFirst(`F.avg_pool2d(${x}, ${words}) / F.avg_pool2d(${shares}, ${words})`)
}

function sumPooling(to: TorchWriter, value: Value): Held {
  const plan = windowPlan(value, 'poolSize')
  const { x } = bordered(to, image(to, value), plan, [0, 0])
  const words = windowWords(plan, [0, 0], [...poolStride(plan), 'divisor_override=1'])
  return channelsFirst(`F.avg_pool2d(${x}, ${words})`)
}

const globalPooling =
  (call: string): LayerWriter =>
  (to, value) => {
    const keeps = value.config['keepdims'] === true
    const pooled = `${image(to, value)}.${call}((2, 3)${keeps ? ', keepdim=True' : ''})`
    return keeps ? channelsFirst(pooled) : plain(pooled, 2)
  }

function upSampling(to: TorchWriter, value: Value): Held {
  const nearest = wordIn(value, 'interpolation') === 'nearest'
  const size = numbersIn(value, 'size').map((one) => `${one}.0`)
  const mode = nearest ? 'mode="nearest"' : 'mode="bilinear", align_corners=False'
  return channelsFirst(`F.interpolate(${image(to, value)}, scale_factor=${tuple(size)}, ${mode})`)
}

function resizing(to: TorchWriter, value: Value): Held {
  const nearest = wordIn(value, 'interpolation') === 'nearest'
  const size = [numberIn(value, 'height'), numberIn(value, 'width')]
  const mode = nearest ? 'mode="nearest-exact"' : 'mode="bilinear", align_corners=False'
  return channelsFirst(`F.interpolate(${image(to, value)}, size=${tuple(size)}, ${mode})`)
}

export const convolutionLayers: Record<string, LayerWriter> = {
  conv2d,
  depthwiseConv2d: (to, value) => ended(value, depthwise(to, value, 'kernel')),
  separableConv2d,
  conv2dTranspose,
  maxPooling2d: maxPooling,
  averagePooling2d: averagePooling,
  sumPooling2d: sumPooling,
  globalAveragePooling2d: globalPooling('mean'),
  globalMaxPooling2d: globalPooling('amax'),
  upSampling2d: upSampling,
  resizing,
}
