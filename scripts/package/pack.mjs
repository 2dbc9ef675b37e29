// SPDX-License-Identifier: MIT
// Packs a module for js/src/unpack.ts, with codec.cpp. First once with codes of eight bits each, which
// counts the bytes of each kind; then with Huffman's codes.
import { build } from 'esbuild'
import { join } from 'node:path'
import { root } from '../lib/paths.mjs'
import { PlainError } from '../lib/shell.mjs'
import { packerModule, unpackerText } from './codec.mjs'
import { withoutNumbers } from './exports.mjs'
import { Reader, kSections, leb } from './wasm-reader.mjs'

const kKinds = 7
const kLongestCode = 15
const kMostBytes = 1 << 20 // codec.cpp

/** js/src/unpack.ts for Node. */
export async function loadUnpacking() {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'js/src/unpack.ts')],
    bundle: true,
    format: 'esm',
    write: false,
  })
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)
}

/** A number of six bits as a letter; neither quotes nor backslashes are letters (codec.cpp). */
const letter = (number) => String.fromCharCode(number + 36 + (number >= 56))

/**
 * What js/src/unpack.ts unpacks, which is tried at once. `share`: of the code, in a first part; what is in
 * the second can be unpacked at the same time.
 */
export async function packed(wasm, share = 1) {
  const texts = textsOf(wasm, share)
  for (const { length } of texts) {
    if (length <= kMostBytes) continue
    throw new PlainError(`pack: codec.cpp has room for ${kMostBytes} bytes, not ${length}.`)
  }
  const counts = new Uint32Array(kKinds * 256)
  texts.forEach((text, part) => {
    const found = run(text, part, new Uint8Array(kKinds * 256).fill(8)).counts
    found.forEach((count, k) => (counts[k] += count))
  })
  const lengths = Uint8Array.from(
    Array.from({ length: kKinds }, (_, kind) =>
      codeLengths(counts.subarray(kind * 256, kind * 256 + 256)),
    ).flat(),
  )
  const codes = [...lengths].map(letter).join('')
  const parts = texts.map((text, part) => {
    const letters = [...run(text, part, lengths).bits].map(letter).join('')
    return { letters, size: text.length }
  })
  const all = codes + parts.map(({ letters }) => letters).join('')
  const result = { codes, parts, checksum: checksum(all) }
  const { unpackModule } = await loadUnpacking()
  if (!wasm.equals(await unpackModule(result, unpackerText()))) {
    throw new PlainError('pack: the module comes back different; does codec.cpp know its opcodes?')
  }
  return result
}

/** FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo), 32 bits, as the unpacker computes it. */
function checksum(letters) {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(letters)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash | 0
}

function run(text, part, lengths) {
  const packer = new WebAssembly.Instance(packerModule()).exports
  const bytes = (from, size) => Buffer.from(packer.memory.buffer, from.value, size)
  bytes(packer.text, text.length).set(text)
  bytes(packer.lengths, lengths.length).set(lengths)
  const bits = bytes(packer.packed, packer.run(text.length, part))
  return { bits, counts: new Uint32Array(packer.memory.buffer, packer.counts.value, kKinds * 256) }
}

/** Huffman's code: bits per byte, at most 15; 0 for what does not occur. */
function codeLengths(counts) {
  for (let scale = 1; ; scale *= 2) {
    const lengths = new Array(256).fill(0)
    const trees = [...counts].flatMap((count, byte) =>
      count > 0 ? [{ count: Math.ceil(count / scale), bytes: [byte] }] : [],
    )
    if (trees.length === 1) lengths[trees[0].bytes[0]] = 1
    while (trees.length > 1) {
      trees.sort((a, b) => a.count - b.count)
      const [a, b] = trees.splice(0, 2)
      const bytes = [...a.bytes, ...b.bytes]
      for (const byte of bytes) ++lengths[byte]
      trees.push({ count: a.count + b.count, bytes })
    }
    if (Math.max(...lengths) <= kLongestCode) return lengths
  }
}

/**
 * The module without the sizes of its functions, which stand before each, and what exports.mjs says. The
 * functions behind that share of the code, and what follows them, are a second text, which begins with
 * how many they are.
 */
function textsOf(wasm, share) {
  const texts = [[wasm.subarray(0, 8)]]
  for (const { id, begin, reader } of new Reader(wasm).sections()) {
    if (id === kSections.exports) texts[0].push(withoutNumbers(reader))
    else if (id !== kSections.code) texts.at(-1).push(wasm.subarray(begin, reader.end))
    if (id !== kSections.code) continue
    const count = reader.number()
    texts[0].push(wasm.subarray(begin, reader.at))
    const cut = begin + share * (reader.end - begin)
    for (let i = 0; i < count; ++i) {
      if (texts.length < 2 && reader.at >= cut) texts.push([Buffer.from(leb(count - i))])
      texts.at(-1).push(reader.take(reader.number()))
    }
  }
  return texts.map((text) => Buffer.concat(text))
}
