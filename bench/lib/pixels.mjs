// SPDX-License-Identifier: MIT
// The images: real digits (zeros are many, and branches can be guessed) and random numbers (neither
// is so). One file per net and kind, since contestants are processes of their own and one of them is
// Python: floats [1024, height, width, channels], then a byte per label.
import { readFileSync, writeFileSync } from 'node:fs'

export const kExamples = 1024

/** Writes the file that contestants read. Digits for 32x32x3 stand in the middle of each channel. */
export function writePixels(path, kind, [height, width, channels], digits) {
  const images = new Float32Array(kExamples * height * width * channels)
  if (kind === 'random') {
    let state = 1
    for (let i = 0; i < images.length; ++i) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      images[i] = state / 2 ** 32
    }
  } else {
    const [top, left] = [(height - 28) / 2, (width - 28) / 2]
    for (let i = 0; i < kExamples * 784; ++i) {
      const [image, row, column] = [Math.floor(i / 784), Math.floor(i / 28) % 28, i % 28]
      const pixel = ((image * height + row + top) * width + column + left) * channels
      images.fill(digits.images.data[i] / 255, pixel, pixel + channels)
    }
  }
  const labels = Uint8Array.from({ length: kExamples }, (_, i) => digits.labels[i])
  writeFileSync(path, Buffer.concat([Buffer.from(images.buffer), labels]))
}

/** What a contestant reads: { images, labels }. */
export function readPixels(path) {
  const bytes = readFileSync(path)
  const own = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  const labels = new Uint8Array(own, own.byteLength - kExamples)
  return { images: new Float32Array(own, 0, (own.byteLength - kExamples) / 4), labels }
}
