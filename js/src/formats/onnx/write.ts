// A model as an ONNX file: for ONNX Runtime on any machine, and everything that reads its format.
// SPDX-License-Identifier: MIT
import { checkNames, wrongValue } from '../../options.js'
import { countUp, kChannelsFirst } from '../arrange.js'
import { inexpressible, networkOf } from '../network.js'
import type { Value, Writable } from '../network.js'
import { encodeModel } from './encode.js'
import { layerWriter } from './layers.js'
import type { OnnxPort } from './schema.js'
import { OnnxWriter } from './writer.js'

/** Options of `toOnnx`. */
export interface OnnxOptions {
  /**
   * How images enter and leave the ONNX model. `NHWC`, the default: `[batch, height, width,
   * channels]` as in Fovea. `NCHW`: channels first, as in PyTorch.
   */
  layout?: 'NHWC' | 'NCHW'
}

/** The bytes of the file. */
export function writeOnnx(given: Writable, options: OnnxOptions = {}): Uint8Array {
  checkNames('toOnnx', options, ['layout'])
  const { layout = 'NHWC' } = options
  if (layout !== 'NHWC' && layout !== 'NCHW') {
    throw wrongValue('toOnnx', 'layout', '"NHWC" or "NCHW"', layout)
  }
  const network = networkOf(given)
  const to = new OnnxWriter(network)
  const outside = ({ shape }: Value): readonly number[] =>
    layout === 'NCHW' && shape.length === 3 ? kChannelsFirst : countUp(shape.length + 1)
  for (const value of network.values) {
    if (value.type === 'input') {
      to.setHeld(value, { tensor: value.name, axes: outside(value) })
      continue
    }
    const writer = layerWriter(value.type)
    if (writer === undefined) throw inexpressible('toOnnx', value, 'ONNX has no such operation.')
    to.write(value, writer)
  }
  const outputs = network.outputs.map((value) => writeOutput(to, value, outside(value)))
  return encodeModel({
    name: network.name,
    nodes: to.nodes,
    tensors: to.tensors,
    inputs: network.inputs.map((value) => port(value.name, value, outside(value))),
    outputs: network.outputs.map((value, k) => port(outputs[k] as string, value, outside(value))),
  })
}

/** Makes sure that a tensor of the output's name has its dimensions in the order asked for. */
function writeOutput(to: OnnxWriter, value: Value, axes: readonly number[]): string {
  const arranged = to.arranged(to.hold(value), axes)
  if (value.type === 'input' || !to.makes(arranged)) {
    const name = value.type === 'input' ? to.free(`${value.name}_output`) : value.name
    to.nodes.push({ op: 'Identity', name, inputs: [arranged], outputs: [name], attributes: {} })
    return name
  }
  if (arranged === value.name) return value.name
  // Inside, the name belongs to a tensor in another order, or to none: that one steps back.
  to.rename(value.name, to.free(`${value.name}/inside`))
  to.rename(arranged, value.name)
  return value.name
}

/** Sizes that can be any get names; the same height and width in every port of the same input. */
function port(name: string, { name: own, shape }: Value, axes: readonly number[]): OnnxPort {
  const image = shape.length === 3
  const sizes = [
    'batch',
    ...shape.map((size, k) => size ?? `${own}_${['height', 'width'][k] ?? `size${k}`}`),
  ]
  const meanings = image ? ['DATA_BATCH', 'DATA_FEATURE', 'DATA_FEATURE', 'DATA_CHANNEL'] : []
  return {
    name,
    shape: axes.map((axis) => sizes[axis] as number | string),
    denotations: image ? axes.map((axis) => meanings[axis] as string) : [],
  }
}
