// A state_dict as a safetensors file: the length of a JSON header as 8 bytes, the header, the numbers.
// Source: the format's description by Hugging Face.
// SPDX-License-Identifier: MIT
import type { Block } from '../arrange.js'

export function encodeState(tensors: ReadonlyMap<string, Block>): Uint8Array {
  let at = 0
  const entries = [...tensors].map(([name, { shape, data }]) => {
    const begin = at
    at += data.byteLength
    return [name, { dtype: 'F32', shape, data_offsets: [begin, at] }]
  })
  const json = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) })
  const text = new TextEncoder().encode(json)
  // Numbers begin where eight divides: the header ends in spaces.
  const length = Math.ceil(text.length / 8) * 8
  const file = new Uint8Array(8 + length + at).fill(0x20, 8, 8 + length)
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true)
  file.set(text, 8)
  let to = 8 + length
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), to)
    to += data.byteLength
  }
  return file
}
