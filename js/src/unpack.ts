// Unpacks the engine, which the package carries as text: a third smaller than gzip, and no server has
// to be set up for it. What unpacks is a small module itself (scripts/package/codec.cpp). It reads letters
// of six bits: the lengths of the codes, then arithmetic coding. The end of the module is a part by
// itself, for the worker to unpack while the page has its own to do.
// SPDX-License-Identifier: MIT
import { yieldToMessages } from './engine/yield.js'
import { FoveaError } from './errors.js'

/** Some of what the package carries; packed by itself. */
export interface PackedPart {
  letters: string
  /** Of codes and letters. */
  checksum: number
  /** Bytes, without the sizes of functions. */
  size: number
  /** So many stand before the first section; 0: the part begins among the functions. */
  content: number
  /** So many are no part of the module. */
  from: number
}

/** A module, and before it a script for the worker, in one part or two. */
export interface PackedModule extends PackedPart {
  codes: string
  more?: PackedPart
}

/** What a worker needs to unpack the second part: with its codes before it. */
export interface PartRequest {
  part: PackedPart
  unpacker: WebAssembly.Module
}

/** What the unpacker exports: addresses, and what it does. */
interface Unpacker {
  memory: { buffer: ArrayBuffer }
  packed: WebAssembly.Global<'i32'>
  text: WebAssembly.Global<'i32'>
  checksum(letters: number): number
  run(size: number, content: number): number
  finish(from: number): number
}

/** Bytes at a time: a page stays awake; first fewer, while the engine has no fast code yet. */
const kSlice = 1 << 13
const kLargeSlice = 3 * kSlice

/** Sections of WebAssembly, in this order. */
const kExports = 7
const kCode = 10

/** A part on its way to be bytes. */
class Part {
  private readonly part: PackedPart
  private readonly code: Unpacker
  private at = 0

  /** @throws FoveaError `bad-file` */
  constructor({ part, unpacker }: PartRequest) {
    this.part = part
    this.code = new WebAssembly.Instance(unpacker).exports as never
    const { letters } = part
    new TextEncoder().encodeInto(letters, this.bytes(this.code.packed))
    if (this.code.checksum(letters.length) !== part.checksum) {
      throw new FoveaError(
        'bad-file',
        `init: the engine's module came damaged (${letters.length} letters). Load the page again.`,
      )
    }
  }

  /** Goes on for a moment; whether there is more to do. */
  next(until = this.part.size): boolean {
    this.at = Math.min(this.at + (this.at < kLargeSlice ? kSlice : kLargeSlice), until)
    if (this.at > 0) this.code.run(this.at, this.part.content)
    return this.at < until
  }

  /** What stands before the module. */
  head(): Uint8Array<ArrayBuffer> {
    return this.bytes(this.code.text).slice(0, this.part.from)
  }

  /** What of the module is in this part. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes(this.code.packed).slice(0, this.code.finish(this.part.from))
  }

  private bytes({ value }: WebAssembly.Global<'i32'>): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.code.memory.buffer, value)
  }
}

/** A part at a stretch, for a worker. */
export function unpackPart(request: PartRequest): Uint8Array<ArrayBuffer> {
  const part = new Part(request)
  while (part.next());
  return part.finish()
}

/** A packed module on its way to be one; what stands before it is there sooner. */
export class Unpacking {
  /** For a worker, as long as it helps. */
  more: PartRequest | undefined
  /** What came of it there. */
  second: Uint8Array<ArrayBuffer> | undefined
  private readonly first: Part
  private begun: Promise<void> | undefined

  /**
   * @param code the unpacker, in hexadecimal
   * @throws FoveaError `bad-file`
   */
  constructor(
    private readonly packed: PackedModule,
    code: string,
  ) {
    const bytes = Uint8Array.from({ length: code.length / 2 }, (_, k) =>
      parseInt(code.slice(2 * k, 2 * k + 2), 16),
    )
    const unpacker = new WebAssembly.Module(bytes)
    const request = (part: PackedPart): PartRequest => ({
      part: { ...part, letters: packed.codes + part.letters },
      unpacker,
    })
    this.first = new Part(request(packed))
    if (packed.more !== undefined) this.more = request(packed.more)
  }

  /** The worker's script. */
  async script(): Promise<Uint8Array<ArrayBuffer>> {
    await (this.begun ??= this.head())
    return this.first.head()
  }

  /** The module. Its second part is made here where no worker has it ready by then. */
  async module(): Promise<Uint8Array<ArrayBuffer>> {
    await (this.begun ??= this.head())
    while (this.first.next()) await yieldToMessages()
    const { more } = this
    this.more = undefined // too late to ask another
    const part = more && !this.second ? new Part(more) : undefined
    while (this.second === undefined && part?.next()) await yieldToMessages()
    const first = this.first.finish()
    const second = this.second ?? part?.finish() ?? []
    const whole = new Uint8Array(first.length + second.length)
    whole.set(first)
    whole.set(second, first.length)
    return withExports(whole)
  }

  private async head(): Promise<void> {
    while (this.first.next(this.packed.from)) await yieldToMessages()
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
