// Bytes from a URL, and a module from bytes, with a sentence when that fails.
// SPDX-License-Identifier: MIT
import { FoveaError } from './errors.js'
import type { FoveaErrorCode } from './errors.js'

/**
 * What `work` gives.
 *
 * @param what opens the sentence if it fails: the place, and what does not work
 * @param remedy ends it
 */
export async function explained<Result>(
  work: () => Promise<Result>,
  code: FoveaErrorCode,
  what: string,
  remedy = '',
): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof FoveaError) throw cause
    throw new FoveaError(code, `${what}: ${String(cause).replace(/\.$/, '')}.${remedy}`, { cause })
  }
}

/** Fetches a file; `place` opens the sentence. */
export async function fetchBytes(url: URL, place: string): Promise<Uint8Array<ArrayBuffer>> {
  const what = `${place}: cannot fetch ${url.href}`
  const response = await explained(() => fetch(url), 'bad-file', what)
  // Read whatever it is: what nobody reads, a browser breaks off and complains of.
  const body = await explained(() => response.arrayBuffer(), 'bad-file', what)
  if (!response.ok) {
    const { status, statusText } = response
    throw new FoveaError('bad-file', `${what}: the server answers ${status} ${statusText}.`)
  }
  return new Uint8Array(body)
}

/** What to do where a page may not compile. */
export const kPolicy = " A Content-Security-Policy must allow 'wasm-unsafe-eval'."

/** Compiles a binary that the user gave. */
export const compileGiven = (bytes: BufferSource): Promise<WebAssembly.Module> =>
  explained(
    () => WebAssembly.compile(bytes),
    'bad-file',
    'init: the WebAssembly binary does not run',
    kPolicy,
  )
