// Saving a model under a URL, and what can be done with those that are saved.
// SPDX-License-Identifier: MIT
import { FoveaError } from '../errors.js'
import type { Model } from '../model.js'
import { describe } from '../options.js'
import { platform } from '../platform.js'
import { toSafetensors } from './checkpoint.js'
import type { SafetensorsOptions } from './checkpoint.js'
import { download, indexedDb, localStore } from './places.js'
import type { Place, SavedModel } from './places.js'

/** A place and the name there. */
interface Target {
  place: Place | 'downloads'
  name: string
}

/** Writes the model there, whole or not at all. */
export async function saveModel(
  model: Model,
  url: string | URL,
  options: SafetensorsOptions = {},
): Promise<void> {
  const call = 'save'
  const target = targetOf(url, call)
  const optimizer = options.optimizer ?? model.recipe !== undefined
  await write(target, await toSafetensors(model, { ...options, optimizer }, call), call)
}

/** All that is kept in the browser; in Node the safetensors files of a folder. */
export async function listModels(folder = '.'): Promise<SavedModel[]> {
  const call = 'models.list'
  if (platform.files !== undefined) return platform.files.list(folder, call)
  const lists = await Promise.all([
    indexedDb.list(call),
    // A worker has no localStorage, and nothing in it.
    localStore.list(call).catch(() => []),
  ])
  return lists.flat()
}

/** Removes what is kept under a URL. */
export async function removeModel(url: string | URL): Promise<void> {
  const call = 'models.remove'
  const { place, name } = targetOf(url, call)
  if (place === 'downloads') throw refused(call, url)
  if (!(await place.remove(name, call))) throw nothingAt(call, url)
}

/** Copies the bytes from one place to another. */
export async function copyModel(from: string | URL, to: string | URL): Promise<void> {
  const call = 'models.copy'
  const target = targetOf(to, call)
  const bytes = await readKept(from, call)
  await write(target, new Uint8Array(bytes), call)
}

/** The bytes that are kept under a URL. */
export async function readKept(url: string | URL, call: string): Promise<Uint8Array> {
  const { place, name } = targetOf(url, call)
  if (place === 'downloads') throw refused(call, url)
  const bytes = await place.read(name, call)
  if (bytes === undefined) throw nothingAt(call, url)
  return bytes
}

async function write(
  { place, name }: Target,
  bytes: Uint8Array<ArrayBuffer>,
  call: string,
): Promise<void> {
  if (place === 'downloads') download(name, bytes, call)
  else await place.write(name, bytes, call)
}

/** The scheme of a URL that names a place: `indexeddb`. */
export function schemeOf(url: string | URL): string | undefined {
  return /^([a-z]+):\/\//.exec(String(url))?.[1]
}

function targetOf(url: unknown, call: string): Target {
  const text = url instanceof URL ? url.href : url
  if (typeof text !== 'string' || text === '') {
    throw new FoveaError('bad-option', `${call}: needs a URL or a path but gets ${describe(url)}.`)
  }
  const scheme = schemeOf(text)
  const name = scheme === undefined ? text : text.slice(scheme.length + 3)
  const places: Record<string, Target['place'] | undefined> = {
    indexeddb: indexedDb,
    localstorage: localStore,
    downloads: 'downloads',
  }
  const place = scheme === undefined || scheme === 'file' ? platform.files : places[scheme]
  if (place === undefined || name === '') throw refused(call, text)
  return { place, name: scheme === 'file' ? text : name }
}

function refused(call: string, url: string | URL): FoveaError {
  const path = platform.files === undefined ? '' : ', or a path'
  return new FoveaError(
    'unsupported',
    `${call}: cannot do this with "${String(url)}". Use indexeddb://name, localstorage://name or ` +
      `downloads://name${path}.`,
  )
}

function nothingAt(call: string, url: string | URL): FoveaError {
  return new FoveaError('bad-file', `${call}: there is no model at ${String(url)}.`)
}
