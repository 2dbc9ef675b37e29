// Unpacks the engine, which the package carries as text: a third smaller than gzip, and no server has
// to be set up for it. What unpacks is a small module itself (scripts/package/codec.cpp). A packed one
// is a checksum, the lengths of the codes, two to a byte, and bits in arithmetic coding.
// SPDX-License-Identifier: MIT
import { unpacker } from 'fovea:unpacker'
import { yieldToMessages } from './engine/yield.js'
import { FoveaError } from './errors.js'

/** A module as the package carries it: base64. `size` is without the sizes of its functions. */
export interface PackedModule {
  wasm: string
  size: number
}

/** What the unpacker exports: addresses, and what it does. */
interface Unpacker {
  memory: WebAssembly.Memory
  lengths: WebAssembly.Global<'i32'>
  packed: WebAssembly.Global<'i32'>
  text: WebAssembly.Global<'i32'>
  functions: WebAssembly.Global<'i32'>
  function_count: WebAssembly.Global<'i32'>
  run(size: number): number
}

const kLengths = 3 * 128 // bytes of them

/** A page stays awake: this many bytes take some 8 ms. */
const kSlice = 1 << 15

/** The module that a packed one stands for. */
export async function unpack({ wasm, size }: PackedModule): Promise<Uint8Array<ArrayBuffer>> {
  const packed = Uint8Array.from(atob(wasm), (letter) => letter.charCodeAt(0))
  const content = packed.subarray(4)
  if (content.length < kLengths || new DataView(packed.buffer).getUint32(0) !== checksum(content)) {
    throw new FoveaError(
      'bad-file',
      `init: the engine's module came damaged (${packed.length} bytes). Load the page again.`,
    )
  }
  const code = Uint8Array.from(unpacker.match(/../g) ?? [], (digits) => parseInt(digits, 16))
  const made = new WebAssembly.Instance(new WebAssembly.Module(code)).exports
  const {
    memory,
    lengths,
    packed: bits,
    text,
    functions,
    function_count,
    run,
  } = made as never as Unpacker
  const heap = new Uint8Array(memory.buffer)
  content.subarray(0, kLengths).forEach((pair, k) => {
    heap[lengths.value + 2 * k] = pair & 15
    heap[lengths.value + 2 * k + 1] = pair >> 4
  })
  heap.set(content.subarray(kLengths), bits.value)
  for (let until = 0; until < size;) {
    until = Math.min(until + kSlice, size)
    run(until)
    await yieldToMessages()
  }
  const [count = 0] = new Int32Array(memory.buffer, function_count.value, 1)
  const begins = new Int32Array(memory.buffer, functions.value, count + 1)
  return withSizes(heap.subarray(text.value, text.value + size), begins)
}

/** FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo), 32 bits. */
export function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** Puts its size in LEB128 before every function; the last of `begins` is where the last one ends. */
function withSizes(bytes: Uint8Array, begins: Int32Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes.length + 5 * begins.length)
  let from = 0
  let to = 0
  const copyUntil = (end: number): void => {
    whole.set(bytes.subarray(from, end), to)
    to += end - from
    from = end
  }
  begins.forEach((begin, k) => {
    copyUntil(begin)
    let size = (begins[k + 1] ?? begin) - begin
    if (size === 0) return
    for (; size > 127; size >>= 7) whole[to++] = size | 128
    whole[to++] = size
  })
  copyUntil(bytes.length)
  return whole.slice(0, to)
}
