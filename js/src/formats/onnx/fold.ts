// Operations on constants: sizes are computed from sizes, as PyTorch's exporter writes them.
// SPDX-License-Identifier: MIT
import { countUp, transposedOrder } from '../arrange.js'
import { elementCount } from '../../tensor.js'
import type { Constant, ReadNode } from './decode.js'
import type { GraphReader, Operation } from './graph-reader.js'

// Folding is for sizes; a constant that would grow beyond this is damaged or no size.
const kMostNumbers = 2 ** 24

const at = (data: ArrayLike<number>, k: number): number => data[k] as number

const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

type Fold = (graph: GraphReader, node: ReadNode, x: Constant) => Constant | undefined

function gather(graph: GraphReader, node: ReadNode, x: Constant): Constant {
  const { data, shape } = graph.weight(node, 1)
  if (x.shape.length !== 1) throw graph.unsupported(node, 'it chooses from more than a list.')
  const length = x.data.length
  const chosen = Array.from(data, (one) => at(x.data, one < 0 ? one + length : one))
  if (chosen.includes(undefined as never)) throw graph.damaged(node, 'chooses what is not there')
  return { shape, data: chosen }
}

function unsqueeze(graph: GraphReader, node: ReadNode, x: Constant): Constant {
  const added = graph.listed(node, 'axes', 1) ?? []
  const rank = x.shape.length + added.length
  const axes = new Set(added.map((one) => axisOf(one, rank)))
  const rest = [...x.shape]
  const shape = countUp(rank).map((k) => (axes.has(k) ? 1 : (rest.shift() ?? 1)))
  return { shape, data: x.data }
}

function squeeze(graph: GraphReader, node: ReadNode, x: Constant): Constant {
  const given = graph.listed(node, 'axes', 1)?.map((one) => axisOf(one, x.shape.length))
  const shape = x.shape.filter((size, k) => !(given?.includes(k) ?? size === 1))
  return { shape, data: x.data }
}

function reshape(graph: GraphReader, node: ReadNode, x: Constant): Constant {
  const target = Array.from(graph.weight(node, 1).data, (size, k) => size || (x.shape[k] ?? 0))
  const known = target.reduce((all, size) => (size === -1 ? all : all * size), 1)
  const shape = target.map((size) => (size === -1 ? x.data.length / known : size))
  if (elementCount(shape) !== x.data.length) throw graph.damaged(node, 'changes how many there are')
  return { shape, data: x.data }
}

function slice(graph: GraphReader, node: ReadNode, x: Constant): Constant | undefined {
  const starts = graph.listed(node, 'starts', 1) ?? []
  const ends = graph.listed(node, 'ends', 2) ?? []
  const axes = graph.listed(node, 'axes', 3) ?? [0]
  const [step = 1] = graph.listed(node, 'steps', 4) ?? []
  // Rows of a list or of a table, which is what sizes come in.
  if (axes.length !== 1 || axisOf(axes[0] ?? 0, x.shape.length) !== 0) return undefined
  const length = x.shape[0] ?? 0
  const row = elementCount(x.shape.slice(1))
  const bound = (place: number): number => Math.min(Math.max(place, -1), length)
  const from = (place: number): number => (place < 0 ? place + length : place)
  const begin = Math.min(bound(from(starts[0] ?? 0)), length - (step < 0 ? 1 : 0))
  const end = bound(from(ends[0] ?? length))
  if (step === 0) throw graph.damaged(node, 'has a step of 0')
  const rows: number[] = []
  for (let k = Math.max(begin, 0); step > 0 ? k < end : k > end; k += step) rows.push(k)
  const data = rows.flatMap((k) => countUp(row).map((c) => at(x.data, k * row + c)))
  return { shape: [rows.length, ...x.shape.slice(1)], data }
}

function concat(graph: GraphReader, node: ReadNode, x: Constant): Constant {
  const all = node.inputs.map((_, k) => graph.weight(node, k))
  if (all.some(({ shape }) => shape.length !== 1)) {
    throw graph.unsupported(node, 'it joins constants that are no lists.')
  }
  const data = all.flatMap((one) => Array.from(one.data))
  return { shape: [data.length], data: x.shape.length === 1 ? data : [] }
}

const arithmetic =
  (compute: (a: number, b: number) => number): Fold =>
  (graph, node, x) => {
    const y = graph.constant(node, 1)
    if (y === undefined) return undefined
    const [short, long] = x.data.length < y.data.length ? [x, y] : [y, x]
    const same = short.data.length === long.data.length
    if (!same && short.data.length !== 1) return undefined
    const pick = (one: Constant, k: number): number => at(one.data, one.data.length === 1 ? 0 : k)
    const data = countUp(long.data.length).map((k) => compute(pick(x, k), pick(y, k)))
    return { shape: long.shape, data }
  }

const unary =
  (compute: (x: number) => number): Fold =>
  (_graph, _node, { shape, data }) => ({ shape, data: Float32Array.from(data, compute) })

const folds: Record<string, Fold> = {
  Gather: gather,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Reshape: reshape,
  Slice: slice,
  Concat: concat,
  Cast: (_graph, _node, x) => x,
  Identity: (_graph, _node, x) => x,
  Transpose: (graph, node, { shape, data }) => {
    const perm = graph.numbers(node, 'perm', countUp(shape.length).reverse())
    const order = Array.from(transposedOrder(shape, perm), (k) => at(data, k))
    return { shape: perm.map((one) => shape[one] as number), data: order }
  },
  Add: arithmetic((a, b) => a + b),
  Sub: arithmetic((a, b) => a - b),
  Mul: arithmetic((a, b) => a * b),
  Div: arithmetic((a, b) => a / b),
  Neg: unary((x) => -x),
  Sqrt: unary(Math.sqrt),
  Floor: unary(Math.floor),
  Exp: unary(Math.exp),
  Reciprocal: unary((x) => 1 / x),
}

/** Computes what has a constant as its first input, where it can; true if so. */
export function folded(graph: GraphReader, node: ReadNode): boolean {
  const x = graph.any(node, 0)
  const fold = Object.hasOwn(folds, node.op) ? folds[node.op] : undefined
  if (!graph.isConstant(x) || fold === undefined) return false
  const result = fold(graph, node, x)
  if (result === undefined) return false
  if (result.data.length > kMostNumbers) throw graph.unsupported(node, 'it is no list of sizes.')
  graph.set(node, result)
  return true
}

/** Where constants come from. */
export const sourceOperations: Record<string, Operation> = {
  Constant: (graph, node) => {
    for (const [name, value] of node.attributes) {
      if (name === 'value' && typeof value === 'object' && 'data' in value) graph.set(node, value)
      else if (typeof value === 'number') graph.set(node, { shape: [], data: [value] })
      else if (Array.isArray(value))
        graph.set(node, { shape: [value.length], data: value as number[] })
      else throw graph.unsupported(node, `its attribute ${name} is no number.`)
    }
  },
  ConstantOfShape: (graph, node) => {
    const shape = Array.from(graph.weight(node, 0).data)
    const count = elementCount(shape)
    const value = node.attributes.get('value')
    const fill = typeof value === 'object' && 'data' in value ? at(value.data, 0) : 0
    if (!(count >= 0 && count <= kMostNumbers)) throw graph.unsupported(node, 'it is too large.')
    graph.set(node, { shape, data: new Array<number>(count).fill(fill) })
  },
  Shape: (graph, node) => {
    const x = graph.any(node, 0)
    const sizes = graph.isConstant(x) ? [...x.shape] : graph.sizes(graph.held(node))
    const end = graph.number(node, 'end', sizes.length)
    const data = sizes.slice(graph.number(node, 'start', 0), end)
    graph.set(node, { shape: [data.length], data })
  },
}
