// The messages of an ONNX file that a network needs. Field numbers: onnx.proto3 of the ONNX standard.
// The types here are what the rest works with; write.ts and parse.ts move them to and from bytes.
// SPDX-License-Identifier: MIT

/** Numbers of the fields of each message. */
export const kFields = {
  model: { irVersion: 1, producerName: 2, producerVersion: 3, graph: 7, opsets: 8 },
  opset: { domain: 1, version: 2 },
  graph: { node: 1, name: 2, initializer: 5, sparse: 15, input: 11, output: 12 },
  node: { input: 1, output: 2, name: 3, op: 4, attribute: 5, domain: 7 },
  attribute: { name: 1, f: 2, i: 3, s: 4, t: 5, g: 6, floats: 7, ints: 8, strings: 9, type: 20 },
  tensor: {
    dims: 1,
    type: 2,
    floats: 4,
    int32s: 5,
    int64s: 7,
    name: 8,
    raw: 9,
    doubles: 10,
    location: 14,
  },
  port: { name: 1, type: 2 },
  type: { tensor: 1 },
  tensorType: { elements: 1, shape: 2 },
  shape: { dimension: 1 },
  dimension: { value: 1, parameter: 2, denotation: 3 },
} as const

/** What an attribute holds: AttributeProto.AttributeType. */
export const kAttributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  floats: 6,
  ints: 7,
} as const

/** TensorProto.DataType. */
export const kFloat = 1
export const kInt64 = 7

/** A number that is written with a fraction; plain numbers are whole. */
export interface Fraction {
  f: number
}

export type Attribute = number | Fraction | string | readonly number[]

/** One operation. */
export interface OnnxNode {
  op: string
  name: string
  inputs: string[]
  outputs: string[]
  attributes: Readonly<Record<string, Attribute>>
}

/** A constant: weights, or whole numbers such as a shape. */
export interface OnnxTensor {
  name: string
  shape: readonly number[]
  data: Float32Array | readonly number[]
}

/** What comes in or goes out. Words are names for sizes that can be any. */
export interface OnnxPort {
  name: string
  shape: readonly (number | string)[]
  /** What each dimension means, where that is said: `DATA_BATCH`, `DATA_CHANNEL`, ... */
  denotations: readonly string[]
}

/** Types of whole numbers are told from float by their data: an array, not a Float32Array. */
export interface OnnxGraph {
  name: string
  nodes: OnnxNode[]
  tensors: OnnxTensor[]
  inputs: OnnxPort[]
  outputs: OnnxPort[]
}
