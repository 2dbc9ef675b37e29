// Local response normalisation as PyTorch exports it: squares, a mean over neighbouring channels made
// of an average pooling in three dimensions, alpha, k, a power and a quotient.
// SPDX-License-Identifier: MIT
import type { ReadNode } from './decode.js'
import type { GraphReader } from './graph-reader.js'
import { scalar } from './read-elements.js'

/** Begins at x times x; false where that is not the beginning of such a piece. */
export function localResponseOf(graph: GraphReader, square: ReadNode): boolean {
  const { nodes } = graph.graph
  const [x] = square.inputs
  const begin = nodes.indexOf(square)
  const end = nodes.findIndex(
    ({ op, inputs }, k) => k > begin && op === 'Div' && inputs[0] === x && inputs.length === 2,
  )
  const quotient = nodes[end]
  const power = graph.maker(quotient, 1)
  const sum = graph.maker(power, 0)
  const product = graph.maker(sum, 0)
  if (power?.op !== 'Pow' || sum?.op !== 'Add' || product?.op !== 'Mul') return false
  const inside = nodes.slice(begin, end)
  const numbers = inside.filter(({ op }) => op === 'Constant')
  const pool = inside.find(({ op, attributes }) => {
    const shape = attributes.get('kernel_shape')
    return op === 'AveragePool' && Array.isArray(shape) && shape.length === 3
  })
  if (quotient === undefined || pool === undefined) return false
  const [size = 1, ...others] = graph.numbers(pool, 'kernel_shape', [])
  const constantOf = (node: ReadNode): number => {
    const maker = numbers.find(({ outputs }) => node.inputs.slice(1).includes(outputs[0] ?? ''))
    const value = maker?.attributes.get('value')
    return typeof value === 'object' && 'data' in value
      ? Number(value.data[0])
      : (scalar(graph, node, 1) ?? NaN)
  }
  const [alpha, k, beta] = [constantOf(product), constantOf(sum), constantOf(power)]
  const known = [alpha, k, beta].every(Number.isFinite) && others.every((one) => one === 1)
  if (!known || size % 2 === 0) return false
  const held = graph.lastAxis(square, 1, graph.held(square))
  const options = { size, k, alpha: alpha / size, beta }
  graph.finish(...inside, quotient)
  graph.set(
    quotient,
    graph.each(quotient, held, 'localResponseNormalization', options, held.positive),
  )
  return true
}
