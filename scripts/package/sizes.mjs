// SPDX-License-Identifier: MIT
// What the package weighs: for each build the bytes that a page downloads to train, gzipped.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { say } from '../lib/shell.mjs'

/** The promise of the project: API, worker and one variant. */
export const kBudgetBytes = 100_000

const gzipped = (path) => gzipSync(readFileSync(path), { level: 9 }).length

/** What a page downloads to train with one build: { api, engine, total } in gzipped bytes. */
export function downloadBytes(dist, build) {
  const api = gzipped(join(dist, 'index.js'))
  const engine = gzipped(join(dist, 'engine', `${build}.js`))
  return { api, engine, total: api + engine }
}

export function printSizes(dist, builds) {
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} KB`
  for (const build of builds) {
    const { api, engine, total } = downloadBytes(dist, build)
    const parts = `${kilobytes(api)} API + ${kilobytes(engine)} worker and wasm`
    say(`package: ${build.padEnd(15)} ${kilobytes(total)} gzipped (${parts})`)
  }
}
