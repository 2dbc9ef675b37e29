// Operations on each number by itself, and the softmaxes. Formulas that exporters write as several
// nodes (GELU, softsign, SiLU, Mish) are found by their shape.
// SPDX-License-Identifier: MIT
import type { OptionRecord } from '../../graph.js'
import type { ReadNode } from './decode.js'
import type { GraphReader, Held, Operation } from './graph-reader.js'

const near = (x: number, wanted: number): boolean => Math.abs(x - wanted) < 1e-4 * Math.abs(wanted)

/** The only number of a constant input. */
export function scalar(
  graph: GraphReader,
  node: ReadNode | undefined,
  k: number,
): number | undefined {
  const found = node && graph.constant(node, k)
  return found?.data.length === 1 ? Number(found.data[0]) : undefined
}

/** The number that a node of two inputs has beside a value, and the name of the value. */
function beside(
  graph: GraphReader,
  node: ReadNode | undefined,
): { number: number; value: string } | undefined {
  if (node?.inputs.length !== 2) return undefined
  for (const k of [0, 1]) {
    const number = scalar(graph, node, k)
    if (number !== undefined) return { number, value: node.inputs[1 - k] as string }
  }
  return undefined
}

/** The other input of a node of two. */
const other = (node: ReadNode | undefined, name: string | undefined): string | undefined =>
  node?.inputs.find((one) => one !== name)

const named =
  (activation: string, positive = false): Operation =>
  (graph, node) =>
    graph.set(node, graph.each(node, graph.held(node), 'activation', { activation }, positive))

const layer =
  (type: string, options: (graph: GraphReader, node: ReadNode) => OptionRecord): Operation =>
  (graph, node) =>
    graph.set(node, graph.each(node, graph.held(node), type, options(graph, node)))

/** x sigmoid(x), where nobody else wants the sigmoid. */
function sigmoid(graph: GraphReader, node: ReadNode): void {
  const product = graph.onlyReader(node, 'Mul')
  if (product === undefined || other(product, node.outputs[0]) !== node.inputs[0]) {
    return named('sigmoid', true)(graph, node)
  }
  graph.finish(product)
  const held = graph.held(node)
  graph.set(product, graph.each(node, held, 'activation', { activation: 'swish' }))
}

/** x tanh(softplus(x)). */
function softplus(graph: GraphReader, node: ReadNode): void {
  const tanh = graph.onlyReader(node, 'Tanh')
  const product = graph.onlyReader(tanh, 'Mul')
  if (tanh === undefined || product === undefined) return named('softplus', true)(graph, node)
  if (other(product, tanh.outputs[0]) !== node.inputs[0])
    return named('softplus', true)(graph, node)
  graph.finish(tanh, product)
  const held = graph.held(node)
  graph.set(product, graph.each(node, held, 'activation', { activation: 'mish' }))
}

/** x / (1 + |x|). */
function abs(graph: GraphReader, node: ReadNode): void {
  const [x] = node.inputs
  const sum = graph.onlyReader(node, 'Add')
  const quotient = graph.onlyReader(sum, 'Div')
  const fits = beside(graph, sum)?.number === 1 && quotient?.inputs[0] === x
  if (sum === undefined || quotient === undefined || !fits) {
    throw graph.unsupported(node, 'Fovea has no such layer.')
  }
  graph.finish(sum, quotient)
  const held = graph.held(node)
  graph.set(quotient, graph.each(node, held, 'activation', { activation: 'softsign' }))
}

/** x / 2 (1 + erf(x / sqrt 2)), in the orders in which it is written. */
function erf(graph: GraphReader, node: ReadNode): void {
  const line = graph.maker(node, 0)
  const inside = beside(graph, line)
  const factor = line?.op === 'Div' ? Math.SQRT2 : Math.SQRT1_2
  const sum = graph.onlyReader(node, 'Add')
  const first = graph.onlyReader(sum, 'Mul')
  const second = graph.onlyReader(first, 'Mul')
  const x = inside?.value
  const known = inside !== undefined && near(inside.number, factor)
  if (x !== undefined && known && sum && first && beside(graph, sum)?.number === 1) {
    const partner = other(first, sum.outputs[0])
    const halved = graph.maker(first, first.inputs.indexOf(partner ?? ''))
    const half = beside(graph, halved)
    const done = (last: ReadNode): void => {
      graph.finish(sum, first, last)
      const held = graph.held(line as ReadNode, (line as ReadNode).inputs.indexOf(x))
      graph.set(last, graph.each(node, held, 'activation', { activation: 'gelu' }))
    }
    if (half?.number === 0.5 && half.value === x && halved?.op === 'Mul') return done(first)
    const closing = second && beside(graph, second)?.number === 0.5
    if (partner === x && second && closing) return done(second)
    const opening = beside(graph, first)?.number === 0.5
    if (opening && second && other(second, first.outputs[0]) === x) return done(second)
  }
  throw graph.unsupported(node, 'it is no part of a GELU as exporters write it.')
}

/** Keeps numbers between two ends, of which either may be missing. */
export function clip(
  graph: GraphReader,
  node: ReadNode,
  held: Held,
  low: number,
  high: number,
): Held {
  const line = (from: Held, scale: number, offset: number): Held =>
    scale === 1 && offset === 0 ? from : graph.each(node, from, 'rescaling', { scale, offset })
  const cut = (from: Held, options: OptionRecord): Held =>
    graph.each(node, from, 'reLU', options, true)
  if (!(low <= high)) throw graph.unsupported(node, 'its ends are the wrong way round.')
  if (low === 0 && high === 6)
    return graph.each(node, held, 'activation', { activation: 'relu6' }, true)
  if (low === 0) return cut(held, high === Infinity ? {} : { maxValue: high })
  if (low === -Infinity && high === Infinity) return held
  // min(x, b) = b - relu(b - x), max(x, a) = a + relu(x - a)
  if (low === -Infinity) return line(cut(line(held, -1, high), {}), -1, high)
  const options = high === Infinity ? {} : { maxValue: high - low }
  return { ...line(cut(line(held, 1, -low), options), 1, low), positive: low >= 0 }
}

function clipOf(graph: GraphReader, node: ReadNode): void {
  const end = (name: string, input: number, usual: number): number => {
    const value = node.attributes.get(name) ?? scalar(graph, node, input) ?? usual
    // The largest of all numbers stands for none.
    return Math.abs(Number(value)) > 3e38 ? usual : Number(value)
  }
  const [low, high] = [end('min', 1, -Infinity), end('max', 2, Infinity)]
  graph.set(node, clip(graph, node, graph.held(node), low, high))
}

function hardSigmoid(graph: GraphReader, node: ReadNode): void {
  const scale = graph.number(node, 'alpha', 0.2)
  const offset = graph.number(node, 'beta', 0.5)
  const held = graph.held(node)
  if (near(scale, 1 / 6) && offset === 0.5) {
    return graph.set(
      node,
      graph.each(node, held, 'activation', { activation: 'hardSigmoid' }, true),
    )
  }
  const line = graph.each(node, held, 'rescaling', { scale, offset })
  graph.set(node, graph.each(node, line, 'reLU', { maxValue: 1 }, true))
}

function hardSwish(graph: GraphReader, node: ReadNode): void {
  const { place, axes } = plainly(graph, graph.held(node))
  const name = graph.nameOf(node)
  const gate = graph.to.add('activation', `${name}_gate`, { activation: 'hardSigmoid' }, [place])
  graph.set(node, { place: graph.to.add('multiply', name, {}, [place, gate]), axes })
}

/** Without an order of columns of its own. */
export const plainly = (graph: GraphReader, held: Held): Held =>
  held.flat === undefined ? held : { place: graph.plain(held), axes: held.axes }

const softmax =
  (activation: string): Operation =>
  (graph, node) => {
    const held = graph.held(node)
    const rank = held.axes.length
    const old = graph.graph.opset < 13
    const axis = graph.number(node, 'axis', old ? 1 : -1)
    // Once all dimensions from the axis on were taken together.
    if (old && rank > 2 && axis !== rank - 1 && axis !== -1) {
      throw graph.unsupported(node, 'before version 13 it takes several dimensions together.')
    }
    const turned = graph.lastAxis(node, axis, held)
    graph.set(
      node,
      graph.each(node, turned, 'activation', { activation }, activation === 'softmax'),
    )
  }

/** The next 32-bit number: ONNX's ThresholdedRelu is strict where ours is not. */
function above(x: number): number {
  const floats = Float32Array.of(x)
  if (floats[0] === 0) return 1e-45
  const bits = new Int32Array(floats.buffer)
  bits[0] = (bits[0] as number) + (x > 0 ? 1 : -1)
  return floats[0] as number
}

function selu(graph: GraphReader, node: ReadNode): void {
  const usual = [1.6732632423543772, 1.0507009873554805] as const
  const [alpha, gamma] = [
    graph.number(node, 'alpha', usual[0]),
    graph.number(node, 'gamma', usual[1]),
  ]
  if (near(alpha, usual[0]) && near(gamma, usual[1])) return named('selu')(graph, node)
  throw graph.unsupported(node, "its alpha and gamma are not those of SELU's authors.")
}

function geluOf(graph: GraphReader, node: ReadNode): void {
  if (graph.word(node, 'approximate', 'none') === 'none') return named('gelu')(graph, node)
  throw graph.unsupported(node, 'its approximation by tanh.')
}

function dropout(graph: GraphReader, node: ReadNode): void {
  const rate = node.attributes.get('ratio') ?? scalar(graph, node, 1) ?? 0.5
  const held = graph.held(node)
  const { positive = false } = held
  const name = Number(rate)
  graph.set(
    node,
    name > 0 && name < 1 ? graph.each(node, held, 'dropout', { rate: name }, positive) : held,
  )
}

const same: Operation = (graph, node) => graph.set(node, graph.held(node))

export const elementOperations: Record<string, Operation> = {
  Relu: named('relu', true),
  Sigmoid: sigmoid,
  Tanh: named('tanh'),
  Softplus: softplus,
  Softsign: named('softsign'),
  Exp: named('exponential', true),
  Mish: named('mish'),
  Gelu: geluOf,
  Elu: layer('elu', (graph, node) => ({ alpha: graph.number(node, 'alpha', 1) })),
  LeakyRelu: layer('leakyReLU', (graph, node) => ({
    negativeSlope: graph.number(node, 'alpha', 0.01),
  })),
  ThresholdedRelu: layer('reLU', (graph, node) => ({
    threshold: above(graph.number(node, 'alpha', 1)),
  })),
  Selu: selu,
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  Clip: clipOf,
  Softmax: softmax('softmax'),
  LogSoftmax: softmax('logSoftmax'),
  Erf: erf,
  Abs: abs,
  Neg: layer('rescaling', () => ({ scale: -1, offset: 0 })),
  Dropout: dropout,
  Identity: same,
  Cast: same,
}
