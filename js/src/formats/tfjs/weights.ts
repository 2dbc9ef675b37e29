// The weights beside a model.json: shards of bytes that follow one another, described by a manifest,
// some of them quantised to whole numbers of 8 or 16 bits or to half precision.
// SPDX-License-Identifier: MIT
import { elementCount } from '../../tensor.js'
import type { Block } from '../arrange.js'
import type { ModelBuilder } from '../builder.js'
import { half } from '../half.js'
import { isRecord } from './json.js'

/** Bytes of files, one behind the other. */
export type WeightSource = (paths: string[]) => Promise<Uint8Array>

interface Spec {
  name: string
  shape: number[]
  dtype: string
  scale: number
  min: number
  bytes: number
}

const kBytes: Record<string, number> = {
  float32: 4,
  int32: 4,
  float16: 2,
  uint16: 2,
  uint8: 1,
  bool: 1,
}

/** All weights of a model.json by name. */
export async function readWeights(
  to: ModelBuilder,
  json: Record<string, unknown>,
  weightsOf: WeightSource,
): Promise<Map<string, Block>> {
  const weights = new Map<string, Block>()
  const { weightsManifest, weightSpecs, weightData } = json
  if (Array.isArray(weightSpecs)) {
    decode(to, weightSpecs, bytesOf(to, weightData), weights)
    return weights
  }
  if (!Array.isArray(weightsManifest)) throw to.badFile('the model.json has no weightsManifest.')
  for (const group of weightsManifest as unknown[]) {
    const { paths, weights: specs } = isRecord(group) ? group : {}
    const named = Array.isArray(paths) && paths.every((one) => typeof one === 'string')
    if (!named || !Array.isArray(specs)) {
      throw to.badFile('its weightsManifest needs groups of paths and weights.')
    }
    decode(to, specs, specs.length > 0 ? await weightsOf(paths) : new Uint8Array(), weights)
  }
  return weights
}

/** `weightData` of a model in memory: a buffer, or several that follow one another. */
function bytesOf(to: ModelBuilder, data: unknown): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (!Array.isArray(data)) throw to.badFile('its weightData is no ArrayBuffer.')
  const parts = data.map((one) => bytesOf(to, one))
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function decode(
  to: ModelBuilder,
  given: readonly unknown[],
  bytes: Uint8Array,
  weights: Map<string, Block>,
): void {
  const specs = given.map((one) => specOf(to, one))
  const wanted = specs.reduce((sum, one) => sum + one.bytes, 0)
  if (bytes.length !== wanted) {
    throw to.badFile(
      `its weights need ${wanted} bytes by the manifest, but the files beside it have ${bytes.length}.`,
    )
  }
  let at = 0
  for (const { name, shape, dtype, scale, min, bytes: length } of specs) {
    // A copy: the numbers may begin at any byte.
    const numbers = decoded(dtype, new Uint8Array(bytes.subarray(at, at + length)).buffer)
    if (scale !== 1 || min !== 0) numbers.forEach((one, k) => (numbers[k] = one * scale + min))
    weights.set(name.replace(/:\d+$/, ''), { shape, data: numbers })
    at += length
  }
}

function specOf(to: ModelBuilder, given: unknown): Spec {
  const { name, shape, dtype = 'float32', quantization } = isRecord(given) ? given : {}
  const isShape =
    Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0)
  if (typeof name !== 'string' || !isShape) {
    throw to.badFile('a weight of its manifest needs a name and a shape.')
  }
  const packed = isRecord(quantization) ? quantization : {}
  const stored = String(packed['dtype'] ?? dtype)
  const { scale = 1, min = 0 } = packed
  const size = kBytes[stored]
  if (size === undefined || !Number.isFinite(scale) || !Number.isFinite(min)) {
    throw to.unsupported(`the weight "${name}" has the type ${stored}, which is no network's.`)
  }
  const count = elementCount(shape)
  return { name, shape, dtype: stored, scale: Number(scale), min: Number(min), bytes: count * size }
}

function decoded(dtype: string, buffer: ArrayBuffer): Float32Array {
  if (dtype === 'float32') return new Float32Array(buffer)
  if (dtype === 'int32') return Float32Array.from(new Int32Array(buffer))
  if (dtype === 'uint16') return Float32Array.from(new Uint16Array(buffer))
  if (dtype === 'float16') return Float32Array.from(new Uint16Array(buffer), half)
  return Float32Array.from(new Uint8Array(buffer))
}
