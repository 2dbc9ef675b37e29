// SPDX-License-Identifier: MIT
// Reads and writes WebAssembly's binary format (webassembly.github.io/spec, chapter 5), as far as
// packing asks.

/** The numbers of sections. */
export const kSections = { imports: 2, exports: 7, code: 10, data: 11 }

/** A number as the format writes it: LEB128. */
export const leb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)])

/** A text likewise. */
export const named = (text) => [...leb(text.length), ...Buffer.from(text)]

/** A section with its head. */
export const section = (id, content) => Buffer.from([id, ...leb(content.length), ...content])

/** Blocks (their type), branches, exceptions, variables, tables, memory, references. */
const kOneNumber = new Set([
  ...[0x02, 0x03, 0x04, 0x06, 0x07, 0x08, 0x09, 0x0c, 0x0d, 0x18],
  ...[0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x3f, 0x40, 0x42, 0xd0, 0xd2],
])

/** Reads a part of a module, from `at` to `end`. */
export class Reader {
  constructor(wasm, at = 0, end = wasm.length) {
    Object.assign(this, { wasm, at, end })
  }

  byte() {
    return this.wasm[this.at++]
  }

  number() {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte()
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }

  take(size) {
    return this.wasm.subarray(this.at, (this.at += size))
  }

  text() {
    return this.take(this.number()).toString()
  }

  /** What an import imports, after its two names: its kind and type, as they stand. */
  importedThing() {
    const from = this.at
    const kind = this.byte()
    // After the kind: a type's number (function), a tag's with a zero before it, two bytes (global),
    // or the limits of a memory, which a table has after its type.
    if (kind === 1 || kind === 4) this.byte()
    if (kind === 3) this.take(2)
    else if (kind === 0 || kind === 4) this.number()
    else for (let numbers = 1 + (this.number() & 1); numbers > 0; --numbers) this.number()
    return this.wasm.subarray(from, this.at)
  }

  *sections() {
    for (this.at = 8; this.at < this.end;) {
      const begin = this.at
      const id = this.byte()
      const size = this.number()
      yield { id, begin, reader: new Reader(this.wasm, this.at, this.at + size) }
      this.at += size
    }
  }

  /** Active segments: where they lie in memory, and their bytes. */
  *segments() {
    for (let count = this.number(); count > 0; --count) {
      const kind = this.number()
      if (kind !== 0 || this.byte() !== 0x41)
        throw new Error('wasm-reader: a segment of another kind')
      const address = this.number() // an address below 2^31 reads the same with and without sign
      this.byte() // end
      yield { address, bytes: this.take(this.number()) }
    }
  }

  /** One instruction: its opcode, and what it names: a constant, an offset in memory, or a function. */
  instruction() {
    const code = this.byte()
    const skip = (count) => {
      for (; count > 0; --count) this.number()
    }
    if (code >= 0x28 && code <= 0x3e) {
      skip(1)
      return { code, address: this.number() }
    }
    if (code === 0x41) return { code, address: this.number() }
    if (code === 0x10) return { code, callee: this.number() }
    if (code === 0x43) this.at += 4
    else if (code === 0x44) this.at += 8
    else if (code === 0x0e || code === 0x1c) skip(this.number() + (code === 0x0e ? 1 : 0))
    else if (code === 0x11) skip(2)
    else if (code === 0xfc)
      skip([0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1][this.number()])
    else if (code === 0xfd) return this.vector(code)
    else if (code === 0xfe) throw new Error('wasm-reader: a module with threads')
    else if (kOneNumber.has(code)) skip(1)
    return { code }
  }

  vector(code) {
    const kind = this.number()
    if (kind <= 11 || (kind >= 84 && kind <= 93)) {
      this.number()
      const address = this.number()
      if (kind >= 84 && kind <= 91) this.byte()
      return { code, address }
    }
    if (kind === 12 || kind === 13) this.at += 16
    else if (kind >= 21 && kind <= 34) this.byte()
    return { code }
  }
}
