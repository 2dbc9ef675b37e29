// SPDX-License-Identifier: MIT
// How a window slides, in numbers that can be read: how many places it has, which cells it touches at
// each, their products and their sum. The maps on the page come from the engine; this is the
// arithmetic written out beside them.

export type Operation = 'convolution' | 'max' | 'average' | 'sum'
export type PaddingChoice = number | 'same'

export interface SlideOptions {
  /** Rows and columns of the window. */
  window: number
  stride: number
  /** Cells from one tap of the window to the next. */
  dilation: number
  /** Cells on every side, or as many as keep the size. */
  padding: PaddingChoice
}

/** One direction of the slide. */
export interface Axis {
  input: number
  /** Cells that the window spans, gaps included. */
  reach: number
  stride: number
  /** Padding at the beginning and at the end. */
  before: number
  after: number
  /** Places of the window; 0 where it does not fit once. */
  output: number
  /** Cells at the end, padding included, that no window reaches. */
  unseen: number
}

export interface Picture {
  values: Float32Array
  width: number
  height: number
  /** Numbers are light, 0 black and 255 white; otherwise they are ink, or just numbers. */
  light?: boolean
}

/** One cell under the window. Row and column count from the first cell of the picture itself. */
export interface Tap {
  row: number
  column: number
  /** False in the padding. */
  inside: boolean
  value: number
  weight: number
}

/**
 * floor((N + 2P - F) / S) + 1 places, F being the reach of the window. 'same' gives ceil(N / S) of
 * them; of an odd number of padded cells the larger half is at the end.
 */
export function axisOf(input: number, { window, stride, dilation, padding }: SlideOptions): Axis {
  const reach = dilation * (window - 1) + 1
  const kept = Math.ceil(input / stride)
  const total = padding === 'same' ? Math.max((kept - 1) * stride + reach - input, 0) : 2 * padding
  const before = Math.floor(total / 2)
  const room = input + total - reach
  const output = room < 0 ? 0 : Math.floor(room / stride) + 1
  const unseen = room < 0 ? 0 : room % stride
  return { input, reach, stride, before, after: total - before, output, unseen }
}

/** The cells under the window at one place of the result, row by row. */
export function tapsAt(
  picture: Picture,
  weights: ArrayLike<number>,
  options: SlideOptions,
  place: { row: number; column: number },
): Tap[] {
  const { window, stride, dilation } = options
  const top = place.row * stride - axisOf(picture.height, options).before
  const left = place.column * stride - axisOf(picture.width, options).before
  return Array.from({ length: window * window }, (_, k) => {
    const row = top + Math.floor(k / window) * dilation
    const column = left + (k % window) * dilation
    const inside = row >= 0 && row < picture.height && column >= 0 && column < picture.width
    const value = inside ? (picture.values[row * picture.width + column] ?? 0) : 0
    return { row, column, inside, value, weight: weights[k] ?? 0 }
  })
}

/** What the window gives: the sum of products, or the largest, mean or sum of what lies inside. */
export function gathered(taps: readonly Tap[], operation: Operation): number {
  if (operation === 'convolution') {
    return taps.reduce((sum, { value, weight }) => sum + value * weight, 0)
  }
  const inside = taps.filter((tap) => tap.inside).map(({ value }) => value)
  if (operation === 'max') return Math.max(...inside)
  const sum = inside.reduce((total, value) => total + value, 0)
  return operation === 'sum' ? sum : sum / inside.length
}

/** The picture with its padding around it, as it is drawn. */
export function padded(picture: Picture, rows: Axis, columns: Axis): Picture {
  const width = columns.before + picture.width + columns.after
  const height = rows.before + picture.height + rows.after
  const values = new Float32Array(width * height)
  for (let y = 0; y < picture.height; ++y) {
    const line = picture.values.subarray(y * picture.width, (y + 1) * picture.width)
    values.set(line, (y + rows.before) * width + columns.before)
  }
  return { values, width, height }
}

/** A number as it is written in a cell: two decimals at most, and a real minus sign. */
export function written(value: number): string {
  const rounded = Math.round(value * 100) / 100
  return String(rounded === 0 ? 0 : rounded).replace('-', '−')
}
