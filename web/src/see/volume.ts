// SPDX-License-Identifier: MIT
// The lecture's volume: a picture of 5 x 5 in three colours, padded by 1, and two filters of 3 x 3 x 3 that
// move by 2, which makes a map of 3 x 3 x 2. The numbers are ours: between a red wall and a blue one a white
// spot and some green.
import type { Picture, SlideOptions } from './slide.js'

export const kColours = ['red', 'green', 'blue'] as const
export const kVolumeOptions: SlideOptions = { window: 3, stride: 2, dilation: 1, padding: 1 }

const kSide = 5

const channel = (...rows: string[]): Picture => {
  return { values: Float32Array.from(rows.join(''), Number), width: kSide, height: kSide }
}

/** Red, green and blue, from 0 to 2. */
export const kChannels: readonly Picture[] = [
  channel('22000', '22000', '22200', '22000', '22000'),
  channel('00000', '01000', '00200', '00010', '00000'),
  channel('00022', '00022', '00222', '00022', '00022'),
]

export interface VolumeFilter {
  /** What it asks at every place. */
  question: string
  /** Nine weights for each colour. */
  slices: readonly (readonly number[])[]
  bias: number
}

const kFalls = [1, 0, -1, 1, 0, -1, 1, 0, -1]
const kSpot = [0, -1, 0, -1, 4, -1, 0, -1, 0]

export const kFilters: readonly VolumeFilter[] = [
  {
    question: 'Red on the left, blue on the right?',
    slices: [kFalls, Array<number>(9).fill(0), kFalls.map((weight) => 0 - weight)],
    bias: -2,
  },
  { question: 'A spot, whatever its colour?', slices: [kSpot, kSpot, kSpot], bias: 1 },
]

/** All channels in one array, [height, width, 3]. */
export function pictureData(): Float32Array {
  return Float32Array.from({ length: kSide * kSide * 3 }, (_, i) => {
    return kChannels[i % 3]?.values[Math.floor(i / 3)] ?? 0
  })
}

/** All weights in one array as the library has them, [3, 3, colours, filters]. */
export function filterData(): Float32Array {
  return Float32Array.from({ length: 9 * 3 * kFilters.length }, (_, i) => {
    const colour = Math.floor(i / kFilters.length) % 3
    const place = Math.floor(i / kFilters.length / 3)
    return kFilters[i % kFilters.length]?.slices[colour]?.[place] ?? 0
  })
}
