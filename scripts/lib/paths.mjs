// SPDX-License-Identifier: MIT
// Where things lie. Everything that scripts make goes into the ignored folders named here.
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Compilers and sources. Several checkouts may share one folder by FOVEA_TOOLCHAIN_DIR. */
const asked = resolve(root, process.env.FOVEA_TOOLCHAIN_DIR || '.toolchain')
/** By its real name, so that checkouts which reach it by links agree on what is there. */
export const toolchain = existsSync(asked) ? realpathSync(asked) : asked

/** A link to the chosen Emscripten, whether a private copy or the one on PATH. */
export const emscripten = join(toolchain, 'emscripten')

export const sources = join(toolchain, 'src')
export const build = join(root, 'build')
