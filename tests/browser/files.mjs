// SPDX-License-Identifier: MIT
// Files as visitors have them, made in memory.

/** An IDX file of bytes (yann.lecun.com/exdb/mnist). */
export function idx(shape, bytes) {
  const header = Buffer.alloc(4 + 4 * shape.length)
  header[2] = 8
  header[3] = shape.length
  shape.forEach((size, k) => header.writeUInt32BE(size, 4 + 4 * k))
  return Buffer.concat([header, Buffer.from(bytes)])
}

/** A square Windows bitmap, row by row from the top; `colourOf(i)` is [red, green, blue]. */
export function bitmap(side, colourOf) {
  const header = Buffer.alloc(54)
  header.write('BM')
  header.writeUInt32LE(54 + side * side * 4, 2)
  header.writeUInt32LE(54, 10)
  header.writeUInt32LE(40, 14)
  header.writeInt32LE(side, 18)
  // Below zero: the first row is the upper one.
  header.writeInt32LE(-side, 22)
  header.writeUInt16LE(1, 26)
  header.writeUInt16LE(32, 28)
  const pixels = Array.from({ length: side * side }, (_, i) => {
    const [red, green, blue] = colourOf(i)
    return [blue, green, red, 255]
  })
  return Buffer.concat([header, Buffer.from(pixels.flat())])
}
