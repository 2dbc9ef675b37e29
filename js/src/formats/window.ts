// Windows as other formats want them: how many rows and columns of padding on each side. The same
// arithmetic as the engine's (src/kernels/geometry.cpp).
// SPDX-License-Identifier: MIT
import { inputOf, numbersIn, wordIn } from './network.js'
import type { Value } from './network.js'

/** Before and after, for rows and for columns. */
export type Sides = readonly [readonly [number, number], readonly [number, number]]

type Pair = readonly [number, number]

/** A window of a convolution or a pooling. */
export interface WindowPlan {
  size: Pair
  strides: Pair
  dilation: Pair
  /** null: padding `same` with strides over a size that is not known: only a word can say it. */
  sides: Sides | null
  padding: 'valid' | 'same' | 'explicit'
}

const pair = (list: readonly number[]): Pair => [list[0] ?? 1, list.at(-1) ?? 1]

/** `size` is the option's name: `kernelSize` or `poolSize`. */
export function windowPlan(value: Value, size: 'kernelSize' | 'poolSize'): WindowPlan {
  const window = {
    size: pair(numbersIn(value, size)),
    strides: pair(numbersIn(value, 'strides')),
    dilation: 'dilationRate' in value.config ? pair(numbersIn(value, 'dilationRate')) : pair([1]),
  }
  const word = wordIn(value, 'padding')
  if (word === 'valid') return { ...window, padding: 'valid', sides: allSides(0) }
  if (word !== 'same') {
    return { ...window, padding: 'explicit', sides: sidesOf(numbersIn(value, 'padding')) }
  }
  const [height = null, width = null] = inputOf(value).shape
  const rows = sameSides(height, window.size[0], window.strides[0], window.dilation[0])
  const columns = sameSides(width, window.size[1], window.strides[1], window.dilation[1])
  const sides: Sides | null = rows && columns && [rows, columns]
  return { ...window, padding: 'same', sides }
}

const allSides = (count: number): Sides => [
  [count, count],
  [count, count],
]

/** One number, height and width, or top, bottom, left, right. */
export function sidesOf(list: readonly number[]): Sides {
  const [top = 0, bottom = top, left = 0, right = 0] = list
  if (list.length === 4) {
    return [
      [top, bottom],
      [left, right],
    ]
  }
  return [
    [top, top],
    [bottom, bottom],
  ]
}

/** What Keras's `same` adds; what is odd goes to the end. */
export function sameSides(
  input: number | null,
  size: number,
  stride: number,
  dilation: number,
): Pair | null {
  if (input === null && stride > 1) return null
  const span = (size - 1) * dilation + 1
  const whole = input === null ? span - 1 : (Math.ceil(input / stride) - 1) * stride + span - input
  const total = Math.max(whole, 0)
  return [Math.floor(total / 2), Math.ceil(total / 2)]
}

/** A transposed convolution: what is cut off at each side, and what is added at the end. */
export interface TransposedPlan extends Omit<WindowPlan, 'sides' | 'padding'> {
  sides: Sides
  extra: Pair
}

export function transposedPlan(value: Value): TransposedPlan {
  const size = pair(numbersIn(value, 'kernelSize'))
  const strides = pair(numbersIn(value, 'strides'))
  const dilation = pair(numbersIn(value, 'dilationRate'))
  const given = value.config['outputPadding']
  const added = Array.isArray(given) ? pair(given.map(Number)) : null
  const word = wordIn(value, 'padding')
  const explicit = sidesOf(numbersIn(value, 'padding'))
  const axis = (k: 0 | 1): { cut: Pair; extra: number } => {
    const span = (size[k] - 1) * dilation[k] + 1
    if (word !== 'valid' && word !== 'same') return { cut: explicit[k], extra: added?.[k] ?? 0 }
    // How much larger than the stamps' reach the output is, whatever the input's size.
    let beyond =
      added?.[k] ?? (word === 'same' ? strides[k] - span : Math.max(strides[k] - span, 0))
    if (word === 'same' && added !== null) beyond -= 2 * Math.floor(span / 2)
    const cut = Math.max(-beyond, 0)
    return { cut: [Math.floor(cut / 2), Math.ceil(cut / 2)], extra: Math.max(beyond, 0) }
  }
  const [rows, columns] = [axis(0), axis(1)]
  return {
    size,
    strides,
    dilation,
    sides: [rows.cut, columns.cut],
    extra: [rows.extra, columns.extra],
  }
}
