// Bytes from a URL, and a module from bytes, with a sentence when that fails.
// SPDX-License-Identifier: MIT
import { FoveaError } from './errors.js'

/** Fetches a file; `place` opens the sentence. */
export async function fetchBytes(url: URL, place: string): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response
  try {
    response = await fetch(url)
  } catch (cause) {
    throw new FoveaError('bad-file', `${place}: cannot fetch ${url.href}: ${String(cause)}.`, {
      cause,
    })
  }
  // Read whatever it is: what nobody reads, a browser breaks off and complains of.
  const body = await response.arrayBuffer()
  if (!response.ok) {
    throw new FoveaError(
      'bad-file',
      `${place}: cannot fetch ${url.href}: the server answers ${response.status} ${response.statusText}.`,
    )
  }
  return new Uint8Array(body)
}

/** Compiles a binary that the user gave. */
export async function compileGiven(bytes: BufferSource): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes)
  } catch (cause) {
    throw new FoveaError(
      'bad-file',
      `init: the WebAssembly binary does not run: ${String(cause)}.`,
      {
        cause,
      },
    )
  }
}
