// Convolutions and pooling in ONNX: images channels first, kernels [out, in, height, width].
// SPDX-License-Identifier: MIT
import { plain } from '../arranger.js'
import type { Held } from '../arranger.js'
import { kChannelsFirst, transposed } from '../arrange.js'
import type { Block } from '../arrange.js'
import { inputOf, numberIn, wordIn } from '../network.js'
import type { Value } from '../network.js'
import { transposedPlan, windowPlan } from '../window.js'
import type { Sides, WindowPlan } from '../window.js'
import { activate } from './activations.js'
import type { LayerWriter } from './layers.js'
import type { Attribute } from './schema.js'
import type { OnnxWriter } from './writer.js'

type Attributes = Record<string, Attribute>

const image = (to: OnnxWriter, value: Value): string =>
  to.arranged(to.hold(inputOf(value)), kChannelsFirst)

const channelsFirst = (tensor: string): Held => ({ tensor, axes: kChannelsFirst })

const padsOf = ([rows, columns]: Sides): number[] => [rows[0], columns[0], rows[1], columns[1]]

function windowAttributes({ size, strides, dilation, sides }: WindowPlan): Attributes {
  return {
    kernel_shape: size,
    strides,
    ...(dilation.some((one) => one > 1) ? { dilations: dilation } : {}),
    ...(sides === null ? { auto_pad: 'SAME_UPPER' } : { pads: padsOf(sides) }),
  }
}

/** [height, width, in, out] as [out, in, height, width]. */
const outFirst = (block: Block): Block => transposed(block, [3, 2, 0, 1])

/** [height, width, in, multiplier] as [in * multiplier, 1, height, width]. */
const depthwiseKernel = (block: Block): Block => {
  const { data, shape } = transposed(block, [2, 3, 0, 1])
  const [channels = 1, multiplier = 1, height = 1, width = 1] = shape
  return { data, shape: [channels * multiplier, 1, height, width] }
}

const asIs = (block: Block): Block => block

function convolve(
  to: OnnxWriter,
  inputs: readonly (string | undefined)[],
  attributes: Attributes,
  op = 'Conv',
): string {
  return to.add(
    op,
    inputs.filter((one) => one !== undefined),
    attributes,
  )
}

function conv2d(to: OnnxWriter, value: Value): Held {
  const kernel = to.weight(value, 'kernel', outFirst)
  const bias = to.weight(value, 'bias', asIs)
  const groups = numberIn(value, 'groups')
  const attributes = { ...windowAttributes(windowPlan(value, 'kernelSize')), group: groups }
  const y = convolve(to, [image(to, value), kernel, bias], attributes)
  return activate(to, channelsFirst(y), wordIn(value, 'activation'))
}

function depthwise(to: OnnxWriter, value: Value, kind: string): string {
  const kernel = to.weight(value, kind, depthwiseKernel)
  const bias = kind === 'kernel' ? to.weight(value, 'bias', asIs) : undefined
  const group = inputOf(value).shape[2] as number
  const attributes = { ...windowAttributes(windowPlan(value, 'kernelSize')), group }
  return convolve(to, [image(to, value), kernel, bias], attributes)
}

function depthwiseConv2d(to: OnnxWriter, value: Value): Held {
  const y = depthwise(to, value, 'kernel')
  return activate(to, channelsFirst(y), wordIn(value, 'activation'))
}

function separableConv2d(to: OnnxWriter, value: Value): Held {
  const mixer = to.weight(value, 'pointwise_kernel', outFirst)
  const bias = to.weight(value, 'bias', asIs)
  const y = convolve(to, [depthwise(to, value, 'depthwise_kernel'), mixer, bias], {
    kernel_shape: [1, 1],
  })
  return activate(to, channelsFirst(y), wordIn(value, 'activation'))
}

function conv2dTranspose(to: OnnxWriter, value: Value): Held {
  const kernel = to.weight(value, 'kernel', outFirst)
  const bias = to.weight(value, 'bias', asIs)
  const { size, strides, dilation, sides, extra } = transposedPlan(value)
  const attributes = {
    kernel_shape: size,
    strides,
    dilations: dilation,
    pads: padsOf(sides),
    output_padding: extra,
  }
  const y = convolve(to, [image(to, value), kernel, bias], attributes, 'ConvTranspose')
  return activate(to, channelsFirst(y), wordIn(value, 'activation'))
}

const pool =
  (op: string, more: Attributes = {}): LayerWriter =>
  (to, value) => {
    const { dilations: _, ...attributes } = windowAttributes(windowPlan(value, 'poolSize'))
    return channelsFirst(to.add(op, [image(to, value)], { ...attributes, ...more }))
  }

const averagePool = pool('AveragePool', { count_include_pad: 1 })

/** The mean over whole windows, padding being zeros, times their size. */
function sumPooling(to: OnnxWriter, value: Value): Held {
  const { size } = windowPlan(value, 'poolSize')
  const mean = averagePool(to, value)
  return { ...mean, tensor: to.add('Mul', [mean.tensor, to.scalar('count', size[0] * size[1])]) }
}

const globalPool =
  (op: string): LayerWriter =>
  (to, value) => {
    const pooled = to.add(op, [image(to, value)])
    if (value.config['keepdims'] === true) return channelsFirst(pooled)
    return plain(to.add('Flatten', [pooled], { axis: 1 }), 2)
  }

export const convolutionLayers: Record<string, LayerWriter> = {
  conv2d,
  depthwiseConv2d,
  separableConv2d,
  conv2dTranspose,
  maxPooling2d: pool('MaxPool'),
  averagePooling2d: pool('AveragePool', { count_include_pad: 0 }),
  sumPooling2d: sumPooling,
  globalAveragePooling2d: globalPool('GlobalAveragePool'),
  globalMaxPooling2d: globalPool('GlobalMaxPool'),
}
