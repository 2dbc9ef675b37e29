// Operations with weights: convolutions, matrices, normalisations.
// SPDX-License-Identifier: MIT
import { gatherRows, inverseOrder, transposed } from '../arrange.js'
import type { Block } from '../arrange.js'
import { sameSides } from '../window.js'
import type { Constant, ReadNode } from './decode.js'
import { changed, columns } from './graph-reader.js'
import type { GraphReader, Held, Operation } from './graph-reader.js'

type Sides = [[number, number], [number, number]]

export const block = ({ data, shape }: Constant, size = shape): Block => ({
  data: data instanceof Float32Array ? data : Float32Array.from(data),
  shape: size,
})

const flat = (constant: Constant): Block => block(constant, [constant.data.length])

/** Top and bottom, left and right; `same` where a word says so or the numbers are what it means. */
export function paddingOf(
  graph: GraphReader,
  node: ReadNode,
  held: Held,
  window: { size: readonly number[]; strides: readonly number[]; dilation: readonly number[] },
): 'same' | 'valid' | Sides {
  const word = graph.word(node, 'auto_pad', 'NOTSET')
  if (word === 'VALID') return 'valid'
  if (word === 'SAME_UPPER') return 'same'
  const usual = (k: 0 | 1): readonly [number, number] | null =>
    sameSides(
      held.place.shape[k] ?? null,
      window.size[k] as number,
      window.strides[k] as number,
      window.dilation[k] as number,
    )
  const same = [usual(0), usual(1)]
  if (word === 'SAME_LOWER') {
    if (same.includes(null)) throw graph.unsupported(node, 'SAME_LOWER needs sizes that are known.')
    return same.map((one) => [one?.[1] ?? 0, one?.[0] ?? 0]) as Sides
  }
  const [top = 0, left = 0, bottom = 0, right = 0] = graph.numbers(node, 'pads', [0, 0, 0, 0])
  if ([top, left, bottom, right].some((one) => one < 0)) {
    throw graph.unsupported(node, 'its pads cut off instead of adding.')
  }
  const sides: Sides = [
    [top, bottom],
    [left, right],
  ]
  if (sides.flat().every((one) => one === 0)) return 'valid'
  const isSame = sides.every(([a, b], k) => same[k]?.[0] === a && same[k]?.[1] === b)
  return isSame ? 'same' : sides
}

const kEnds: Record<string, string> = { Relu: 'relu', Sigmoid: 'sigmoid', Tanh: 'tanh' }

/** The activation that alone reads what the node makes, as an option of the layer. */
function ended(
  graph: GraphReader,
  node: ReadNode,
): { last: ReadNode; options: { activation?: string }; positive: boolean } {
  const reader = graph.onlyReader(node)
  const activation = kEnds[reader?.op ?? '']
  if (reader === undefined || activation === undefined) {
    return { last: node, options: {}, positive: false }
  }
  graph.finish(reader)
  return { last: reader, options: { activation }, positive: activation !== 'tanh' }
}

function conv(graph: GraphReader, node: ReadNode): void {
  const held = graph.image(node)
  const weight = graph.weight(node, 1)
  const bias = graph.constant(node, 2)
  if (weight.shape.length !== 4) throw graph.unsupported(node, 'it is not of two dimensions.')
  const [out = 1, inside = 1, height = 1, width = 1] = weight.shape
  const groups = graph.number(node, 'group', 1)
  const size = [height, width]
  const strides = graph.numbers(node, 'strides', [1, 1])
  const dilation = graph.numbers(node, 'dilations', [1, 1])
  const padding = paddingOf(graph, node, held, { size, strides, dilation })
  const { last, options, positive } = ended(graph, node)
  const depthwise = inside === 1 && groups > 1 && groups === held.place.shape[2]
  const multiplier = out / groups
  const kernel = depthwise
    ? transposed(block(weight, [groups, multiplier, height, width]), [2, 3, 0, 1])
    : transposed(block(weight), [2, 3, 1, 0])
  const place = graph.to.add(
    depthwise ? 'depthwiseConv2d' : 'conv2d',
    graph.nameOf(node, node.inputs[1]),
    {
      ...(depthwise ? { depthMultiplier: multiplier } : { filters: out, groups }),
      kernelSize: size,
      strides,
      padding,
      dilationRate: dilation,
      useBias: bias !== undefined,
      ...options,
    },
    [held.place],
    { kernel, ...(bias === undefined ? {} : { bias: flat(bias) }) },
  )
  graph.set(last, { place, axes: held.axes, positive })
}

function convTranspose(graph: GraphReader, node: ReadNode): void {
  const held = graph.image(node)
  const weight = graph.weight(node, 1)
  const bias = graph.constant(node, 2)
  if (weight.shape.length !== 4) throw graph.unsupported(node, 'it is not of two dimensions.')
  if (graph.number(node, 'group', 1) !== 1) throw graph.unsupported(node, 'it has groups.')
  if (node.attributes.has('output_shape')) throw graph.unsupported(node, 'it has an output_shape.')
  const [, filters = 1, height = 1, width = 1] = weight.shape
  const strides = graph.numbers(node, 'strides', [1, 1])
  const added = graph.numbers(node, 'output_padding', [0, 0])
  const word = graph.word(node, 'auto_pad', 'NOTSET')
  if (word === 'SAME_LOWER') throw graph.unsupported(node, 'its padding is SAME_LOWER.')
  const [top = 0, left = 0, bottom = 0, right = 0] = graph.numbers(node, 'pads', [0, 0, 0, 0])
  const sides = [
    [top, bottom],
    [left, right],
  ]
  const { last, options, positive } = ended(graph, node)
  const place = graph.to.add(
    'conv2dTranspose',
    graph.nameOf(node, node.inputs[1]),
    {
      filters,
      kernelSize: [height, width],
      strides,
      dilationRate: graph.numbers(node, 'dilations', [1, 1]),
      ...(word === 'SAME_UPPER' ? { padding: 'same' } : { padding: sides, outputPadding: added }),
      useBias: bias !== undefined,
      ...options,
    },
    [held.place],
    {
      kernel: transposed(block(weight), [2, 3, 1, 0]),
      ...(bias === undefined ? {} : { bias: flat(bias) }),
    },
  )
  graph.set(last, { place, axes: held.axes, positive })
}

/** A dense layer, its kernel's rows in our order of columns. */
function dense(
  graph: GraphReader,
  node: ReadNode,
  given: { kernel: Block; bias: Block | undefined; end?: ReadNode },
): void {
  const held = graph.held(node)
  if (held.axes.length !== 2 || given.kernel.shape.length !== 2) {
    throw graph.unsupported(node, 'it multiplies what is no batch of rows.')
  }
  const { flat: ordered } = held
  const fits = ordered?.order.length === given.kernel.shape[0]
  const kernel =
    ordered && fits ? gatherRows(given.kernel, inverseOrder(ordered.order)) : given.kernel
  const { last, options, positive } = ended(graph, given.end ?? node)
  const place = graph.to.add(
    'dense',
    graph.nameOf(node, node.inputs[1]),
    { units: kernel.shape[1] as number, useBias: given.bias !== undefined, ...options },
    [held.place],
    { kernel, ...(given.bias === undefined ? {} : { bias: given.bias }) },
  )
  graph.set(last, { place, axes: [0, 1], positive })
}

const scaled = ({ data, shape }: Block, factor: number): Block =>
  factor === 1 ? { data, shape } : { shape, data: data.map((one) => one * factor) }

/** One number for each unit, from one or as many. */
function spread({ data }: Constant, units: number): Block | undefined {
  if (data.length !== 1 && data.length !== units) return undefined
  const one = (k: number): number => data[data.length === 1 ? 0 : k] as number
  return { shape: [units], data: Float32Array.from({ length: units }, (_, k) => one(k)) }
}

function gemm(graph: GraphReader, node: ReadNode): void {
  if (graph.number(node, 'transA', 0) !== 0) throw graph.unsupported(node, 'transA must be 0.')
  const given = block(graph.weight(node, 1))
  const turned = graph.number(node, 'transB', 0) !== 0 && given.shape.length === 2
  const kernel = scaled(turned ? transposed(given, [1, 0]) : given, graph.number(node, 'alpha', 1))
  const added = node.inputs[2] ? graph.weight(node, 2) : undefined
  const bias = added && spread(added, kernel.shape[1] ?? 0)
  if (added !== undefined && bias === undefined) {
    throw graph.unsupported(node, 'what it adds is not one number for each column.')
  }
  dense(graph, node, { kernel, bias: bias && scaled(bias, graph.number(node, 'beta', 1)) })
}

function matMul(graph: GraphReader, node: ReadNode): void {
  const kernel = block(graph.weight(node, 1))
  const reader = graph.onlyReader(node, 'Add')
  const other = reader?.inputs[0] === node.outputs[0] ? 1 : 0
  const added = reader && graph.constant(reader, other)
  const bias = added && spread(added, kernel.shape[1] ?? 0)
  if (reader === undefined || bias === undefined) {
    return dense(graph, node, { kernel, bias: undefined })
  }
  graph.finish(reader)
  dense(graph, node, { kernel, bias, end: reader })
}

/** A weight for each channel, in our order of columns. */
const channels = (held: Held, constant: Constant): Block => ({
  shape: [constant.data.length],
  data: columns(held, constant.data),
})

function batchNormalization(graph: GraphReader, node: ReadNode): void {
  const held = graph.lastAxis(node, 1, graph.held(node))
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((k) => graph.weight(node, k)) as [
    Constant,
    Constant,
    Constant,
    Constant,
  ]
  const options = {
    momentum: graph.number(node, 'momentum', 0.9),
    epsilon: graph.number(node, 'epsilon', 1e-5),
  }
  const name = graph.nameOf(node, node.inputs[1])
  graph.set(
    node,
    weighted(graph, held, 'batchNormalization', name, options, {
      gamma,
      beta,
      moving_mean: mean,
      moving_variance: variance,
    }),
  )
}

/** A layer that has a weight for each channel. */
export function weighted(
  graph: GraphReader,
  held: Held,
  type: string,
  name: string,
  options: Parameters<GraphReader['to']['add']>[2],
  given: Readonly<Record<string, Constant>>,
): Held {
  const blocks = (inOurs: boolean): Record<string, Block> => {
    const entries = Object.entries(given)
    return Object.fromEntries(
      entries.map(([k, one]) => [k, inOurs ? channels(held, one) : flat(one)]),
    )
  }
  const place = graph.to.add(type, name, options, [held.place], blocks(true))
  const { flat: ordered } = held
  if (ordered === undefined) return { place, axes: held.axes }
  const inOrder = (): typeof place =>
    graph.to.add(type, name, options, [ordered.inOrder()], blocks(false))
  return { place, axes: held.axes, flat: { order: ordered.order, inOrder } }
}

/** Groups of channels, each with mean 0 and variance 1; gamma and beta for each channel. */
export function groupNormalization(
  graph: GraphReader,
  node: ReadNode,
  given: { held: Held; groups: number; epsilon: number; gamma?: Constant; beta?: Constant },
): Held {
  const held = graph.lastAxis(node, 1, given.held)
  const { groups, epsilon, gamma, beta } = given
  const options = { groups, epsilon, scale: gamma !== undefined, center: beta !== undefined }
  const weights = { ...(gamma && { gamma: flat(gamma) }), ...(beta && { beta: flat(beta) }) }
  const name = graph.nameOf(node)
  const source = held.flat === undefined ? held.place : held.flat.inOrder()
  const place = graph.to.add('groupNormalization', name, options, [source], weights)
  return { place, axes: held.axes }
}

function instanceNormalization(graph: GraphReader, node: ReadNode): void {
  const epsilon = graph.number(node, 'epsilon', 1e-5)
  const [gamma, beta] = [graph.weight(node, 1), graph.weight(node, 2)]
  const held = graph.held(node)
  graph.set(node, groupNormalization(graph, node, { held, groups: -1, epsilon, gamma, beta }))
}

function groupNormalizationOf(graph: GraphReader, node: ReadNode): void {
  const epsilon = graph.number(node, 'epsilon', 1e-5)
  const groups = graph.number(node, 'num_groups', 1)
  const held = graph.held(node)
  const count = held.place.shape.at(held.axes.length === 4 ? -1 : 0) ?? NaN
  // Before version 21 there is one number for each group.
  const each = (constant: Constant): Constant => {
    const repeat = count / groups
    if (constant.data.length !== groups || !(repeat > 1)) return constant
    const data = Array.from({ length: count }, (_, k) => constant.data[Math.floor(k / repeat)] ?? 0)
    return { shape: [count], data }
  }
  const [gamma, beta] = [each(graph.weight(node, 1)), each(graph.weight(node, 2))]
  graph.set(node, groupNormalization(graph, node, { held, groups, epsilon, gamma, beta }))
}

function layerNormalization(graph: GraphReader, node: ReadNode): void {
  const held = graph.held(node)
  const rank = held.axes.length
  const given = graph.number(node, 'axis', -1)
  const from = given < 0 ? given + rank : given
  if (from < 1 || from >= rank) throw graph.unsupported(node, 'it works along the batch.')
  const [gamma, beta] = [graph.weight(node, 1), graph.constant(node, 2)]
  const options = {
    axis: Array.from({ length: rank - from }, (_, k) => k - (rank - from)),
    epsilon: graph.number(node, 'epsilon', 1e-5),
    center: beta !== undefined,
  }
  const name = graph.nameOf(node, node.inputs[1])
  if (held.flat !== undefined) {
    const weights = { gamma, ...(beta && { beta }) }
    return graph.set(node, weighted(graph, held, 'layerNormalization', name, options, weights))
  }
  const weights = { gamma: block(gamma), ...(beta && { beta: block(beta) }) }
  const place = graph.to.add('layerNormalization', name, options, [graph.plain(held)], weights)
  graph.set(node, { place, axes: held.axes.map((_, k) => k) })
}

function prelu(graph: GraphReader, node: ReadNode): void {
  const held = graph.held(node)
  const slopes = graph.weight(node, 1)
  const rank = held.axes.length
  const name = graph.nameOf(node, node.inputs[1])
  if (held.flat !== undefined && slopes.data.length > 1) {
    return graph.set(node, weighted(graph, held, 'prelu', name, {}, { alpha: slopes }))
  }
  const missing = rank - 1 - slopes.shape.length
  const aligned = [...new Array<number>(Math.max(missing, 0)).fill(1), ...slopes.shape]
  const inFile = aligned.slice(aligned.length - (rank - 1))
  // Our dimension k is the file's dimension axes.indexOf(k).
  const rows = inFile.map((_, k) => held.axes.indexOf(k + 1) - 1)
  const alpha = transposed(block(slopes, inFile), rows)
  const sharedAxes = alpha.shape.flatMap((size, k) => (size === 1 ? [k + 1] : []))
  const options = sharedAxes.length > 0 ? { sharedAxes } : {}
  const change = (place: Held['place']): Held['place'] =>
    graph.to.add('prelu', name, options, [place], { alpha })
  graph.set(node, changed(held, change))
}

export const weightOperations: Record<string, Operation> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  Gemm: gemm,
  MatMul: matMul,
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalizationOf,
  LayerNormalization: layerNormalization,
  PRelu: prelu,
}
