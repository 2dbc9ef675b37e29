// Tensors are plain data: numbers and a shape. They own nothing in the engine and are never freed.
// SPDX-License-Identifier: MIT
import { FoveaError } from './errors.js'
import { describe, wholeNumber } from './options.js'

/** The arrays a tensor can hold. */
export type TensorData = Float32Array | Uint8Array | Int32Array

/** Numbers and a shape. Images are `[n, height, width, channels]`. */
export interface Tensor {
  /** The numbers, row by row: the last dimension is the fastest. */
  data: TensorData
  /** The size of each dimension. */
  shape: number[]
}

/** A tensor of 32-bit floats: what the engine gives back. */
export interface FloatTensor extends Tensor {
  /** Row by row. */
  data: Float32Array
}

/** Anything that {@link tensor} can make into a tensor's data. */
export type NumberArray =
  | TensorData
  | Uint8ClampedArray
  | Int8Array
  | Int16Array
  | Uint16Array
  | Uint32Array
  | Float64Array
  | readonly number[]

/**
 * Puts a shape to numbers. `Float32Array`, `Uint8Array` and `Int32Array` are taken as they are (no
 * copy); other arrays are converted: bytes stay bytes, integers become `Int32Array`, the rest
 * `Float32Array`.
 *
 * @param data the numbers, row by row
 * @param shape the size of each dimension, for example `[n, height, width, channels]`
 * @throws FoveaError `bad-shape` when the numbers do not fill the shape
 * @example
 * ```ts
 * const images = fovea.tensor(new Uint8Array(2 * 28 * 28), [2, 28, 28, 1])
 * ```
 */
export function tensor(data: NumberArray, shape: readonly number[]): Tensor {
  if (!Array.isArray(shape) || shape.some((size) => !Number.isSafeInteger(size) || size < 0)) {
    throw new FoveaError(
      'bad-shape',
      `tensor: the shape needs whole numbers, such as [10, 28, 28, 1], but is ${describe(shape)}.`,
    )
  }
  const values = toTensorData(data)
  const wanted = elementCount(shape)
  if (values.length !== wanted) {
    throw new FoveaError(
      'bad-shape',
      `tensor: the shape ${shapeText(shape)} holds ${wanted} numbers but the data has ` +
        `${values.length}.`,
    )
  }
  return { data: values, shape: [...shape] }
}

/**
 * Class numbers as rows with a single one.
 *
 * @param labels class numbers from 0 to `classes - 1`
 * @param classes how many classes there are
 * @returns a `Float32Array` tensor `[labels.length, classes]`
 * @throws FoveaError `bad-data` when a label is not a class number
 * @example
 * ```ts
 * fovea.oneHot([2, 0], 3)      // rows 0 0 1 and 1 0 0
 * ```
 */
export function oneHot(labels: NumberArray, classes: number): FloatTensor {
  wholeNumber('oneHot', 'classes', classes, 1)
  const data = new Float32Array(labels.length * classes)
  for (let i = 0; i < labels.length; ++i) {
    const label = labels[i]
    if (label === undefined || !Number.isInteger(label) || label < 0 || label >= classes) {
      throw new FoveaError(
        'bad-data',
        `oneHot: label ${i} is ${String(label)} but must be a whole number from 0 to ${classes - 1}.`,
      )
    }
    data[i * classes + label] = 1
  }
  return { data, shape: [labels.length, classes] }
}

/** Any numbers as one of the three kinds of array the engine takes. Copies only where it must. */
export function toTensorData(data: NumberArray): TensorData {
  if (data instanceof Float32Array || data instanceof Uint8Array || data instanceof Int32Array) {
    return data
  }
  if (data instanceof Uint8ClampedArray) {
    return new Uint8Array(data.buffer, data.byteOffset, data.length)
  }
  if (data instanceof Int8Array || data instanceof Int16Array || data instanceof Uint16Array) {
    return Int32Array.from(data)
  }
  if (Array.isArray(data) || data instanceof Float64Array || data instanceof Uint32Array) {
    const numbers = data as ArrayLike<unknown> & Iterable<number>
    for (let i = 0; i < numbers.length; ++i) {
      if (typeof numbers[i] === 'number') continue
      throw new FoveaError(
        'bad-data',
        `tensor: element ${i} must be a number but is ${describe(numbers[i])}. Nested arrays are ` +
          `written flat, and their sizes go into the shape.`,
      )
    }
    return Float32Array.from(numbers)
  }
  throw new FoveaError(
    'bad-data',
    `tensor: needs a typed array or an array of numbers but gets ${describe(data)}.`,
  )
}

/** A copy with a buffer of its own. Not `slice`, which gives a view where the array is a `Buffer`. */
export function copyData(data: TensorData): TensorData {
  if (data instanceof Uint8Array) return new Uint8Array(data)
  return data instanceof Int32Array ? new Int32Array(data) : new Float32Array(data)
}

/** How many numbers a shape holds. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** A shape as people write it: `[null, 28, 28, 1]`. */
export function shapeText(shape: readonly (number | null | string)[]): string {
  return `[${shape.map(String).join(', ')}]`
}
