// SPDX-License-Identifier: MIT
// Examples of the visitor's own: a drawing or a picture of the camera made as small as the network sees
// it, and many of them put together for training.
import type { Tensor } from 'fovea'

/** Bytes of one example, [height, width, channels]. */
export interface Picture {
  data: Uint8Array
  shape: readonly number[]
}

/** Of the larger side, the share that the ink takes: 20 of 28 pixels, as in MNIST. */
const kInkShare = 20 / 28

/**
 * The part of a drawing (RGBA, ink on nothing) that holds its ink, as a square with a margin, so that it
 * does not matter where and how large it was drawn. Undefined where there is no ink.
 */
export function croppedToInk({ data, shape }: Tensor): Tensor | undefined {
  const [height = 0, width = 0] = shape
  let [left, right, top, bottom] = [width, -1, height, -1]
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) {
      if ((data[(y * width + x) * 4 + 3] ?? 0) < 128) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
    }
  }
  if (right < left) return undefined
  const side = Math.max(8, Math.ceil(Math.max(right - left + 1, bottom - top + 1) / kInkShare))
  const fromX = Math.round((left + right + 1 - side) / 2)
  const fromY = Math.round((top + bottom + 1 - side) / 2)
  const square = new Uint8Array(side * side * 4)
  for (let y = 0; y < side; ++y) {
    for (let x = 0; x < side; ++x) {
      const [sourceX, sourceY] = [fromX + x, fromY + y]
      if (sourceX < 0 || sourceY < 0 || sourceX >= width || sourceY >= height) continue
      const from = (sourceY * width + sourceX) * 4
      square.set(data.subarray(from, from + 4), (y * side + x) * 4)
    }
  }
  return { data: square, shape: [side, side, 4] }
}

/** A drawing as white ink on black, [side, side, 1]. */
export async function drawingOf(pixels: Tensor, side: number): Promise<Picture | undefined> {
  const cropped = croppedToInk(pixels)
  if (!cropped) return undefined
  const { browser } = await import('fovea')
  const { data } = await browser.fromPixels(cropped, { channels: 1, size: side })
  return { data: data.map((byte) => 255 - byte), shape: [side, side, 1] }
}

/** A picture of the camera, in colour, [side, side, 3]. */
export async function photographOf(pixels: Tensor, side: number): Promise<Picture> {
  const { browser } = await import('fovea')
  const { data } = await browser.fromPixels(pixels, { channels: 3, size: side })
  return { data, shape: [side, side, 3] }
}

/**
 * An example as another network takes it: scaled, and grey or in colour as that one wants. `ink`: that
 * network knows bright strokes on black, so a photograph is turned into its negative.
 */
export async function fitted(
  picture: Picture,
  shape: readonly number[],
  ink: boolean,
): Promise<Picture> {
  if (picture.shape.join() === shape.join()) return picture
  const { browser } = await import('fovea')
  const [height = 28, width = 28, channels = 1] = shape
  const { data } = await browser.fromPixels(
    { data: picture.data, shape: [...picture.shape] },
    { channels: channels === 1 ? 1 : 3, size: [height, width] },
  )
  const negative = ink && channels === 1 && picture.shape[2] === 3
  return { data: negative ? data.map((byte) => 255 - byte) : data, shape }
}

export interface Batch {
  x: Tensor
  labels: Int32Array
}

/** Pictures of one shape with their classes, as a model takes them. */
export function batchOf(pictures: readonly Picture[], labels: readonly number[]): Batch {
  const shape = pictures[0]?.shape ?? []
  const size = shape.reduce((product, side) => product * side, 1)
  const data = new Uint8Array(pictures.length * size)
  pictures.forEach((picture, k) => data.set(picture.data, k * size))
  return { x: { data, shape: [pictures.length, ...shape] }, labels: Int32Array.from(labels) }
}

/** Every fifth example of each class that has five is held back, to see what was really learned. */
export function heldBack(labels: readonly number[]): boolean[] {
  const counts = new Map<number, number>()
  return labels.map((label) => {
    const count = (counts.get(label) ?? 0) + 1
    counts.set(label, count)
    return count % 5 === 0
  })
}
