// SPDX-License-Identifier: MIT
// What the package weighs: for each build the bytes that a page downloads to train, gzipped.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { say } from '../lib/shell.mjs'

/**
 * The promise of the project for API, worker and one variant is 100,000. These are the bounds that hold;
 * they last rose, by a kilobyte, for the gradients of 5x5 convolutions of any channels. Scalar does not keep it yet: that, for browsers from before 2021, writes its four
 * lanes one by one and its exceptions in JavaScript.
 */
const kBudgetBytes = { scalar: 111_500, simd: 99_000, relaxed: 99_500 }
export const budgetBytes = (build) => kBudgetBytes[build]

const gzipped = (path) => gzipSync(readFileSync(path), { level: 9 }).length

/** index.js and what it imports at once; what it may import later is no part of it. */
function apiFiles(dist) {
  const text = readFileSync(join(dist, 'index.js'), 'utf8')
  const imported = text.matchAll(/\bfrom\s*"(\.\/part-[^"]+)"|\bimport\s*"(\.\/part-[^"]+)"/g)
  return ['index.js', ...new Set([...imported].map(([, a, b]) => (a ?? b).slice(2)))]
}

/** What a page downloads to train with one build: its files, and their gzipped bytes together. */
export function downloadBytes(dist, build) {
  const engines = ['unpacker', `${build}-worker`, build].map((name) => `engine/${name}.js`)
  const files = [...apiFiles(dist), ...engines].map((name) => {
    return { name, bytes: gzipped(join(dist, name)) }
  })
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const engine = files.slice(-engines.length).reduce((sum, { bytes }) => sum + bytes, 0)
  return { files, api: total - engine, engine, total }
}

export function printSizes(dist, builds) {
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} KB`
  for (const build of builds) {
    const { api, engine, total } = downloadBytes(dist, build)
    const parts = `${kilobytes(api)} API + ${kilobytes(engine)} worker and wasm`
    say(`package: ${build.padEnd(15)} ${kilobytes(total)} gzipped (${parts})`)
  }
}
