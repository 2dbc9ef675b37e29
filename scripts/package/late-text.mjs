// SPDX-License-Identifier: MIT
// Most text in a module is sentences about mistakes. A sentence is needed only where a function of the
// rest is called next (split.mjs), or by the rest alone: so it comes with the rest. In the first part
// zeros keep its place, so that every address stays.

import { Reader, kSections, leb, section } from './wasm-reader.mjs'

const kShortest = 4

/** Instructions that begin or end straight code; all others are followed by the one behind them. */
const kBranches = new Set([
  ...[0x00, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0b],
  ...[0x0c, 0x0d, 0x0e, 0x0f, 0x18, 0x19],
])

/** The names of the functions, by their numbers: the section that the linker writes for debuggers. */
function functionNames(reader) {
  const names = []
  while (reader.at < reader.end) {
    const id = reader.byte()
    const next = reader.number() + reader.at
    for (let count = id === 1 ? reader.number() : 0; count > 0; --count) {
      const function_ = reader.number()
      names[function_] = reader.text()
    }
    reader.at = next
  }
  return names
}

function importedFunctions(reader) {
  let functions = 0
  for (let count = reader.number(); count > 0; --count) {
    reader.text()
    reader.text()
    if (reader.importedThing()[0] === 0) functions++
  }
  return functions
}

/** Which addresses the functions name: those that the first part needs, and those that come late. */
function addresses(wasm, isLate) {
  const sections = [...new Reader(wasm).sections()]
  const find = (id) => sections.find((section) => section.id === id).reader
  let names = []
  for (const { id, reader } of sections) {
    if (id === 0 && reader.text() === 'name') names = functionNames(reader)
  }
  const late = names.map((name) => isLate.has(name))
  const imported = importedFunctions(find(kSections.imports))
  const needed = new Set()
  const wanted = new Set()
  const reader = find(kSections.code)
  const count = reader.number()
  for (let k = 0; k < count; ++k) {
    const end = reader.number() + reader.at
    for (let groups = reader.number(); groups > 0; --groups) {
      reader.number()
      reader.byte()
    }
    let straight = []
    const settle = (to) => {
      for (const one of straight) to.add(one)
      straight = []
    }
    while (reader.at < end) {
      const { code, address, callee } = reader.instruction()
      if (address !== undefined) straight.push(address)
      if (late[callee] || late[imported + k]) settle(wanted)
      else if (kBranches.has(code)) settle(needed)
    }
    if (reader.at !== end) throw new Error(`late-text: lost in function ${names[imported + k]}`)
  }
  const segments = [...find(kSections.data).segments()]
  for (const { address, bytes } of segments) {
    for (let at = -address & 3; at + 4 <= bytes.length; at += 4) needed.add(bytes.readUInt32LE(at))
  }
  return { needed, wanted, segments }
}

const printable = (byte) => byte >= 32 && byte < 127

/** Where text lies that only the rest needs: `{ address, bytes }`, without the zero at its end. */
export function lateText(wasm, restFunctions) {
  const { needed, wanted, segments } = addresses(wasm, new Set(restFunctions))
  const found = []
  for (const { address, bytes } of segments) {
    for (let begin = 0, end; begin < bytes.length; begin = end + 1) {
      end = bytes.indexOf(0, begin)
      if (end < 0) break
      // Numbers may stand before a text. It begins where something says so, and nowhere within.
      while (begin < end && !printable(bytes[begin])) begin++
      const text = bytes.subarray(begin, end)
      if (text.length < kShortest || !text.every(printable)) continue
      if (!wanted.has(address + begin)) continue
      let free = true
      for (let at = begin; at <= end; ++at) free &&= !needed.has(address + at)
      if (free) found.push({ address: address + begin, bytes: text })
    }
  }
  return found
}

/** The first part with zeros in place of the texts. */
export function withoutText(wasm, texts) {
  const copy = Buffer.from(wasm)
  const data = [...new Reader(copy).sections()].find(({ id }) => id === kSections.data).reader
  for (const { address, bytes } of data.segments()) {
    for (const text of texts) {
      const at = text.address - address
      if (at >= 0 && at < bytes.length) bytes.fill(0, at, at + text.bytes.length)
    }
  }
  return copy
}

/** The rest with the texts, which it writes to memory when it starts. */
export function withText(wasm, texts) {
  const sections = [...new Reader(wasm).sections()]
  if (sections.some(({ id }) => id === kSections.data)) {
    throw new Error('late-text: the rest has data already')
  }
  // With sign: a last byte of 64 or more would say minus.
  const signed = (value) => (value < 64 ? [value] : [(value & 127) | 128, ...signed(value >>> 7)])
  const content = [...leb(texts.length)]
  for (const { address, bytes } of texts) {
    content.push(0, 0x41, ...signed(address), 0x0b, ...leb(bytes.length), ...bytes)
  }
  return Buffer.concat([wasm, section(kSections.data, content)])
}
