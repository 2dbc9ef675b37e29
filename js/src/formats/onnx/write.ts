// A model as an ONNX file: for ONNX Runtime on any machine, and everything that reads its format.
// SPDX-License-Identifier: MIT
import { checkNames, wrongValue } from '../../options.js'
import { countUp, kChannelsFirst } from '../arrange.js'
import { inexpressible, isTurned, networkOf } from '../network.js'
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
  const outside = (value: Value): readonly number[] => {
    const turns = layout === 'NCHW' && value.shape.length === 3 && !isTurned(network, value)
    return turns ? kChannelsFirst : countUp(value.shape.length + 1)
  }
  const portOf = (name: string, value: Value): OnnxPort =>
    port(name, value, outside(value), isTurned(network, value) ? 1 : 3)
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
    inputs: network.inputs.map((value) => portOf(value.name, value)),
    outputs: network.outputs.map((value, k) => portOf(outputs[k] as string, value)),
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

/** Sizes that can be any get names. `channels`: which of our dimensions of an image they are. */
function port(
  name: string,
  { name: own, shape }: Value,
  axes: readonly number[],
  channels: number,
): OnnxPort {
  const sizes = ['batch', ...shape.map((size, k) => size ?? `${own}_size${k + 1}`)]
  const meaning = (axis: number): string =>
    axis === 0 ? 'DATA_BATCH' : axis === channels ? 'DATA_CHANNEL' : 'DATA_FEATURE'
  return {
    name,
    shape: axes.map((axis) => sizes[axis] as number | string),
    denotations: shape.length === 3 ? axes.map(meaning) : [],
  }
}
