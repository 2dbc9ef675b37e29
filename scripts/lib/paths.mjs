// SPDX-License-Identifier: MIT
// Where things lie. Everything that scripts make goes into the ignored folders named here.
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Compilers and sources. Several checkouts may share one folder by FOVEA_TOOLCHAIN_DIR. */
export const toolchain = resolve(root, process.env.FOVEA_TOOLCHAIN_DIR || '.toolchain')

/** A link to the chosen Emscripten, whether a private copy or the one on PATH. */
export const emscripten = join(toolchain, 'emscripten')

export const sources = join(toolchain, 'src')
export const build = join(root, 'build')
