// The bytes of an ONNX file as a graph. Every length is held against what is left of the message around
// it, and every tensor against its shape, so a damaged file ends in a sentence and asks for no memory.
// SPDX-License-Identifier: MIT
import { PbfReader } from 'pbf'
import { half } from '../half.js'
import { kFields } from './schema.js'

/** Numbers with a shape: weights, or whole numbers such as sizes. NaN: a size that can be any. */
export interface Constant {
  shape: readonly number[]
  data: ArrayLike<number>
}

/** One operation of the file. */
export interface ReadNode {
  op: string
  name: string
  inputs: string[]
  outputs: string[]
  attributes: ReadonlyMap<string, number | string | readonly number[] | Constant>
}

/** An input or output; null where a size can be any. */
export interface ReadPort {
  name: string
  shape: (number | null)[]
  denotations: string[]
}

export interface ReadGraph {
  name: string
  /** Version of the standard operators. */
  opset: number
  nodes: ReadNode[]
  tensors: Map<string, Constant>
  inputs: ReadPort[]
  outputs: ReadPort[]
}

/** What a damaged file is thrown as inside; the reader makes the sentence whole. */
export class Damaged extends Error {}

/** What is in order, and cannot be done. */
export class Inexpressible extends Error {}

/** A message: visits its fields, and sees to it that none of them reaches beyond its end. */
function fields(pbf: PbfReader, end: number, visit: (field: number) => void): void {
  for (let field = next(pbf, end); field > 0; field = next(pbf, end)) visit(field)
  if (pbf.pos !== end) throw new Damaged(`a message ends at byte ${pbf.pos} instead of ${end}`)
}

function next(pbf: PbfReader, end: number): number {
  const field = pbf.nextField(end)
  if (pbf.pos > end) throw new Damaged(`a field reaches beyond byte ${end}, the end of its message`)
  return field
}

/** The end of a field with a length. */
function lengthEnd(pbf: PbfReader): number {
  if (pbf.type !== 2) throw new Damaged(`a field before byte ${pbf.pos} is of another kind`)
  const length = pbf.readVarint()
  const end = pbf.pos + length
  if (length >= 0 && end <= pbf.length) return end
  throw new Damaged(`a field at byte ${pbf.pos} has the length ${length}, and the file ends before`)
}

function bytes(pbf: PbfReader): Uint8Array {
  const end = lengthEnd(pbf)
  const part = pbf.buf.subarray(pbf.pos, end)
  pbf.pos = end
  return part
}

const kText = new TextDecoder()
const text = (pbf: PbfReader): string => kText.decode(bytes(pbf))

/** A message inside a message. */
const inner = (pbf: PbfReader, visit: (field: number) => void): void =>
  fields(pbf, lengthEnd(pbf), visit)

/** Numbers of a repeated field: packed into one, or one of many. */
function numbers(pbf: PbfReader, list: number[], width: 0 | 4 | 8, one: () => number): void {
  if (pbf.type !== 2) return void list.push(one())
  const end = lengthEnd(pbf)
  if (width > 0 && (end - pbf.pos) % width !== 0) throw new Damaged('a list of numbers is cut')
  while (pbf.pos < end) list.push(one())
}

const whole = (pbf: PbfReader, list: number[]): void =>
  numbers(pbf, list, 0, () => pbf.readVarint(true))

/** Reads a file. */
export function decodeModel(file: Uint8Array): ReadGraph {
  const pbf = new PbfReader(file)
  let graph: ReadGraph | undefined
  let opset = 0
  fields(pbf, file.length, (field) => {
    if (field === kFields.model.graph) graph = readGraph(pbf)
    if (field !== kFields.model.opsets) return
    let domain = ''
    let version = 0
    inner(pbf, (part) => {
      if (part === kFields.opset.domain) domain = text(pbf)
      if (part === kFields.opset.version) version = pbf.readVarint()
    })
    if (domain === '' || domain === 'ai.onnx') opset = version
  })
  if (graph === undefined) throw new Damaged('it holds no graph')
  return { ...graph, opset }
}

function readGraph(pbf: PbfReader): ReadGraph {
  const graph: ReadGraph = {
    name: 'model',
    opset: 0,
    nodes: [],
    tensors: new Map(),
    inputs: [],
    outputs: [],
  }
  const part = kFields.graph
  inner(pbf, (field) => {
    if (field === part.node) graph.nodes.push(readNode(pbf))
    if (field === part.name) graph.name = text(pbf)
    if (field === part.initializer) {
      const { name, value } = readTensor(pbf)
      graph.tensors.set(name, value)
    }
    if (field === part.sparse) throw new Inexpressible('it holds sparse weights.')
    if (field === part.input) graph.inputs.push(readPort(pbf))
    if (field === part.output) graph.outputs.push(readPort(pbf))
  })
  return graph
}

function readNode(pbf: PbfReader): ReadNode {
  const attributes = new Map<string, number | string | readonly number[] | Constant>()
  const node: ReadNode = { op: '', name: '', inputs: [], outputs: [], attributes }
  let domain = ''
  const part = kFields.node
  inner(pbf, (field) => {
    if (field === part.input) node.inputs.push(text(pbf))
    if (field === part.output) node.outputs.push(text(pbf))
    if (field === part.name) node.name = text(pbf)
    if (field === part.op) node.op = text(pbf)
    if (field === part.domain) domain = text(pbf)
    if (field === part.attribute) readAttribute(pbf, attributes)
  })
  return domain === '' || domain === 'ai.onnx' ? node : { ...node, op: `${domain}.${node.op}` }
}

function readAttribute(pbf: PbfReader, attributes: Map<string, unknown>): void {
  let name = ''
  let value: unknown = 0
  const ints: number[] = []
  const floats: number[] = []
  const part = kFields.attribute
  inner(pbf, (field) => {
    if (field === part.name) name = text(pbf)
    if (field === part.f) value = pbf.readFloat()
    if (field === part.i) value = pbf.readVarint(true)
    if (field === part.s) value = text(pbf)
    if (field === part.t) value = readTensor(pbf).value
    if (field === part.ints) whole(pbf, ints)
    if (field === part.floats) numbers(pbf, floats, 4, () => pbf.readFloat())
  })
  attributes.set(name, ints.length > 0 ? ints : floats.length > 0 ? floats : value)
}

function readPort(pbf: PbfReader): ReadPort {
  const port: ReadPort = { name: '', shape: [], denotations: [] }
  const dimension = (): void => {
    let size: number | null = null
    let denotation = ''
    inner(pbf, (field) => {
      if (field === kFields.dimension.value) size = pbf.readVarint(true)
      if (field === kFields.dimension.denotation) denotation = text(pbf)
      if (field === kFields.dimension.parameter) size = null
    })
    port.shape.push(size !== null && size > 0 ? size : null)
    port.denotations.push(denotation)
  }
  inner(pbf, (field) => {
    if (field === kFields.port.name) port.name = text(pbf)
    if (field !== kFields.port.type) return
    inner(pbf, (kind) => {
      if (kind !== kFields.type.tensor) return
      inner(pbf, (part) => {
        if (part !== kFields.tensorType.shape) return
        inner(pbf, (one) => {
          if (one === kFields.shape.dimension) dimension()
        })
      })
    })
  })
  return port
}

/** TensorProto.DataType: the bytes of one number, and how they are read. */
const kTypes: Record<number, { size: number; read: (view: DataView, at: number) => number }> = {
  1: { size: 4, read: (view, at) => view.getFloat32(at, true) },
  2: { size: 1, read: (view, at) => view.getUint8(at) },
  3: { size: 1, read: (view, at) => view.getInt8(at) },
  6: { size: 4, read: (view, at) => view.getInt32(at, true) },
  7: { size: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  9: { size: 1, read: (view, at) => view.getUint8(at) },
  10: { size: 2, read: (view, at) => half(view.getUint16(at, true)) },
  11: { size: 8, read: (view, at) => view.getFloat64(at, true) },
}

function readTensor(pbf: PbfReader): { name: string; value: Constant } {
  const shape: number[] = []
  const list: number[] = []
  let [name, type] = ['', 0]
  let raw: Uint8Array | undefined
  const part = kFields.tensor
  inner(pbf, (field) => {
    if (field === part.dims) whole(pbf, shape)
    if (field === part.type) type = pbf.readVarint()
    if (field === part.floats) numbers(pbf, list, 4, () => pbf.readFloat())
    if (field === part.doubles) numbers(pbf, list, 8, () => pbf.readDouble())
    if (field === part.int32s || field === part.int64s) whole(pbf, list)
    if (field === part.name) name = text(pbf)
    if (field === part.raw) raw = bytes(pbf)
    if (field === part.location && pbf.readVarint() === 1) {
      throw new Inexpressible('its weights lie in another file. Save it as one file.')
    }
  })
  const kind = kTypes[type]
  if (kind === undefined) {
    throw new Inexpressible(`the tensor "${name}" is of type ${type}, which is no number's here.`)
  }
  const count = shape.reduce((product, size) => product * size, 1)
  const found = raw === undefined ? list.length : raw.length / kind.size
  if (shape.some((size) => size < 0) || count !== found) {
    throw new Damaged(`the tensor "${name}" needs ${count} numbers but has ${found}`)
  }
  if (raw === undefined) {
    const data = type === 10 ? list.map(half) : list
    return { name, value: { shape, data: type === 1 ? Float32Array.from(data) : data } }
  }
  return { name, value: { shape, data: decoded(raw, type, count) } }
}

function decoded(raw: Uint8Array, type: number, count: number): ArrayLike<number> {
  // A copy: in the file the numbers may begin at any byte.
  if (type === 1) return new Float32Array(new Uint8Array(raw).buffer)
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const { size, read } = kTypes[type] as (typeof kTypes)[number]
  return Float64Array.from({ length: count }, (_, k) => read(view, k * size))
}
