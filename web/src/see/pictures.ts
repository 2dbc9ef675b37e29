// SPDX-License-Identifier: MIT
// The pictures of the chapter on kernels: small tables whose numbers can all be read, and a drawn scene
// with edges in every direction. Pictures are numbers from 0 to 255, tables what is printed in them.
import type { Picture } from './slide.js'

const rows = (...lines: number[][]): Picture => {
  return {
    values: Float32Array.from(lines.flat()),
    width: lines[0]?.length ?? 0,
    height: lines.length,
  }
}

const kSceneSide = 56

/** A house at dusk: level and upright lines, a slanted roof, a round moon, a sky that darkens. */
function scene(): Picture {
  const side = kSceneSide
  const context = new OffscreenCanvas(side, side).getContext('2d')
  if (!context) return { values: new Float32Array(side * side), width: side, height: side }
  const polygon = (grey: number, ...points: [number, number][]): void => {
    context.fillStyle = `rgb(${grey} ${grey} ${grey})`
    context.beginPath()
    for (const [x, y] of points) context.lineTo(x, y)
    context.fill()
  }
  const box = (grey: number, x: number, y: number, width: number, height: number): void => {
    polygon(grey, [x, y], [x + width, y], [x + width, y + height], [x, y + height])
  }
  const sky = context.createLinearGradient(0, 0, 0, 42)
  sky.addColorStop(0, 'rgb(70 70 70)')
  sky.addColorStop(1, 'rgb(150 150 150)')
  context.fillStyle = sky
  context.fillRect(0, 0, side, side)
  context.fillStyle = 'rgb(240 240 240)'
  context.beginPath()
  context.arc(44, 11, 6.5, 0, 2 * Math.PI)
  context.fill()
  box(45, 0, 43, side, 13)
  box(210, 12, 25, 28, 20)
  polygon(95, [8, 26], [26, 9], [44, 26])
  box(120, 33, 11, 5, 9)
  box(60, 17, 30, 7, 7)
  box(60, 29, 31, 7, 14)
  box(235, 18, 31, 2, 5)
  box(235, 21, 31, 2, 5)
  for (let x = 1; x < 10; x += 3) box(190, x, 38, 1, 9)
  for (let x = 44; x < 56; x += 3) box(190, x, 38, 1, 9)
  box(190, 0, 41, 11, 1)
  box(190, 43, 41, 13, 1)
  const { data } = context.getImageData(0, 0, side, side)
  const values = Float32Array.from({ length: side * side }, (_, i) => data[i * 4] ?? 0)
  return { values, width: side, height: side, light: true }
}

const letterX = (): Picture => {
  const values = new Float32Array(81).fill(-1)
  for (let i = 1; i < 8; ++i) values[i * 9 + i] = values[i * 9 + 8 - i] = 1
  return { values, width: 9, height: 9 }
}

/** Pictures that are always there, by the name that the address uses. */
export const kPictures = {
  lecture: {
    title: 'A blurred stroke, 6 × 6',
    make: () =>
      rows(
        [0, 0, 0, 0, 0, 0],
        [0.2, 0.8, 0, 0.3, 0.6, 0],
        [0.2, 0.9, 0, 0.3, 0.8, 0],
        [0.3, 0.8, 0.7, 0.8, 0.9, 0],
        [0, 0, 0, 0.2, 0.8, 0],
        [0, 0, 0, 0.2, 0.2, 0],
      ),
  },
  halves: {
    title: 'Bright left, dark right, 6 × 6',
    make: () => rows(...Array.from({ length: 6 }, () => [10, 10, 10, 0, 0, 0])),
  },
  seven: {
    title: 'Seven by seven',
    make: () => {
      const values = Float32Array.from({ length: 49 }, (_, i) => (i % 7) + Math.floor(i / 7))
      return { values, width: 7, height: 7 }
    },
  },
  cross: { title: 'The letter X, 9 × 9', make: letterX },
  table: {
    title: 'A table to pool, 6 × 6',
    make: () =>
      rows(
        [3, 4, 6, 2, 1, 7],
        [3, 5, 4, 9, 8, 8],
        [1, 7, 5, 4, 6, 6],
        [7, 2, 6, 5, 4, 5],
        [6, 1, 7, 7, 2, 4],
        [5, 3, 3, 1, 4, 3],
      ),
  },
  house: { title: 'A house, 56 × 56', make: scene },
} as const satisfies Record<string, { title: string; make: () => Picture }>

/** Pictures that come from elsewhere on the page or from the visitor. */
export const kOwnPictures = {
  image: 'The image in view',
  drawing: 'A drawing',
  camera: 'The camera',
} as const

export type BuiltIn = keyof typeof kPictures
export type PictureName = BuiltIn | keyof typeof kOwnPictures

export const isBuiltIn = (name: string): name is BuiltIn => Object.hasOwn(kPictures, name)
export const isPictureName = (name: string): name is PictureName =>
  isBuiltIn(name) || Object.hasOwn(kOwnPictures, name)

/** Bytes [height, width, channels] as one picture of greys from 0 to 255. */
export function greyOf(
  pixels: Uint8Array,
  shape: readonly number[],
  light = (shape[2] ?? 1) >= 3,
): Picture {
  const [height = 1, width = 1, channels = 1] = shape
  const share = channels < 3 ? [1] : [0.299, 0.587, 0.114]
  const values = Float32Array.from({ length: height * width }, (_, i) =>
    Math.round(share.reduce((sum, part, k) => sum + part * (pixels[i * channels + k] ?? 0), 0)),
  )
  return { values, width, height, light }
}
