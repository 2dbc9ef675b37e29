// Which build of the engine runs here, and why. Every feature is tried by validating a module of a
// few bytes that uses the very opcode; user agents are not asked.
// SPDX-License-Identifier: MIT
import { FoveaError } from '../errors.js'
import type { Build, Variant } from './engine.js'

const kHeader = [0, 97, 115, 109, 1, 0, 0, 0]

/** A module with one function `() -> result` and this body. */
function moduleBytes(
  result: number[],
  body: number[],
  memory: number[] = [],
): Uint8Array<ArrayBuffer> {
  const type = [1, 4 + result.length, 1, 96, 0, result.length, ...result]
  const code = [10, body.length + 4, 1, body.length + 2, 0, ...body, 11]
  return Uint8Array.from([...kHeader, ...type, 3, 2, 1, 0, ...memory, ...code])
}

const kV128 = [123]
const kSplat = [65, 0, 253, 15] // i32.const 0, i8x16.splat

/** What the engine that runs JavaScript can do. */
export interface Features {
  simd: boolean
  relaxed: boolean
  threads: boolean
}

/** Asks the browser or Node. */
export function detectFeatures(): Features {
  // i8x16.popcnt came with the final SIMD proposal; the builds also throw, with try and catch_all.
  const simd =
    WebAssembly.validate(moduleBytes(kV128, [...kSplat, 253, 98])) &&
    WebAssembly.validate(moduleBytes([], [6, 64, 25, 11]))
  // f32x4.relaxed_madd
  const madd = [...kSplat, ...kSplat, ...kSplat, 253, 133, 2]
  // i32.atomic.load of a shared memory
  const atomic = moduleBytes([], [65, 0, 254, 16, 2, 0, 26], [5, 4, 1, 3, 1, 1])
  return {
    simd,
    relaxed: simd && WebAssembly.validate(moduleBytes(kV128, madd)),
    threads: simd && typeof SharedArrayBuffer !== 'undefined' && WebAssembly.validate(atomic),
  }
}

/** What was asked for, and what there is. */
export interface VariantQuestion {
  variant: 'auto' | Variant
  threads: 'auto' | number
  reproducible: boolean
  features: Features
  built: readonly Build[]
  processors: number
  /** Why threads cannot be used here whatever the features, or undefined. */
  threadsRefused: string | undefined
}

/** The build to run. The reasons are sentences for `backend()`. */
export interface VariantAnswer {
  build: Build
  variant: Variant
  threads: number
  reasons: string[]
}

/** More threads than this gain nothing on networks that fit a page. */
const kMostThreads = 8

/** Picks a build. Throws `unsupported` only where a variant was asked for by name. */
export function chooseVariant(question: VariantQuestion): VariantAnswer {
  const reasons: string[] = []
  const variant = pickVariant(question, reasons)
  const threads = pickThreads(question, variant, reasons)
  const build = threads > 1 ? (`${variant}-threads` as Build) : variant
  return { build, variant, threads, reasons }
}

function pickVariant(question: VariantQuestion, reasons: string[]): Variant {
  const { variant, reproducible, features, built } = question
  if (reproducible && variant === 'relaxed') {
    throw new FoveaError(
      'bad-option',
      `init: reproducible: true needs the variant simd or scalar but gets "relaxed", whose results ` +
        `differ from machine to machine.`,
    )
  }
  const missing = (name: Variant): string | undefined => {
    if (!built.includes(name)) return `this copy of Fovea was built without the variant ${name}`
    if (name === 'simd' && !features.simd) return 'no WebAssembly SIMD here'
    if (name === 'relaxed' && !features.relaxed) return 'no WebAssembly relaxed SIMD here'
    return undefined
  }
  if (variant !== 'auto') {
    const reason = missing(variant)
    if (reason === undefined) {
      reasons.push(`${variant}: asked for.`)
      return variant
    }
    throw new FoveaError(
      'unsupported',
      `init: the variant "${variant}" cannot run: ${reason}. Use variant: 'auto'.`,
    )
  }
  const order: Variant[] = reproducible ? ['simd', 'scalar'] : ['relaxed', 'simd', 'scalar']
  if (reproducible) reasons.push('relaxed passed over: reproducible is true.')
  for (const name of order) {
    const reason = missing(name)
    if (reason === undefined) {
      reasons.push(`${name}: the fastest that runs here.`)
      return name
    }
    reasons.push(`${name} passed over: ${reason}.`)
  }
  throw new FoveaError('unsupported', `init: no variant can run. ${reasons.join(' ')}`)
}

function pickThreads(question: VariantQuestion, variant: Variant, reasons: string[]): number {
  const { threads, features, built, processors, threadsRefused } = question
  const wanted = threads === 'auto' ? Math.min(processors, kMostThreads) : threads
  if (wanted <= 1) {
    reasons.push(threads === 'auto' ? '1 thread: one processor.' : '1 thread: asked for.')
    return 1
  }
  const refused =
    threadsRefused ??
    (!features.threads ? 'no shared WebAssembly memory here' : undefined) ??
    (variant === 'scalar' ? 'the scalar variant has none' : undefined) ??
    (!built.includes(`${variant}-threads` as Build)
      ? `this copy of Fovea was built without ${variant}-threads`
      : undefined)
  if (refused !== undefined) {
    reasons.push(`1 thread: ${refused}.`)
    return 1
  }
  reasons.push(
    threads === 'auto' ? `${wanted} threads: one per processor.` : `${wanted} threads: asked for.`,
  )
  return wanted
}
