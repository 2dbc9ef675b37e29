// Bytes as text, for localStorage, which keeps nothing else.
// SPDX-License-Identifier: MIT

/** Bytes at a time: a call takes only so many arguments. */
const kChunk = 0x8000

/** The base64 text of bytes. */
export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += kChunk) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + kChunk)))
  }
  return btoa(parts.join(''))
}

/** The bytes of a base64 text; none where it is no such text. */
export function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  } catch {
    return new Uint8Array()
  }
}
