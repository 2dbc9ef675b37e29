// What the examples share: their arguments, chance that a seed decides, a brush for small pictures,
// and the last line with the result and what was promised.
// SPDX-License-Identifier: MIT
import { parseArgs } from 'node:util'

/** `--quick` shortens an example, `--full` takes the whole data set; the rest is the data's folder. */
export function readArguments() {
  const options = { quick: { type: 'boolean' }, full: { type: 'boolean' } }
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  return { quick: values.quick === true, full: values.full === true, folder: positionals[0] }
}

/** Numbers from 0 to 1, the same ones for the same seed (a linear congruential generator). */
export function chance(seed) {
  let state = Math.imul(seed + 1, 2654435761) >>> 0
  const draw = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
  for (let k = 0; k < 8; ++k) draw()
  return draw
}

/** A number between two ends. */
export const between = (draw, low, high) => low + (high - low) * draw()

/**
 * Colours the pixels where `inside(x, y)` is true; x and y are the pixel's centre in pixels.
 * @param picture `{ data, height, width, channels }`, values 0 to 1
 */
export function paint({ data, height, width, channels }, colour, inside) {
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) {
      if (inside(x + 0.5, y + 0.5)) data.set(colour, (y * width + x) * channels)
    }
  }
}

/** How far a point is from a piece of a straight line. */
export function distanceToLine(x, y, [fromX, fromY], [toX, toY]) {
  const [dx, dy] = [toX - fromX, toY - fromY]
  const along = ((x - fromX) * dx + (y - fromY) * dy) / (dx * dx + dy * dy)
  const t = Math.min(1, Math.max(0, along))
  return Math.hypot(x - fromX - t * dx, y - fromY - t * dy)
}

/**
 * `count` pictures of one shape in one array. `draw(picture, k)` paints each and returns what is true of it.
 * @returns the pictures `[count, height, width, channels]`, and the list of what `draw` returned
 */
export function drawMany(count, [height, width, channels], draw) {
  const size = height * width * channels
  const data = new Float32Array(count * size)
  const truths = Array.from({ length: count }, (_, k) =>
    draw({ data: data.subarray(k * size, (k + 1) * size), height, width, channels }, k),
  )
  return { images: { data, shape: [count, height, width, channels] }, truths }
}

/** Rows `from` to `to` of a tensor. */
export function rows({ data, shape: [, ...shape] }, from, to) {
  const size = shape.reduce((product, one) => product * one, 1)
  return { data: data.slice(from * size, to * size), shape: [to - from, ...shape] }
}

/** The first examples of a data set. */
export function first({ images, labels, classNames }, count) {
  return { images: rows(images, 0, count), labels: labels.slice(0, count), classNames }
}

/** The number of the largest of some values. */
export const largest = (values) => values.indexOf(Math.max(...values))

/** 0.9812 as 98.12 %. */
export const percent = (share) => `${(share * 100).toFixed(2)} %`

/** The analysis with which every lesson begins: how many, of which class, how bright. */
export function describe(name, { count, shape, perClass, mean, standardDeviation }) {
  const classes = perClass.map((one) => `${one.name} ${one.count}`).join(', ')
  console.log(`${name}: ${count} pictures ${shape.join('x')}, mean ${mean.toFixed(1)}, deviation`)
  console.log(`  ${standardDeviation.toFixed(1)}; by class: ${classes}`)
}

/** Prints a result with its promise; a broken promise makes the example fail. */
export function promise(what, value, { atLeast = -Infinity, atMost = Infinity }) {
  const bound = atLeast > -Infinity ? `at least ${atLeast}` : `at most ${atMost}`
  console.log(`Result: ${what} ${value.toFixed(4)} (${bound} is promised)`)
  if (!(value >= atLeast && value <= atMost)) process.exitCode = 1
}
