// Where models are kept: IndexedDB and localStorage of a browser, its downloads, files in Node. Each
// takes bytes as a whole or not at all: what stood under a name survives a write that fails.
// SPDX-License-Identifier: MIT
import { openDB } from 'idb'
import type { DBSchema, IDBPDatabase } from 'idb'
import { FoveaError } from '../errors.js'
import { platform } from '../platform.js'
import { fromBase64, toBase64 } from './base64.js'

/** A model that is kept somewhere. */
export interface SavedModel {
  /** For `loadModel`. */
  url: string
  /** The size of the file. */
  bytes: number
  /** When it was saved last. */
  savedAt: Date
}

/** A place that keeps bytes under names. */
export interface Place {
  write(name: string, bytes: Uint8Array<ArrayBuffer>, call: string): Promise<void>
  /** Undefined where there is nothing under the name. */
  read(name: string, call: string): Promise<Uint8Array | undefined>
  /** False where there was nothing. */
  remove(name: string, call: string): Promise<boolean>
}

/** One that knows all that it keeps. */
export interface ListedPlace extends Place {
  list(call: string): Promise<SavedModel[]>
}

interface Schema extends DBSchema {
  models: { key: string; value: { bytes: Uint8Array } }
  /** A list needs no gigabytes: sizes stand by themselves. */
  about: { key: string; value: { bytes: number; savedAt: Date } }
}

const kBoth = ['models', 'about'] as const

/** Opens, works, closes: a page that stays open must not block another version's upgrade. */
async function withDatabase<Result>(
  call: string,
  work: (database: IDBPDatabase<Schema>) => Promise<Result>,
): Promise<Result> {
  if (typeof indexedDB === 'undefined') throw noSuchPlace(call, 'IndexedDB')
  let database: IDBPDatabase<Schema> | undefined
  try {
    database = await openDB<Schema>('fovea', 1, {
      upgrade(fresh) {
        for (const name of kBoth) fresh.createObjectStore(name)
      },
    })
    return await work(database)
  } catch (cause) {
    throw storageError(call, 'IndexedDB', cause)
  } finally {
    database?.close()
  }
}

export const indexedDb: ListedPlace = {
  write: (name, bytes, call) =>
    withDatabase(call, async (database) => {
      const both = database.transaction(kBoth, 'readwrite', { durability: 'strict' })
      both.done.catch(() => {}) // said below
      try {
        await both.objectStore('models').put({ bytes }, name)
        await both.objectStore('about').put({ bytes: bytes.length, savedAt: new Date() }, name)
      } catch (error) {
        // What could not even be asked for does not end the transaction by itself.
        if (both.error === null) both.abort()
        throw error
      }
      await both.done
    }),
  read: (name, call) =>
    withDatabase(call, async (database) => (await database.get('models', name))?.bytes),
  list: (call) =>
    withDatabase(call, async (database) => {
      const store = database.transaction('about').store
      const [names, all] = await Promise.all([store.getAllKeys(), store.getAll()])
      return all.map((about, k) => ({ url: `indexeddb://${names[k]}`, ...about }))
    }),
  remove: (name, call) =>
    withDatabase(call, async (database) => {
      const both = database.transaction(kBoth, 'readwrite')
      const found = await both.objectStore('about').getKey(name)
      await Promise.all([...kBoth.map((store) => both.objectStore(store).delete(name)), both.done])
      return found !== undefined
    }),
}

const kPrefix = 'fovea/models/'

function storageOf(call: string): Storage {
  try {
    // Node's own asks for a file that nobody named; a page may forbid it.
    if (platform.files === undefined && globalThis.localStorage) return localStorage
  } catch {
    // Said below.
  }
  throw noSuchPlace(call, 'localStorage')
}

/** One entry for each model, `<milliseconds> <base64>`: it is replaced as a whole. */
export const localStore: ListedPlace = {
  async write(name, bytes, call) {
    const storage = storageOf(call)
    try {
      storage.setItem(kPrefix + name, `${Date.now()} ${toBase64(bytes)}`)
    } catch (cause) {
      throw new FoveaError(
        'out-of-memory',
        `${call}: localStorage has no room for ${Math.ceil(bytes.length / 3) * 4} characters; browsers ` +
          `give a page about 5 million. Save to indexeddb://${name} instead.`,
        { cause },
      )
    }
  },
  async read(name, call) {
    const text = storageOf(call).getItem(kPrefix + name)
    return text === null ? undefined : fromBase64(text.slice(text.indexOf(' ') + 1))
  },
  async list(call) {
    const storage = storageOf(call)
    const keys = Object.keys(storage).filter((key) => key.startsWith(kPrefix))
    return keys.map((key) => {
      const text = storage.getItem(key) ?? ''
      const bytes = fromBase64(text.slice(text.indexOf(' ') + 1)).length
      const url = `localstorage://${key.slice(kPrefix.length)}`
      return { url, bytes, savedAt: new Date(parseInt(text, 10)) }
    })
  },
  async remove(name, call) {
    const storage = storageOf(call)
    const found = storage.getItem(kPrefix + name) !== null
    storage.removeItem(kPrefix + name)
    return found
  },
}

/** Hands the bytes to the browser's downloads. */
export function download(name: string, bytes: Uint8Array<ArrayBuffer>, call: string): void {
  if (typeof document === 'undefined') throw noSuchPlace(call, 'downloads')
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name.includes('.') ? name : `${name}.safetensors`
  link.click()
  // The browser has begun to read when its turn comes; some begin late.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

function noSuchPlace(call: string, what: string): FoveaError {
  const instead = platform.files === undefined ? 'another place' : 'a path'
  return new FoveaError('unsupported', `${call}: there is no ${what} here. Use ${instead}.`)
}

function storageError(call: string, what: string, cause: unknown): unknown {
  if (cause instanceof FoveaError) return cause
  const { name, message } = cause as DOMException
  if (name === 'QuotaExceededError') {
    return new FoveaError(
      'out-of-memory',
      `${call}: ${what} has no room for the model. What stood there before is still there. Remove ` +
        `models with fovea.models.remove.`,
      { cause },
    )
  }
  return new FoveaError('bad-file', `${call}: ${what} failed: ${message}.`, { cause })
}
