// SPDX-License-Identifier: MIT
// What must be there before anything is measured: Fovea built, the other libraries installed, and
// the programs made of its C++ core for the limit and for single layers.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, say } from '../../scripts/lib/shell.mjs'
import { buildPreset } from '../../scripts/lib/cmake.mjs'
import { buildTarget, kBenchInputs } from '../../scripts/build.mjs'
import { setUp } from '../../scripts/setup.mjs'
import { digest, once, readText } from '../../scripts/lib/stamp.mjs'
import { wasmFolder } from '../../scripts/lib/variants.mjs'
import { kInstalled, nodes } from './contestants.mjs'

const bench = fileURLToPath(new URL('..', import.meta.url))

/** Builds Fovea and installs what the chosen libraries need. */
export async function prepare({ only, asBuilt }) {
  if (!asBuilt) {
    await setUp(['build'])
    await buildTarget('use')
  }
  if (!only.some((name) => kInstalled.includes(name))) return
  const modules = join(bench, 'node_modules')
  const key = digest(readText(join(bench, 'package-lock.json')) ?? '')
  const install = async () => {
    say('bench: installing the libraries to compare with, once')
    run('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit'], { cwd: bench })
  }
  await once(join(modules, 'fovea-installed'), key, install)
}

/** Builds a program of the core for one variant and runs it; undefined where it is not there. */
export async function runProgram(name, variant, { asBuilt, args = [] }) {
  const file = join(wasmFolder(variant), `${name}.js`)
  if (!asBuilt)
    await buildPreset(`wasm-${variant}`, [name], {
      inputs: kBenchInputs,
      outputs: [`${name}.js`],
    })
  if (!existsSync(file)) return undefined
  const [node, ...flags] = nodes()[0].command
  return run(node, [...flags, file, ...args])
}
