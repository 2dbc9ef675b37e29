// Unpacks the engine, which the package carries as text: a third smaller than gzip, and no server has
// to be set up for it. What unpacks is a small module itself (scripts/package/codec.cpp). A packed one
// is a checksum, the lengths of the codes, two to a byte, and bits in arithmetic coding.
// SPDX-License-Identifier: MIT
import { unpacker } from 'fovea:unpacker'
import { yieldToMessages } from './engine/yield.js'
import { FoveaError } from './errors.js'

/** A module as the package carries it: base64. `size` is without the sizes of its functions. */
export interface PackedModule {
  bits: string
  size: number
  /** The bytes of the worker's script, which stand before the module; 0: there is none. */
  script: number
}

/** What the unpacker exports: addresses, and what it does. */
interface Unpacker {
  memory: WebAssembly.Memory
  lengths: WebAssembly.Global<'i32'>
  packed: WebAssembly.Global<'i32'>
  text: WebAssembly.Global<'i32'>
  functions: WebAssembly.Global<'i32'>
  function_count: WebAssembly.Global<'i32'>
  run(size: number, script: number): number
}

const kLengths = 3 * 128 // bytes of them

/** A page stays awake; and an engine takes its faster code for a function at the next call. */
const kSlice = 1 << 13

/** Sections of WebAssembly, in this order. */
const kExports = 7
const kCode = 10

/** A packed module on its way to be one; what stands before it is there sooner. */
export class Unpacking {
  private readonly code: Unpacker
  private readonly heap: Uint8Array<ArrayBuffer>
  private begun: Promise<void> | undefined

  /** @throws FoveaError `bad-file` */
  constructor(private readonly packed: PackedModule) {
    const bytes = Uint8Array.from(atob(packed.bits), (letter) => letter.charCodeAt(0))
    const content = bytes.subarray(4)
    if (
      content.length < kLengths ||
      new DataView(bytes.buffer).getUint32(0) !== checksum(content)
    ) {
      throw new FoveaError(
        'bad-file',
        `init: the engine's module came damaged (${bytes.length} bytes). Load the page again.`,
      )
    }
    const code = Uint8Array.from(unpacker.match(/../g) ?? [], (digits) => parseInt(digits, 16))
    this.code = new WebAssembly.Instance(new WebAssembly.Module(code)).exports as never
    const { memory, lengths, packed: bits } = this.code
    this.heap = new Uint8Array(memory.buffer as ArrayBuffer)
    content.subarray(0, kLengths).forEach((pair, k) => {
      this.heap[lengths.value + 2 * k] = pair & 15
      this.heap[lengths.value + 2 * k + 1] = pair >> 4
    })
    this.heap.set(content.subarray(kLengths), bits.value)
  }

  /** The worker's script. */
  async script(): Promise<Uint8Array<ArrayBuffer>> {
    const { script } = this.packed
    await (this.begun ??= this.run(0, script))
    return this.text(script).slice()
  }

  /** The module. */
  async module(): Promise<Uint8Array<ArrayBuffer>> {
    const { script, size } = this.packed
    await (this.begun ??= this.run(0, script))
    await this.run(script, size)
    const { memory, functions, function_count } = this.code
    const [count = 0] = new Int32Array(memory.buffer, function_count.value, 1)
    const begins = new Int32Array(memory.buffer, functions.value, count + 1)
    return withExports(withSizes(this.text(size), begins).slice(script))
  }

  private text(size: number): Uint8Array<ArrayBuffer> {
    const { value } = this.code.text
    return this.heap.subarray(value, value + size)
  }

  private async run(from: number, to: number): Promise<void> {
    for (let until = from; until < to;) {
      until = Math.min(until + kSlice, to)
      this.code.run(until, this.packed.script)
      await yieldToMessages()
    }
  }
}

/** FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo), 32 bits. */
export function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** A number as WebAssembly writes it: LEB128. */
const leb = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)]

/** Puts its size before every function; the last of `begins` is where the last one ends. */
function withSizes(bytes: Uint8Array, begins: Int32Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes.length + 5 * begins.length)
  let from = 0
  let to = 0
  const put = (bytes: ArrayLike<number>): void => {
    whole.set(bytes, to)
    to += bytes.length
  }
  begins.forEach((begin, k) => {
    put(bytes.subarray(from, begin))
    from = begin
    const size = (begins[k + 1] ?? begin) - begin
    if (size > 0) put(leb(size))
  })
  put(bytes.subarray(from))
  return whole.subarray(0, to)
}

/**
 * The functions that the rest of the engine calls are exported without a name, each counted from the
 * one before. Here they get their names: %0, %1, ...
 */
function withExports(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let at = 8
  const number = (): number => {
    const byte = bytes[at++] ?? 0
    return byte < 128 ? byte : (byte & 127) + 128 * number()
  }
  while (at < bytes.length) {
    const section = at
    const id = number()
    if (id === kCode) break
    const end = number() + at
    if (id === kExports) {
      const count = number()
      const content = leb(count)
      let index = 0
      let named = 0
      while (at < end) {
        const from = at
        const length = number()
        at += length + 1 // the kind
        const place = number()
        if (length > 0) {
          content.push(...bytes.subarray(from, at))
        } else {
          const name = new TextEncoder().encode(`%${named++}`)
          content.push(name.length, ...name, 0, ...leb((index += place))) // 0: a function
        }
      }
      const head = [id, ...leb(content.length), ...content]
      const whole = new Uint8Array(section + head.length + bytes.length - end)
      whole.set(bytes.subarray(0, section))
      whole.set(head, section)
      whole.set(bytes.subarray(end), section + head.length)
      return whole
    }
    at = end
  }
  return bytes
}
