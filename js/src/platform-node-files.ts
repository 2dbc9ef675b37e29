// Files in Node as a place for models. A model is written beside its place and renamed, so that a
// reader finds the old file or the new one, never a part.
// SPDX-License-Identifier: MIT
import { open, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FoveaError } from './errors.js'
import type { FilePlace } from './platform-types.js'

export const nodeFiles: FilePlace = {
  async write(url, bytes, call) {
    const path = pathOf(url)
    const beside = `${path}.${process.pid}-${(made += 1)}.part`
    try {
      const file = await open(beside, 'wx')
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(beside, path)
    } catch (cause) {
      await rm(beside, { force: true })
      throw failed(call, 'write', path, cause)
    }
  },
  async read(url, call) {
    const path = pathOf(url)
    try {
      return await readFile(path)
    } catch (cause) {
      if (isMissing(cause)) return undefined
      throw failed(call, 'read', path, cause)
    }
  },
  async list(folder, call) {
    try {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.safetensors')).sort()
      const paths = names.map((name) => join(folder, name))
      return await Promise.all(
        paths.map(async (url) => {
          const { size, mtime } = await stat(url)
          return { url, bytes: size, savedAt: mtime }
        }),
      )
    } catch (cause) {
      throw failed(call, 'list', folder, cause)
    }
  },
  async remove(url, call) {
    const path = pathOf(url)
    try {
      await rm(path)
      return true
    } catch (cause) {
      if (isMissing(cause)) return false
      throw failed(call, 'remove', path, cause)
    }
  },
}

let made = 0

const pathOf = (url: string): string => (url.startsWith('file:') ? fileURLToPath(url) : url)
const isMissing = (cause: unknown): boolean => (cause as { code?: string }).code === 'ENOENT'

function failed(call: string, what: string, path: string, cause: unknown): FoveaError {
  return new FoveaError('bad-file', `${call}: cannot ${what} ${path}: ${String(cause)}.`, { cause })
}
