// Sums, products and the like: of values, which are merges, or with constants, which are lines.
// SPDX-License-Identifier: MIT
import type { Place } from '../builder.js'
import type { Constant, ReadNode } from './decode.js'
import type { GraphReader, Held, Operation } from './graph-reader.js'
import { clip } from './read-elements.js'
import { localResponseOf } from './local-response.js'
import { weighted } from './read-weights.js'

/** Values arranged alike. */
function alike(graph: GraphReader, node: ReadNode, all: readonly Held[]): Held[] {
  const [first] = all as [Held]
  if (all.some(({ axes }) => axes.length !== first.axes.length)) {
    throw graph.unsupported(node, 'its inputs have different numbers of dimensions.')
  }
  const orders = new Set(all.map(({ flat }) => String(flat?.order)))
  if (first.flat !== undefined && orders.size === 1) return [...all]
  const axes = all.find((one) => one.axes.some((axis, k) => axis !== k))?.axes ?? first.axes
  return all.map((one) => ({ place: graph.arranged(one, axes), axes }))
}

function merged(graph: GraphReader, node: ReadNode, type: string, all: readonly Held[]): Held {
  if (all.length === 1) return all[0] as Held
  const values = alike(graph, node, all)
  const join = (places: readonly Place[]): Place =>
    graph.to.add(type, graph.nameOf(node), {}, places)
  const place = join(values.map((one) => one.place))
  const [{ axes, flat }] = values as [Held]
  const positive = type !== 'subtract' && all.every((one) => one.positive === true)
  if (flat === undefined) return { place, axes, positive }
  const inOrder = (): Place => join(values.map((one) => one.flat?.inOrder() as Place))
  return { place, axes, positive, flat: { order: flat.order, inOrder } }
}

/** x times a plus b, each one number or one for each channel. */
interface Line {
  scale?: Constant
  offset?: Constant
}

const one = (constant: Constant | undefined, usual: number): number =>
  constant === undefined ? usual : Number(constant.data[0])

/** The dimension of the file along which a constant changes; undefined where along several. */
function dimensionOf({ shape, data }: Constant, rank: number): number | undefined {
  const wide = shape.flatMap((size, k) => (size > 1 ? [k + rank - shape.length] : []))
  return wide.length === 1 && data.length > 1 && (wide[0] as number) > 0 ? wide[0] : undefined
}

function line(graph: GraphReader, node: ReadNode, held: Held, { scale, offset }: Line): Held {
  const given = [scale, offset].filter((constant) => constant !== undefined)
  if (given.every(({ data }) => data.length === 1)) {
    const options = { scale: one(scale, 1), offset: one(offset, 0) }
    return graph.each(node, held, 'rescaling', options)
  }
  const rank = held.axes.length
  const axes = new Set(
    given.filter(({ data }) => data.length > 1).map((each) => dimensionOf(each, rank)),
  )
  const [axis] = axes
  if (axes.size !== 1 || axis === undefined) {
    throw graph.unsupported(node, 'its constant is neither one number nor one for each channel.')
  }
  const turned = graph.lastAxis(node, axis, held)
  const channels = given.find(({ data }) => data.length > 1)?.data.length ?? 1
  const spread = (constant: Constant | undefined, usual: number): Constant => {
    const single = constant === undefined || constant.data.length === 1
    if (!single) return { shape: [channels], data: constant.data }
    return { shape: [channels], data: new Array<number>(channels).fill(one(constant, usual)) }
  }
  // A batch normalisation that does not learn: (x - 0) / sqrt(1 + 0) * gamma + beta.
  return weighted(
    graph,
    turned,
    'batchNormalization',
    graph.nameOf(node),
    { epsilon: 0, trainable: false },
    {
      gamma: spread(scale, 1),
      beta: spread(offset, 0),
      moving_mean: spread(undefined, 0),
      moving_variance: spread(undefined, 1),
    },
  )
}

const mapped = ({ shape, data }: Constant, change: (x: number) => number): Constant => ({
  shape,
  data: Array.from(data, change),
})

/** The one constant of a node of two inputs, and which it is. */
function constantOf(
  graph: GraphReader,
  node: ReadNode,
): { constant: Constant; first: boolean } | undefined {
  const [a, b] = [graph.constant(node, 0), graph.constant(node, 1)]
  if (b !== undefined) return { constant: b, first: false }
  return a === undefined ? undefined : { constant: a, first: true }
}

function held(graph: GraphReader, node: ReadNode): Held {
  const first = constantOf(graph, node)?.first === true
  return graph.held(node, first ? 1 : 0)
}

/** A sum that alone reads a product with a constant is the same line. */
function mul(graph: GraphReader, node: ReadNode): void {
  const found = constantOf(graph, node)
  if (found === undefined) {
    if (node.inputs[0] === node.inputs[1] && localResponseOf(graph, node)) return
    return graph.set(node, merged(graph, node, 'multiply', [graph.held(node), graph.held(node, 1)]))
  }
  const sum = graph.onlyReader(node, 'Add')
  const added = sum && constantOf(graph, sum)
  if (sum === undefined || added === undefined) {
    return graph.set(node, line(graph, node, held(graph, node), { scale: found.constant }))
  }
  graph.finish(sum)
  const both = { scale: found.constant, offset: added.constant }
  graph.set(sum, line(graph, node, held(graph, node), both))
}

function add(graph: GraphReader, node: ReadNode): void {
  const found = constantOf(graph, node)
  graph.set(
    node,
    found === undefined
      ? merged(graph, node, 'add', [graph.held(node), graph.held(node, 1)])
      : line(graph, node, held(graph, node), { offset: found.constant }),
  )
}

/** A difference that is divided by constants, all above zero, is the normalisation of a data set. */
function sub(graph: GraphReader, node: ReadNode): void {
  const found = constantOf(graph, node)
  if (found === undefined) {
    return graph.set(node, merged(graph, node, 'subtract', [graph.held(node), graph.held(node, 1)]))
  }
  const { constant, first } = found
  if (first) {
    const scale = { shape: [], data: [-1] }
    return graph.set(node, line(graph, node, held(graph, node), { scale, offset: constant }))
  }
  const quotient = graph.onlyReader(node, 'Div')
  const divisor = quotient && graph.constant(quotient, 1)
  const fits = divisor !== undefined && Array.from(divisor.data).every((x) => x > 1e-7)
  if (quotient !== undefined && fits && normalized(graph, node, quotient, constant, divisor)) return
  graph.set(node, line(graph, node, held(graph, node), { offset: mapped(constant, (x) => -x) }))
}

function normalized(
  graph: GraphReader,
  node: ReadNode,
  quotient: ReadNode,
  mean: Constant,
  deviation: Constant,
): boolean {
  const given = graph.held(node)
  const rank = given.axes.length
  const wide = [mean, deviation].filter(({ data }) => data.length > 1)
  const axes = new Set(wide.map((each) => dimensionOf(each, rank)))
  const [axis = rank - 1] = axes
  if (axes.size > 1 || axes.has(undefined) || given.flat !== undefined) return false
  graph.finish(quotient)
  const turned = graph.lastAxis(node, axis, given)
  const options = {
    mean: Array.from(mean.data),
    variance: Array.from(deviation.data, (x) => x * x),
  }
  graph.set(quotient, graph.each(node, turned, 'normalization', options))
  return true
}

function div(graph: GraphReader, node: ReadNode): void {
  const found = constantOf(graph, node)
  if (found === undefined || found.first) {
    throw graph.unsupported(node, 'it divides by what is no constant.')
  }
  const scale = mapped(found.constant, (x) => 1 / x)
  graph.set(node, line(graph, node, held(graph, node), { scale }))
}

function pow(graph: GraphReader, node: ReadNode): void {
  const value = graph.held(node)
  if (Number(graph.constant(node, 1)?.data[0]) !== 2) {
    throw graph.unsupported(node, 'its exponent is not 2.')
  }
  graph.set(node, { ...merged(graph, node, 'multiply', [value, value]), positive: true })
}

const several =
  (type: string): Operation =>
  (graph, node) => {
    const all = node.inputs.map((_, k) => graph.held(node, k))
    graph.set(node, merged(graph, node, type, all))
  }

/** The largest or smallest of values; with one number it is an end. */
const extreme =
  (type: 'maximum' | 'minimum'): Operation =>
  (graph, node) => {
    const found = node.inputs.length === 2 ? constantOf(graph, node) : undefined
    if (found?.constant.data.length !== 1) return several(type)(graph, node)
    const end = one(found.constant, 0)
    const [low, high] = type === 'maximum' ? [end, Infinity] : [-Infinity, end]
    graph.set(node, clip(graph, node, held(graph, node), low, high))
  }

export const arithmeticOperations: Record<string, Operation> = {
  Add: add,
  Sub: sub,
  Mul: mul,
  Div: div,
  Pow: pow,
  Sum: several('add'),
  Mean: several('average'),
  Max: extreme('maximum'),
  Min: extreme('minimum'),
}
