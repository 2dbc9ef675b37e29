// SPDX-License-Identifier: MIT
// Calls CMake and make for one preset. A stamp over the times and sizes of the inputs skips both
// when nothing changed: asking make costs a second or more for each of seven builds.
import { readdirSync, statSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { alone } from './lock.mjs'
import { build, emscripten, root, toolchain } from './paths.mjs'
import { runAsync, say, seconds } from './shell.mjs'
import { digest, once, readText } from './stamp.mjs'

export const kProcessors = Math.max(1, cpus().length)
const kSettings = ['CMakeLists.txt', 'CMakePresets.json', 'cmake']
const kEmscriptenCMake = 'cmake/Modules/Platform/Emscripten.cmake'
const compiler = () => readText(join(emscripten, 'emscripten-version.txt')) ?? ''

/** A line per file under the given paths: name, size, time. */
export function fingerprint(paths) {
  const lines = []
  const visit = (path) => {
    const info = statSync(path, { throwIfNoEntry: false })
    if (!info) return
    if (info.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name))
    else lines.push(`${path} ${info.size} ${info.mtimeMs}`)
  }
  for (const path of paths) visit(join(root, path))
  return lines.join('\n')
}

const folderOf = (preset) => join(build, preset.replace(/^wasm-/, 'wasm/'))

/** Configures a preset where needed, and returns its folder. */
export async function configure(preset) {
  const folder = folderOf(preset)
  const wasm = preset.startsWith('wasm-')
  // New and vanished files change what there is to compile, and compile_commands.json with it.
  const names = fingerprint(['src', 'tests/cpp', 'tests/reference']).replace(/ [\d. ]+$/gm, '')
  const key = digest(preset, toolchain, compiler(), fingerprint(kSettings), names)
  const options = wasm ? ['--toolchain', join(emscripten, kEmscriptenCMake)] : []
  const work = () => runAsync('cmake', ['--preset', preset, ...options], { cwd: root })
  await once(join(folder, 'fovea-configured'), key, work, [join(folder, 'CMakeCache.txt')])
  return folder
}

/**
 * Builds targets of a preset; says so only when there was something to do. `inputs` are watched
 * besides src, `outputs` are the files in the preset's folder that must be there afterwards.
 */
export async function buildPreset(
  preset,
  targets,
  { inputs = [], outputs = [], jobs = kProcessors },
) {
  const folder = folderOf(preset)
  const key = digest(toolchain, compiler(), fingerprint([...kSettings, 'src', ...inputs]))
  const work = async () => {
    const start = performance.now()
    await configure(preset)
    await runAsync('make', ['-C', folder, `-j${jobs}`, '--no-print-directory', ...targets])
    say(`build: ${preset} (${targets.join(', ')}) in ${seconds(start)}`)
  }
  const stamp = join(folder, `fovea-built-${targets[0]}`)
  const paths = outputs.map((name) => join(folder, name))
  await alone(folder, () => once(stamp, key, work, paths))
}

/** Works through tasks, several at a time; the first failure stops the rest from starting. */
export async function sideBySide(tasks, count) {
  const queue = [...tasks]
  const worker = async () => {
    for (let task = queue.shift(); task; task = queue.shift()) {
      try {
        await task()
      } catch (error) {
        queue.length = 0
        throw error
      }
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: count }, worker))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
