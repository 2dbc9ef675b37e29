// Pooling, and what else looks at neighbours. ONNX's padding may differ from both words that pooling
// has here: it is then written as layers that compute the same.
// SPDX-License-Identifier: MIT
import type { Place } from '../builder.js'
import { sameSides } from '../window.js'
import type { ReadNode } from './decode.js'
import type { GraphReader, Held, Operation } from './graph-reader.js'

/** One direction of a pooling: `after` is what the last window needs beyond the end. */
interface Axis {
  length: number | null
  size: number
  stride: number
  before: number
  after: number
  output: number | null
}

function axisOf(graph: GraphReader, node: ReadNode, held: Held, k: 0 | 1): Axis {
  const size = graph.numbers(node, 'kernel_shape', [])[k] ?? 1
  const stride = graph.numbers(node, 'strides', [1, 1])[k] ?? 1
  const pads = graph.numbers(node, 'pads', [0, 0, 0, 0])
  const length = held.place.shape[k] ?? null
  const [before, given] = [pads[k] ?? 0, pads[k + 2] ?? 0]
  if (size < 1 || stride < 1) throw graph.damaged(node, 'has a window without size')
  if (length === null) return { length, size, stride, before, after: given, output: null }
  const ceil = graph.number(node, 'ceil_mode', 0) !== 0
  const steps = (length + before + given - size) / stride
  let output = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1
  // The last window must not begin in the padding at the end.
  if (ceil && (output - 1) * stride >= length + before) --output
  const after = Math.max((output - 1) * stride + size - length - before, 0)
  return { length, size, stride, before, after, output }
}

const poolOptions = (axes: readonly Axis[], padding: string, stride = true): object => ({
  poolSize: axes.map(({ size }) => size),
  strides: axes.map((one) => (stride ? one.stride : 1)),
  padding,
})

type Options = Parameters<GraphReader['to']['add']>[2]

/** Zeros around the image. */
function bordered(graph: GraphReader, name: string, axes: readonly Axis[], from: Place): Place {
  const padding = axes.map(({ before, after }) => [before, after])
  if (padding.flat().every((one) => one === 0)) return from
  return graph.to.add('zeroPadding2d', `${name}_pad`, { padding }, [from])
}

/**
 * The same windows without a word for their padding: one at every pixel, of which those are kept that
 * were asked for.
 */
function everywhere(
  graph: GraphReader,
  node: ReadNode,
  type: string,
  axes: readonly Axis[],
  from: Place,
): Place {
  const name = graph.nameOf(node)
  const cropping = axes.map(({ length, size, stride, before, after, output }) => {
    const middle = Math.floor((size - 1) / 2)
    if (length === null || output === null) {
      return before === middle && after === size - 1 - middle ? [0, 0] : [-1, -1]
    }
    const first = middle - before
    return [first, length - 1 - first - (output - 1) * stride]
  })
  if (cropping.flat().some((one) => one < 0)) {
    throw graph.unsupported(node, 'its windows reach too far beyond the edge.')
  }
  let place = graph.to.add(type, name, poolOptions(axes, 'same', false) as Options, [from])
  if (cropping.flat().some((one) => one > 0)) {
    place = graph.to.add('cropping2d', `${name}_crop`, { cropping }, [place])
  }
  if (axes.every(({ stride }) => stride === 1)) return place
  const strides = axes.map(({ stride }) => stride)
  return graph.to.add('maxPooling2d', `${name}_pick`, { poolSize: 1, strides }, [place])
}

/** What the padding is called here, where it has a name. */
function wordOf(graph: GraphReader, node: ReadNode, axes: readonly Axis[]): string | undefined {
  const word = graph.word(node, 'auto_pad', 'NOTSET')
  if (word === 'SAME_UPPER') return 'same'
  if (word === 'SAME_LOWER') throw graph.unsupported(node, 'its padding is SAME_LOWER.')
  if (word === 'VALID') return 'valid'
  if (axes.every(({ before, after }) => before === 0 && after === 0)) return 'valid'
  const same = axes.every(({ length, size, stride, before, after }) => {
    const usual = sameSides(length, size, stride, 1)
    return usual !== null && usual[0] === before && usual[1] === after
  })
  return same ? 'same' : undefined
}

function pooling(graph: GraphReader, node: ReadNode, type: string): void {
  const held = graph.image(node)
  if (graph.numbers(node, 'kernel_shape', []).length !== 2) {
    throw graph.unsupported(node, 'it is not of two dimensions.')
  }
  if (graph.numbers(node, 'dilations', [1, 1]).some((one) => one !== 1)) {
    throw graph.unsupported(node, 'its windows have gaps (dilations).')
  }
  if (node.outputs.length > 1) throw graph.unsupported(node, 'it gives the places of the largest.')
  const axes = [axisOf(graph, node, held, 0), axisOf(graph, node, held, 1)]
  const counts = type === 'averagePooling2d' && graph.number(node, 'count_include_pad', 0) !== 0
  const word = wordOf(graph, node, axes)
  const name = graph.nameOf(node)
  const done = (place: Place): void =>
    graph.set(node, { place, axes: held.axes, positive: held.positive ?? false })
  const plainly = (from: Place, padding: string): Place =>
    graph.to.add(type, name, poolOptions(axes, padding) as Options, [from])
  if (word === 'valid' || (word === 'same' && !counts)) return done(plainly(held.place, word))
  // Zeros count where they are to, and among numbers of which none is smaller they change no maximum.
  const ceil = graph.number(node, 'ceil_mode', 0) !== 0
  if (counts && ceil) throw graph.unsupported(node, 'it has both ceil_mode and count_include_pad.')
  if (counts || (type === 'maxPooling2d' && held.positive === true && !unknown(axes, ceil))) {
    const border = counts && word === 'same' ? sameBorders(graph, node, axes) : axes
    return done(plainly(bordered(graph, name, border, held.place), 'valid'))
  }
  done(everywhere(graph, node, type, axes, held.place))
}

const unknown = (axes: readonly Axis[], ceil: boolean): boolean =>
  ceil && axes.some(({ length }) => length === null)

/** Padding by a word, as numbers. */
function sameBorders(graph: GraphReader, node: ReadNode, axes: readonly Axis[]): Axis[] {
  return axes.map((axis) => {
    const usual = sameSides(axis.length, axis.size, axis.stride, 1)
    if (usual === null) throw graph.unsupported(node, 'its padding needs sizes that are known.')
    return { ...axis, before: usual[0], after: usual[1] }
  })
}

/** The whole image as one window. A flatten that alone reads it becomes part of it. */
function globally(graph: GraphReader, node: ReadNode, type: string, keepdims: boolean): void {
  const held = graph.image(node)
  const flatten = keepdims ? graph.onlyReader(node, 'Flatten') : undefined
  const keeps = keepdims && (flatten === undefined || graph.number(flatten, 'axis', 1) !== 1)
  const place = graph.to.add(type, graph.nameOf(node), { keepdims: keeps }, [held.place])
  const { positive = false } = held
  if (keeps) return graph.set(node, { place, axes: held.axes, positive })
  if (flatten !== undefined) graph.finish(flatten)
  graph.set(flatten ?? node, { place, axes: [0, 1], positive })
}

/** The mean or largest over height and width. */
const reduction =
  (type: string): Operation =>
  (graph, node) => {
    const held = graph.held(node)
    const rank = held.axes.length
    const axes = (graph.listed(node, 'axes', 1) ?? []).map((one) => (one < 0 ? one + rank : one))
    const ours = axes.map((axis) => held.axes[axis]).sort()
    if (rank !== 4 || String(ours) !== '1,2') {
      throw graph.unsupported(node, 'it is not over height and width.')
    }
    globally(graph, node, type, graph.number(node, 'keepdims', 1) !== 0)
  }

function localResponse(graph: GraphReader, node: ReadNode): void {
  const held = graph.image(node)
  const size = graph.number(node, 'size', 1)
  if (size % 2 === 0) throw graph.unsupported(node, 'its size is even.')
  graph.set(
    node,
    graph.each(
      node,
      held,
      'localResponseNormalization',
      {
        size,
        k: graph.number(node, 'bias', 1),
        // Here the sum is not divided by size.
        alpha: graph.number(node, 'alpha', 1e-4) / size,
        beta: graph.number(node, 'beta', 0.75),
      },
      held.positive,
    ),
  )
}

export const windowOperations: Record<string, Operation> = {
  MaxPool: (graph, node) => pooling(graph, node, 'maxPooling2d'),
  AveragePool: (graph, node) => pooling(graph, node, 'averagePooling2d'),
  GlobalAveragePool: (graph, node) => globally(graph, node, 'globalAveragePooling2d', true),
  GlobalMaxPool: (graph, node) => globally(graph, node, 'globalMaxPooling2d', true),
  ReduceMean: reduction('globalAveragePooling2d'),
  ReduceMax: reduction('globalMaxPooling2d'),
  LRN: localResponse,
}
