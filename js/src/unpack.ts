// Unpacks the engine, which the package carries as LZMA in base64: a fifth smaller than gzip, and no
// server has to be set up for it. The format is that of the LZMA specification (I. Pavlov, 2015)
// without a header, with lc = 3 and lp = pb = 0 (scripts/package/pack.mjs). 0.2 MB take some 20 ms.
// SPDX-License-Identifier: MIT

// Where each kind of probability begins; 12 states stand one after the other.
const kMatch = 0
const kRepeat = 12
const kRepeat0 = 24
const kRepeat1 = 36
const kRepeat2 = 48
const kLong = 60 // a repeated distance for more than one byte
const kSlot = 72 // 4 trees of 64
const kDistance = 328 // 115
const kAlign = 443 // 16
const kLength = 459 // two choices, 8, 8 and 256
const kRepeatLength = 733
const kLiteral = 1007 // 8 trees of 768

/** The `size` bytes that `text` stands for. */
export function unpack(text: string, size: number): Uint8Array<ArrayBuffer> {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  const out = new Uint8Array(size)
  const probabilities = new Uint16Array(kLiteral + 8 * 768).fill(1024)
  let from = 5
  let range = -1 >>> 0
  let code = new DataView(packed.buffer).getUint32(1)

  const refill = (): void => {
    if (range < 1 << 24) {
      range = (range << 8) >>> 0
      code = ((code << 8) | (packed[from++] ?? 0)) >>> 0
    }
  }
  const bit = (index: number): number => {
    const p = probabilities[index] as number
    const bound = (range >>> 11) * p
    const one = code >= bound
    if (one) {
      range -= bound
      code -= bound
      probabilities[index] = p - (p >> 5)
    } else {
      range = bound
      probabilities[index] = p + ((2048 - p) >> 5)
    }
    refill()
    return one ? 1 : 0
  }
  /** A number of some bits, highest first; each bit's probability depends on those before it. */
  const tree = (base: number, bits: number): number => {
    let symbol = 1
    for (let i = 0; i < bits; ++i) symbol = (symbol << 1) | bit(base + symbol)
    return symbol - (1 << bits)
  }
  /** The same, lowest first. */
  const reverseTree = (base: number, bits: number): number => {
    let node = 1
    let symbol = 0
    for (let i = 0; i < bits; ++i) {
      const one = bit(base + node)
      node = (node << 1) | one
      symbol |= one << i
    }
    return symbol
  }
  /** Bits that are as often 1 as 0. */
  const plain = (bits: number): number => {
    let symbol = 0
    for (let i = 0; i < bits; ++i) {
      range >>>= 1
      const one = code >= range
      if (one) code -= range
      refill()
      symbol = (symbol << 1) | (one ? 1 : 0)
    }
    return symbol
  }
  const lengthAt = (base: number): number => {
    if (bit(base) === 0) return tree(base + 2, 3)
    return bit(base + 1) === 0 ? 8 + tree(base + 10, 3) : 16 + tree(base + 18, 8)
  }
  const newDistance = (length: number): number => {
    const slot = tree(kSlot + 64 * Math.min(length, 3), 6)
    if (slot < 4) return slot
    const bits = (slot >> 1) - 1
    const high = (2 | (slot & 1)) << bits
    if (slot < 14) return high + reverseTree(kDistance + high - slot, bits)
    return high + (plain(bits - 4) << 4) + reverseTree(kAlign, 4)
  }

  let state = 0
  let recent: [number, number, number, number] = [0, 0, 0, 0] // distances - 1, the last one first
  for (let at = 0; at < size;) {
    const byteBack = (): number => out[at - recent[0] - 1] ?? 0
    if (bit(kMatch + state) === 0) {
      const base = kLiteral + 768 * ((out[at - 1] ?? 0) >> 5)
      let symbol = 1
      if (state >= 7) {
        // After a match the byte is another one than the match would have given.
        for (let expected = byteBack(); symbol < 256; expected <<= 1) {
          const guess = (expected >> 7) & 1
          const one = bit(base + 256 * (1 + guess) + symbol)
          symbol = (symbol << 1) | one
          if (one !== guess) break
        }
      }
      while (symbol < 256) symbol = (symbol << 1) | bit(base + symbol)
      out[at++] = symbol
      state = state < 4 ? 0 : state - (state < 10 ? 3 : 6)
      continue
    }
    const [a, b, c, d] = recent
    let length: number
    if (bit(kRepeat + state) === 0) {
      length = lengthAt(kLength)
      recent = [newDistance(length), a, b, c]
      state = state < 7 ? 7 : 10
    } else {
      if (bit(kRepeat0 + state) === 0) {
        if (bit(kLong + state) === 0) {
          out[at] = byteBack()
          ++at
          state = state < 7 ? 9 : 11
          continue
        }
      } else if (bit(kRepeat1 + state) === 0) {
        recent = [b, a, c, d]
      } else {
        recent = bit(kRepeat2 + state) === 0 ? [c, a, b, d] : [d, a, b, c]
      }
      length = lengthAt(kRepeatLength)
      state = state < 7 ? 8 : 11
    }
    for (const end = at + length + 2; at < end; ++at) out[at] = byteBack()
  }
  return out
}
