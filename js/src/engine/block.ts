// Columns on their way into the wasm heap: one block of memory with a table at its beginning, which
// src/bindings/block.cpp reads; and predictions on their way out.
// SPDX-License-Identifier: MIT
import { elementCount } from '../tensor.js'
import type { Column, Floats } from './engine.js'
import { allocate, put, unwrap } from './native.js'
import type { NativeModule } from './native.js'

const kRoles = { x: 0, y: 1, w: 2, outputGradients: 3 }

/** The sizes of a shape that the heap has room for. */
const kMostSizes = 5

/** Words of a line of the table: role, type, where the numbers begin, rank, sizes. */
const kLine = 4 + kMostSizes

/** Numbers begin where a word does. */
const words = ({ data }: Column): number => Math.ceil(data.byteLength / 4)

/** Copies columns into the heap; the caller owns the block. */
export function copyColumns(native: NativeModule, columns: readonly Column[]): number {
  let at = 1 + kLine * columns.length
  const size = columns.reduce((sum, column) => sum + words(column), at)
  const block = allocate(native, 4 * size, 'the data')
  const { HEAP32 } = native
  let word = block / 4
  HEAP32[word++] = columns.length
  for (const column of columns) {
    const { role, data, shape } = column
    HEAP32[word] = kRoles[role]
    HEAP32[word + 1] = data instanceof Uint8Array ? 0 : data instanceof Int32Array ? 1 : 2
    HEAP32[word + 2] = 4 * at
    HEAP32[word + 3] = shape.length
    for (let k = 0; k < kMostSizes; ++k) HEAP32[word + 4 + k] = shape[k] ?? 0
    word += kLine
    put(native, block + 4 * at, data)
    at += words(column)
  }
  return block
}

/** What a model says of rows of a block. */
export function predictRows(
  native: NativeModule,
  { model, outputs }: { model: number; outputs: number },
  block: number,
  from: number,
  count: number,
): Floats[] {
  let word = native.predict(model, block, from, count) / 4
  if (word === 0) unwrap(native.failure())
  const { HEAP32, HEAPF32 } = native
  const predicted: Floats[] = []
  // A view of the core's (src/core/tensor_view.h): where the numbers lie, sizes, rank.
  for (let left = outputs; left > 0; --left) {
    const at = ((HEAP32[word++] ?? 0) >>> 0) / 4
    const shape: number[] = []
    for (let rank = HEAP32[word + kMostSizes] ?? 0; shape.length < rank;)
      shape.push(HEAP32[word + shape.length] ?? 0)
    predicted.push({ data: HEAPF32.slice(at, at + elementCount(shape)), shape })
    word += kMostSizes + 1
  }
  return predicted
}
