// The IDX format of MNIST: two zero bytes, a type, the number of dimensions, their sizes in big
// endian, then the data. gzip is undone where a file begins with its magic number.
// SPDX-License-Identifier: MIT
import { FoveaError } from '../errors.js'
import { elementCount } from '../tensor.js'

/** The content of an IDX file of bytes. */
export interface IdxArray {
  data: Uint8Array
  shape: number[]
}

const kUnsignedByte = 0x08

/** Reads an IDX file of bytes; `name` opens every sentence. */
export async function readIdx(name: string, file: Uint8Array): Promise<IdxArray> {
  const bytes = await gunzipIfNeeded(name, file)
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0) {
    throw damaged(
      name,
      `it is no IDX file: it begins with ${hex(bytes.subarray(0, 4))} where 00 00 08 03 (images) or ` +
        `00 00 08 01 (labels) is expected`,
    )
  }
  const [, , type = 0, dimensions = 0] = bytes
  if (type !== kUnsignedByte || dimensions === 0) {
    throw damaged(
      name,
      `its header says type ${hex(bytes.subarray(2, 3))} with ${dimensions} dimensions where bytes ` +
        `(type 08) with at least one are expected`,
    )
  }
  const headerBytes = 4 + 4 * dimensions
  if (bytes.length < headerBytes) {
    throw damaged(
      name,
      `it ends after ${bytes.length} bytes, inside its header of ${headerBytes}; it is truncated`,
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: dimensions }, (_, k) => view.getUint32(4 + 4 * k))
  const promised = elementCount(shape)
  const actual = bytes.length - headerBytes
  if (actual !== promised) {
    const why = actual < promised ? 'it is truncated' : 'something was appended to it'
    throw damaged(
      name,
      `its header promises ${shape.join(' x ')} = ${promised} bytes of data but ${actual} follow; ${why}`,
    )
  }
  return { data: new Uint8Array(bytes.subarray(headerBytes)), shape }
}

/** The bytes, unpacked where they begin with gzip's magic number. */
export async function gunzipIfNeeded(name: string, file: Uint8Array): Promise<Uint8Array> {
  if (file[0] !== 0x1f || file[1] !== 0x8b) return file
  const stream = new Blob([new Uint8Array(file)])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer())
  } catch (cause) {
    throw damaged(name, `its gzip compression cannot be undone; it is truncated or altered`, cause)
  }
}

function damaged(name: string, what: string, cause?: unknown): FoveaError {
  return new FoveaError('bad-file', `${name}: ${what}. Get the file again.`, { cause })
}

function hex(bytes: Uint8Array): string {
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return text === '' ? 'nothing' : text
}
