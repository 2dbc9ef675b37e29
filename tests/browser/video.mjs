// SPDX-License-Identifier: MIT
// A video for Chromium's fake camera: a sheet of paper with a handwritten digit on it, on a dark desk,
// lit from one side, a little shaken and noisy. y4m is raw frames with a line of text before each.
import { writeFile } from 'node:fs/promises'

const kWidth = 640
const kHeight = 480
const kFrames = 8

/** The digit's ink at a point, 0 to 1: its 28x28 bytes between pixels, edges made crisp again. */
function inkAt(digit, u, v) {
  const x = u - 0.5
  const y = v - 0.5
  const x0 = Math.floor(x)
  const y0 = Math.floor(y)
  const at = (px, py) => (px < 0 || py < 0 || px > 27 || py > 27 ? 0 : digit[py * 28 + px] / 255)
  const mix = (a, b, share) => a + (b - a) * share
  const top = mix(at(x0, y0), at(x0 + 1, y0), x - x0)
  const bottom = mix(at(x0, y0 + 1), at(x0 + 1, y0 + 1), x - x0)
  return Math.min(1, Math.max(0, (mix(top, bottom, y - y0) - 0.5) * 3 + 0.5))
}

function randomNumbers(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function frame(digit, index, random) {
  const luma = Buffer.alloc(kWidth * kHeight)
  const shakeX = Math.round(3 * Math.sin(index * 1.7))
  const shakeY = Math.round(2 * Math.cos(index * 2.3))
  const size = 210
  for (let y = 0; y < kHeight; ++y) {
    for (let x = 0; x < kWidth; ++x) {
      const px = x - shakeX
      const py = y - shakeY
      // The sheet lies a little askew, and ends before the picture does.
      const across = px + 0.05 * (py - 240)
      const down = py - 0.05 * (px - 320)
      const onSheet = across > 95 && across < 560 && down > 40
      const lamp = 1 - 0.4 * (x / kWidth) - 0.1 * (y / kHeight)
      let light = (onSheet ? 225 : 50) * lamp
      const u = ((px - 325 + size / 2) / size) * 28
      const v = ((py - 240 + size / 2) / size) * 28
      light *= 1 - 0.7 * inkAt(digit, u, v)
      light += (random() + random() - 1) * 12
      luma[y * kWidth + x] = Math.min(235, Math.max(16, Math.round(light)))
    }
  }
  return luma
}

/** Writes the video of one digit, 28x28 bytes, white on black. */
export async function writePaperVideo(path, digit) {
  const random = randomNumbers(7)
  const header = Buffer.from(`YUV4MPEG2 W${kWidth} H${kHeight} F10:1 Ip A1:1 C420jpeg\n`)
  const colourless = Buffer.alloc((kWidth * kHeight) / 2, 128)
  const parts = [header]
  for (let index = 0; index < kFrames; ++index) {
    parts.push(Buffer.from('FRAME\n'), frame(digit, index, random), colourless)
  }
  await writeFile(path, Buffer.concat(parts))
}

const kSceneWidth = 160
const kSceneHeight = 120
const kFramesPerSecond = 5
const kSceneSeconds = 8

/** Two scenes by turns, eight seconds each: light upright stripes, and a light disc on a dark wall. */
export async function writeTwoScenes(path) {
  const random = randomNumbers(11)
  const scene = (lightAt) => {
    const luma = Buffer.alloc(kSceneWidth * kSceneHeight)
    for (let y = 0; y < kSceneHeight; ++y) {
      for (let x = 0; x < kSceneWidth; ++x) {
        const light = lightAt(x, y) + (random() + random() - 1) * 14
        luma[y * kSceneWidth + x] = Math.min(235, Math.max(16, Math.round(light)))
      }
    }
    return luma
  }
  const colourless = Buffer.alloc((kSceneWidth * kSceneHeight) / 2, 128)
  const rate = `F${kFramesPerSecond}:1`
  const parts = [
    Buffer.from(`YUV4MPEG2 W${kSceneWidth} H${kSceneHeight} ${rate} Ip A1:1 C420jpeg\n`),
  ]
  for (let index = 0; index < 2 * kSceneSeconds * kFramesPerSecond; ++index) {
    const shake = Math.round(3 * Math.sin(index * 1.3))
    const striped = index < kSceneSeconds * kFramesPerSecond
    const stripes = (x) => (((x + shake) >> 3) % 2 === 0 ? 220 : 150)
    const disc = (x, y) => (Math.hypot(x - 80 - shake, y - 60) < 22 ? 200 : 40)
    parts.push(Buffer.from('FRAME\n'), scene(striped ? stripes : disc), colourless)
  }
  await writeFile(path, Buffer.concat(parts))
}
