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
  if (axes.every((axis, k) => axis === k)) return { data, shape }
  const order = transposedOrder(shape, axes)
  const result = new Float32Array(data.length)
  for (let i = 0; i < order.length; ++i) result[i] = data[order[i] as number] as number
  return { data: result, shape: axes.map((axis) => shape[axis] as number) }
}

/** Where each element of the transposed block stands in the block. */
export function transposedOrder(shape: readonly number[], axes: readonly number[]): Int32Array {
  const strides = shape.map((_, k) => elementCount(shape.slice(k + 1)))
  const sizes = axes.map((axis) => shape[axis] as number)
  const steps = axes.map((axis) => strides[axis] as number)
  const order = new Int32Array(elementCount(sizes))
  const at = sizes.map(() => 0)
  let place = 0
  for (let i = 0; i < order.length; ++i) {
    order[i] = place
    for (let d = sizes.length - 1; d >= 0; --d) {
      place += steps[d] as number
      if (++(at[d] as number) < (sizes[d] as number)) break
      place -= (steps[d] as number) * (sizes[d] as number)
      at[d] = 0
    }
  }
  return order
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
