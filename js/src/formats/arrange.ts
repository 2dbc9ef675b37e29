// The same numbers in another order: transposed tensors, and rows of a dense kernel for an image that
// was flattened channel by channel. This is where NHWC and NCHW meet, and nowhere else.
// SPDX-License-Identifier: MIT
import { elementCount } from '../tensor.js'

/** Numbers with a shape. */
export interface Block {
  data: Float32Array
  shape: readonly number[]
}

/** Dimension i of the result is dimension `axes[i]` of the block. */
export function transposed({ data, shape }: Block, axes: readonly number[]): Block {
  if (isCountUp(axes)) return { data, shape }
  const result = new Float32Array(data.length)
  walk(shape, axes, (to, from) => (result[to] = data[from] as number))
  return { data: result, shape: axes.map((axis) => shape[axis] as number) }
}

/** Where each element of the transposed block stands in the block. */
export function transposedOrder(shape: readonly number[], axes: readonly number[]): Int32Array {
  const order = new Int32Array(elementCount(shape))
  walk(shape, axes, (to, from) => (order[to] = from))
  return order
}

/** Visits the elements of the transposed block in order, with where they stand in the block. */
function walk(
  shape: readonly number[],
  axes: readonly number[],
  visit: (to: number, from: number) => void,
): void {
  const sizes = axes.map((axis) => shape[axis] as number)
  const steps = axes.map((axis) => elementCount(shape.slice(axis + 1)))
  const at = sizes.map(() => 0)
  const count = elementCount(sizes)
  let from = 0
  for (let to = 0; to < count; ++to) {
    visit(to, from)
    for (let d = sizes.length - 1; d >= 0; --d) {
      from += steps[d] as number
      if (++(at[d] as number) < (sizes[d] as number)) break
      from -= (steps[d] as number) * (sizes[d] as number)
      at[d] = 0
    }
  }
}

/** Row i of the result is row `order[i]`. */
export function gatherRows({ data, shape }: Block, order: Int32Array): Block {
  const length = elementCount(shape.slice(1))
  const result = new Float32Array(order.length * length)
  order.forEach((from, to) =>
    result.set(data.subarray(from * length, (from + 1) * length), to * length),
  )
  return { data: result, shape: [order.length, ...shape.slice(1)] }
}

/** The order that undoes an order. */
export function inverseOrder(order: Int32Array): Int32Array {
  const inverse = new Int32Array(order.length)
  order.forEach((from, to) => (inverse[from] = to))
  return inverse
}

/** 0, 1, 2, ... */
export const countUp = (count: number): number[] => Array.from({ length: count }, (_, k) => k)

export const isCountUp = (order: ArrayLike<number>): boolean =>
  Array.from(order).every((one, k) => one === k)

/** Batch, channels, height, width, as dimensions of our batch, height, width, channels. */
export const kChannelsFirst: readonly number[] = [0, 3, 1, 2]
