// Every operation of ONNX that has a counterpart here.
// SPDX-License-Identifier: MIT
import { folded, sourceOperations } from './fold.js'
import type { Operation } from './graph-reader.js'
import { arithmeticOperations } from './read-arithmetic.js'
import { elementOperations } from './read-elements.js'
import { shapeOperations } from './read-shapes.js'
import { weightOperations } from './read-weights.js'
import { windowOperations } from './read-windows.js'

const table: Record<string, Operation> = {
  ...sourceOperations,
  ...weightOperations,
  ...windowOperations,
  ...elementOperations,
  ...arithmeticOperations,
  ...shapeOperations,
}

/** What to do with a node of this operation; undefined where nothing can be done. */
export function operationOf(op: string): Operation | undefined {
  const found = Object.hasOwn(table, op) ? table[op] : undefined
  return (graph, node) => {
    if (op !== 'Constant' && op !== 'Shape' && folded(graph, node)) return
    if (found === undefined) throw graph.unsupported(node, 'Fovea has no such layer.')
    found(graph, node)
  }
}
