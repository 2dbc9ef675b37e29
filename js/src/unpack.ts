// Unpacks the engine, which the package carries as text: a third smaller than gzip, and no server has
// to be set up for it. What unpacks is a small module itself (scripts/package/codec.cpp). It reads letters
// of six bits: the lengths of the codes, then arithmetic coding.
// SPDX-License-Identifier: MIT
import { yieldToMessages } from './engine/yield.js'
import { FoveaError } from './errors.js'

/** A module as the package carries it. `size` is without the sizes of its functions. */
export interface PackedModule {
  letters: string
  checksum: number
  size: number
  /** The bytes of the worker's script, which stand before the module; 0: there is none. */
  script: number
}

/** What the unpacker exports: addresses, and what it does. */
interface Unpacker {
  memory: { buffer: ArrayBuffer }
  packed: WebAssembly.Global<'i32'>
  text: WebAssembly.Global<'i32'>
  checksum(letters: number): number
  run(size: number, script: number): number
  finish(script: number): number
}

/** Bytes at a time: a page stays awake; first fewer, while there is no fast code yet. */
const kSlice = 1 << 13
const kLargeSlice = 3 * kSlice

/** Sections of WebAssembly, in this order. */
const kExports = 7
const kCode = 10

/** A packed module on its way to be one; what stands before it is there sooner. */
export class Unpacking {
  private readonly code: Unpacker
  private begun: Promise<void> | undefined

  /**
   * @param code the unpacker, in hexadecimal
   * @throws FoveaError `bad-file`
   */
  constructor(
    private readonly packed: PackedModule,
    code: string,
  ) {
    const { letters, checksum } = packed
    const { fromHex } = Uint8Array as { fromHex?: (text: string) => Uint8Array<ArrayBuffer> }
    const bytes =
      fromHex?.(code) ?? // browsers since 2025
      Uint8Array.from(code.match(/../g) ?? [], (byte) => parseInt(byte, 16))
    this.code = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as never
    new TextEncoder().encodeInto(letters, this.bytes(this.code.packed))
    if (this.code.checksum(letters.length) !== checksum) {
      throw new FoveaError(
        'bad-file',
        `init: the engine's module came damaged (${letters.length} letters). Load the page again.`,
      )
    }
  }

  /** The worker's script. */
  async script(): Promise<Uint8Array<ArrayBuffer>> {
    const { script } = this.packed
    await (this.begun ??= this.run(0, script))
    return this.bytes(this.code.text).slice(0, script)
  }

  /** The module. */
  async module(): Promise<Uint8Array<ArrayBuffer>> {
    const { script, size } = this.packed
    await (this.begun ??= this.run(0, script))
    await this.run(script, size)
    const { packed, finish } = this.code
    return withExports(this.bytes(packed).slice(0, finish(script)))
  }

  private bytes({ value }: WebAssembly.Global<'i32'>): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.code.memory.buffer, value)
  }

  private async run(from: number, to: number): Promise<void> {
    for (let until = from; until < to;) {
      until = Math.min(until + (until < kLargeSlice ? kSlice : kLargeSlice), to)
      this.code.run(until, this.packed.script)
      await yieldToMessages()
    }
  }
}

/** A number as WebAssembly writes it: LEB128. */
const leb = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)]

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
