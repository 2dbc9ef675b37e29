// SPDX-License-Identifier: MIT
// The functions that the first part of a module exports for the rest (split.mjs), a few hundred. They
// are called %0, %1, ... in the order in which they stand, so that the packed module needs neither
// names nor whole numbers: js/src/unpack.ts counts.
import { Reader, kSections, leb, named, section } from './wasm-reader.mjs'

/** What wasm-split exports begins so. */
export const kForRest = '%'

const kFunction = 0

function* exportsOf(reader) {
  for (let count = reader.number(); count > 0; --count) {
    yield { name: reader.text(), kind: reader.byte(), index: reader.number() }
  }
}

const forRest = ({ name, kind }) => kind === kFunction && name.startsWith(kForRest)
const written = ({ name, kind, index }) => [...named(name), kind, ...leb(index)]

/** `wasm` with another content for one section; `change` gets a Reader. */
function changed(wasm, changedId, change) {
  const sections = [...new Reader(wasm).sections()].map(({ id, begin, reader }) =>
    id === changedId ? section(id, change(reader)) : wasm.subarray(begin, reader.end),
  )
  return Buffer.concat([wasm.subarray(0, 8), ...sections])
}

/** Both parts with the new names. */
export function numbered(first, rest) {
  const names = new Map()
  const withNumbers = changed(first, kSections.exports, (reader) => {
    const all = [...exportsOf(reader)]
    const some = all.filter(forRest).sort((a, b) => a.index - b.index)
    some.forEach((one, k) => names.set(one.name, `${kForRest}${k}`))
    const ordered = [...all.filter((one) => !forRest(one)), ...some]
    const content = ordered.map((one) => written({ ...one, name: names.get(one.name) ?? one.name }))
    return [...leb(all.length), ...content.flat()]
  })
  const calls = changed(rest, kSections.imports, (reader) => {
    const count = reader.number()
    const content = Array.from({ length: count }, () => {
      const [module, name] = [reader.text(), reader.text()]
      return [...named(module), ...named(names.get(name) ?? name), ...reader.importedThing()]
    })
    return [...leb(count), ...content.flat()]
  })
  return { first: withNumbers, rest: calls }
}

/** The section of exports for packing: what has a number has no name, and its distance for an index. */
export function withoutNumbers(reader) {
  let last = 0
  const all = [...exportsOf(reader)]
  const content = all.map((one) => {
    if (!forRest(one)) return written(one)
    const distance = one.index - last
    last = one.index
    return written({ ...one, name: '', index: distance })
  })
  return section(kSections.exports, [...leb(all.length), ...content.flat()])
}
