// SPDX-License-Identifier: MIT
// Stamps: a step writes what it was made from, and is skipped while that is still the same.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export const digest = (...parts) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex').slice(0, 16)
}

export const readText = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Makes a step current: calls work unless the stamp at path holds the key and all outputs exist. */
export async function once(path, key, work, outputs = []) {
  if (readText(path) === key && outputs.every((output) => existsSync(output))) return false
  rmSync(path, { force: true })
  await work()
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, key)
  return true
}
