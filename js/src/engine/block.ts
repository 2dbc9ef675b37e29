// Columns on their way into the wasm heap: one block of memory with a table at its beginning, which
// src/bindings/block.cpp reads; and predictions on their way out.
// SPDX-License-Identifier: MIT
import { elementCount } from '../tensor.js'
import type { Column, Floats } from './engine.js'
import { allocate, unwrap } from './native.js'
import type { NativeModule } from './native.js'

const kRoles = { x: 0, y: 1, w: 2, outputGradients: 3 }

/** The sizes of a shape that the heap has room for. */
const kMostSizes = 5

/** Words of a line of the table: role, type, where the numbers begin, rank, sizes. */
const kLine = 4 + kMostSizes

/** Numbers begin where a word does. */
const words = ({ data }: Column): number => Math.ceil(data.byteLength / 4)

/** Bytes of the block that columns fill. */
function blockBytes(columns: readonly Column[]): number {
  let size = 1 + kLine * columns.length
  for (const column of columns) size += words(column)
  return 4 * size
}

/** Copies columns into the heap; the caller owns the block. */
export function copyColumns(native: NativeModule, columns: readonly Column[]): number {
  const block = allocate(native, blockBytes(columns), 'the data')
  writeColumns(native, block, columns)
  return block
}

function writeColumns(native: NativeModule, block: number, columns: readonly Column[]): void {
  const { HEAPU8, HEAP32, HEAPF32 } = native
  let at = 1 + kLine * columns.length
  let word = block / 4
  HEAP32[word++] = columns.length
  for (const column of columns) {
    const { role, data, shape } = column
    HEAP32[word] = kRoles[role]
    const type = data instanceof Uint8Array ? 0 : data instanceof Int32Array ? 1 : 2
    HEAP32[word + 1] = type
    HEAP32[word + 2] = 4 * at
    HEAP32[word + 3] = shape.length
    for (let k = 0; k < kMostSizes; ++k) HEAP32[word + 4 + k] = shape[k] ?? 0
    word += kLine
    if (type === 0) HEAPU8.set(data, block + 4 * at)
    else (type === 1 ? HEAP32 : HEAPF32).set(data, block / 4 + at)
    at += words(column)
  }
}

/** A question up to this long has a place of its own: an image of 128 by 128 in three colours. */
const kKeptBytes = 2 ** 18

/** Blocks of questions. A place for a small one is kept: two calls less each time. */
export class Questions {
  private kept = 0
  private taken = false

  /** Copies columns into the heap. The block is to be given back. */
  copy(native: NativeModule, columns: readonly Column[]): number {
    const small = !this.taken && blockBytes(columns) <= kKeptBytes
    if (small) this.kept ||= native.allocate(kKeptBytes)
    // Where there is no room for a place, there may be for the question.
    if (!small || this.kept === 0) return copyColumns(native, columns)
    writeColumns(native, this.kept, columns)
    this.taken = true
    return this.kept
  }

  giveBack(native: NativeModule, block: number): void {
    if (block === this.kept) this.taken = false
    else native.release(block)
  }
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
  const predicted = new Array<Floats>(outputs)
  // A view of the core's (src/core/tensor_view.h): where the numbers lie, sizes, rank.
  for (let k = 0; k < outputs; ++k) {
    const at = ((HEAP32[word++] ?? 0) >>> 0) / 4
    const rank = HEAP32[word + kMostSizes] ?? 0
    const shape = new Array<number>(rank)
    for (let axis = 0; axis < rank; ++axis) shape[axis] = HEAP32[word + axis] ?? 0
    predicted[k] = { data: HEAPF32.slice(at, at + elementCount(shape)), shape }
    word += kMostSizes + 1
  }
  return predicted
}
