// An ONNX graph as bytes. Weights are not copied through the protobuf writer, which would hold them
// several times: the file is put together from small written pieces and the weights themselves.
// SPDX-License-Identifier: MIT
import { PbfWriter } from 'pbf'
import { kAttributeTypes, kFields, kFloat, kInt64 } from './schema.js'
import type { Attribute, OnnxGraph, OnnxNode, OnnxPort, OnnxTensor } from './schema.js'

const kIrVersion = 8
/** The version of the operators: the first with LayerNormalization. */
const kOpset = 17

/** The file. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const head = written((pbf) => {
    pbf.writeVarintField(kFields.model.irVersion, kIrVersion)
    pbf.writeStringField(kFields.model.producerName, 'fovea')
    pbf.writeMessage(kFields.model.opsets, writeOpset, kOpset)
  })
  const pieces = [
    written((pbf) => {
      pbf.writeStringField(kFields.graph.name, graph.name)
      for (const node of graph.nodes) pbf.writeMessage(kFields.graph.node, writeNode, node)
      for (const port of graph.inputs) pbf.writeMessage(kFields.graph.input, writePort, port)
      for (const port of graph.outputs) pbf.writeMessage(kFields.graph.output, writePort, port)
    }),
    ...graph.tensors.flatMap(tensorPieces),
  ]
  return joined([head, ...field(kFields.model.graph, pieces)])
}

const sizeOf = (pieces: readonly Uint8Array[]): number =>
  pieces.reduce((sum, { length }) => sum + length, 0)

/** A field that holds a message made of these pieces. */
function field(number: number, pieces: readonly Uint8Array[]): Uint8Array[] {
  const opening = written((pbf) => {
    pbf.writeTag(number, 2)
    pbf.writeVarint(sizeOf(pieces))
  })
  return [opening, ...pieces]
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(sizeOf(pieces))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

function written(write: (pbf: PbfWriter) => void): Uint8Array {
  const pbf = new PbfWriter()
  write(pbf)
  return pbf.finish()
}

function tensorPieces({ name, shape, data }: OnnxTensor): Uint8Array[] {
  const whole = Array.isArray(data)
  const raw = whole
    ? new Uint8Array(BigInt64Array.from(data, BigInt).buffer)
    : new Uint8Array(
        (data as Float32Array).buffer,
        (data as Float32Array).byteOffset,
        4 * data.length,
      )
  const head = written((pbf) => {
    pbf.writePackedVarint(kFields.tensor.dims, [...shape])
    pbf.writeVarintField(kFields.tensor.type, whole ? kInt64 : kFloat)
    pbf.writeStringField(kFields.tensor.name, name)
  })
  return field(kFields.graph.initializer, [head, ...field(kFields.tensor.raw, [raw])])
}

function writeOpset(version: number, pbf: PbfWriter): void {
  pbf.writeStringField(kFields.opset.domain, '')
  pbf.writeVarintField(kFields.opset.version, version)
}

function writeNode({ op, name, inputs, outputs, attributes }: OnnxNode, pbf: PbfWriter): void {
  for (const input of inputs) pbf.writeStringField(kFields.node.input, input)
  for (const output of outputs) pbf.writeStringField(kFields.node.output, output)
  pbf.writeStringField(kFields.node.name, name)
  pbf.writeStringField(kFields.node.op, op)
  for (const one of Object.entries(attributes)) {
    pbf.writeMessage(kFields.node.attribute, writeAttribute, one)
  }
}

function writeAttribute([name, value]: [string, Attribute], pbf: PbfWriter): void {
  const { attribute } = kFields
  pbf.writeStringField(attribute.name, name)
  const type = (number: number): void => pbf.writeVarintField(attribute.type, number)
  if (typeof value === 'number') {
    pbf.writeVarintField(attribute.i, value)
    type(kAttributeTypes.int)
  } else if (typeof value === 'string') {
    pbf.writeStringField(attribute.s, value)
    type(kAttributeTypes.string)
  } else if ('f' in value) {
    pbf.writeFloatField(attribute.f, value.f)
    type(kAttributeTypes.float)
  } else {
    for (const one of value) pbf.writeVarintField(attribute.ints, one)
    type(kAttributeTypes.ints)
  }
}

function writePort({ name, shape, denotations }: OnnxPort, pbf: PbfWriter): void {
  pbf.writeStringField(kFields.port.name, name)
  const dimension = (k: number, to: PbfWriter): void => {
    const size = shape[k]
    if (typeof size === 'string') to.writeStringField(kFields.dimension.parameter, size)
    else to.writeVarintField(kFields.dimension.value, size ?? 1)
    const meaning = denotations[k]
    if (meaning) to.writeStringField(kFields.dimension.denotation, meaning)
  }
  const dimensions = (_: null, to: PbfWriter): void => {
    shape.forEach((_size, k) => to.writeMessage(kFields.shape.dimension, dimension, k))
  }
  const tensorType = (_: null, to: PbfWriter): void => {
    to.writeVarintField(kFields.tensorType.elements, kFloat)
    to.writeMessage(kFields.tensorType.shape, dimensions, null)
  }
  const type = (_: null, to: PbfWriter): void =>
    to.writeMessage(kFields.type.tensor, tensorType, null)
  pbf.writeMessage(kFields.port.type, type, null)
}
