// SPDX-License-Identifier: MIT
// Writes a net as an ONNX model with random weights: NCHW, a fixed batch, operators of opset 13.
import onnxProto from 'onnx-proto'
import { walk } from '../lib/nets.mjs'

const { onnx } = onnxProto
const { FLOAT } = onnx.TensorProto.DataType

function valueInfo(name, shape) {
  const dim = shape.map((dimValue) => ({ dimValue }))
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } }
}

const integers = (name, ints) => ({ name, type: onnx.AttributeProto.AttributeType.INTS, ints })
const integer = (name, i) => ({ name, type: onnx.AttributeProto.AttributeType.INT, i })

/** Bytes of the model. */
export function onnxModel(net, batch) {
  const initializer = []
  const node = []
  let state = 7
  const weights = (name, dims, scale) => {
    const count = dims.reduce((product, length) => product * length, 1)
    const floatData = Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return scale * (state / 2 ** 31 - 1)
    })
    initializer.push({ name, dims, dataType: FLOAT, floatData })
    return name
  }
  let value = 'images'
  const add = (opType, inputs, attribute = []) => {
    const output = `v${node.length}`
    node.push({ opType, input: [value, ...inputs], output: [output], attribute })
    value = output
  }
  let spatial = true
  walk(net, (layer, [height, width, channels]) => {
    const { filters, size, pad, units } = layer
    if (layer.type === 'conv') {
      const w = weights(`w${node.length}`, [filters, channels, size, size], 0.1)
      const b = weights(`b${node.length}`, [filters], 0.1)
      const edges = integers('pads', [pad, pad, pad, pad])
      add('Conv', [w, b], [integers('kernel_shape', [size, size]), edges])
      add('Relu', [])
    } else if (layer.type === 'pool') {
      add('MaxPool', [], [integers('kernel_shape', [2, 2]), integers('strides', [2, 2])])
    } else if (layer.type === 'dense') {
      if (spatial) add('Flatten', [], [integer('axis', 1)])
      spatial = false
      const w = weights(`w${node.length}`, [height * width * channels, units], 0.05)
      add('Gemm', [w, weights(`b${node.length}`, [units], 0.05)])
      if (layer.relu) add('Relu', [])
    }
  })
  if (net.softmax) add('Softmax', [], [integer('axis', 1)])
  const [height, width, channels] = net.input
  const graph = {
    name: net.name,
    node,
    initializer,
    input: [valueInfo('images', [batch, channels, height, width])],
    output: [valueInfo(value, [batch, 10])],
  }
  const model = { irVersion: 7, opsetImport: [{ domain: '', version: 13 }], graph }
  return onnx.ModelProto.encode(onnx.ModelProto.fromObject(model)).finish()
}
