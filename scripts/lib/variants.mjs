// SPDX-License-Identifier: MIT
// The builds that CMakePresets.json names, and what each of them makes.
import { join } from 'node:path'
import { build } from './paths.mjs'

/** The WebAssembly variants; the first three run in every browser that has the instructions. */
export const kVariants = ['scalar', 'simd', 'relaxed', 'simd-threads', 'relaxed-threads']

/** The files of one variant that the package is made of. */
export const kModuleFiles = ['node', 'web'].flatMap((where) => [
  `fovea-${where}.mjs`,
  `fovea-${where}.wasm`,
])

export const wasmFolder = (variant) => join(build, 'wasm', variant)

/** Node's options for running a variant: Node 20 has relaxed SIMD only behind a flag. */
export const nodeOptions = (variant) =>
  variant.startsWith('relaxed') && Number(process.versions.node.split('.')[0]) < 22
    ? ['--experimental-wasm-relaxed-simd']
    : []
