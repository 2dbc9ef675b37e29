// SPDX-License-Identifier: MIT
// Builds what is out of date.
//   node scripts/build.mjs                 the wasm modules and the package: what is needed for use
//   node scripts/build.mjs wasm simd ...   the modules of some variants, or of all
//   node scripts/build.mjs native | wasm-tests | package | all
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildPreset, fingerprint, kProcessors, sideBySide } from './lib/cmake.mjs'
import { build, root } from './lib/paths.mjs'
import { main, PlainError, runAsync, say, seconds } from './lib/shell.mjs'
import { digest, once } from './lib/stamp.mjs'
import { kModuleFiles, kVariants, wasmFolder } from './lib/variants.mjs'

/** The benchmark's programs of the core. */
export const kBenchInputs = ['bench/limit.cpp', 'bench/layers.cpp', 'bench/register_tile.h']

const kTestInputs = ['tests/cpp', 'tests/reference']

/** The modules of the given variants; two variants at a time keep two processors busy at links. */
export function buildWasm(variants = kVariants) {
  const jobs = Math.max(1, Math.floor(kProcessors / 2))
  return sideBySide(
    variants.map(
      (variant) => () =>
        buildPreset(`wasm-${variant}`, ['fovea-node', 'fovea-web'], {
          outputs: kModuleFiles,
          jobs,
        }),
    ),
    kProcessors > 1 ? 2 : 1,
  )
}

export function buildWasmTests(variants = kVariants) {
  const jobs = Math.max(1, Math.floor(kProcessors / 2))
  const settings = { inputs: kTestInputs, outputs: ['fovea_tests.js'], jobs }
  return sideBySide(
    variants.map((variant) => () => buildPreset(`wasm-${variant}`, ['fovea_tests'], settings)),
    kProcessors > 1 ? 2 : 1,
  )
}

/** The tests, and the benchmark's programs, so that they are known to compile. */
export const buildNative = (preset = 'native-debug') =>
  buildPreset(preset, ['fovea_tests', 'fovea_limit', 'fovea_layers'], {
    inputs: [...kTestInputs, ...kBenchInputs],
    outputs: ['fovea_tests'],
  })

/** The npm package in dist/, from js/ and the modules. */
export async function buildPackage() {
  const modules = kVariants.flatMap((variant) =>
    kModuleFiles.map((name) => join(wasmFolder(variant), name)),
  )
  const missing = modules.find((path) => !existsSync(path))
  if (missing) throw new PlainError(`The package needs ${missing}: run npm run build.`)
  const inputs = ['js', 'package.json', 'scripts/build-package.mjs', 'scripts/package']
  const files = modules.map((path) => path.slice(root.length + 1))
  const key = digest(fingerprint([...inputs, ...files]))
  const work = async () => {
    const start = performance.now()
    await runAsync('npm', ['run', '--silent', 'build:package'], { cwd: root })
    say(`build: package in ${seconds(start)}`)
  }
  await once(join(build, 'fovea-built-package'), key, work, [join(root, 'dist', 'index.js')])
}

const kTargets = {
  wasm: buildWasm,
  'wasm-tests': buildWasmTests,
  native: () => buildNative('native-release'),
  package: buildPackage,
}

/** Builds one target by its name, or what is needed for use. */
export async function buildTarget(name, variants = []) {
  const names = { use: ['wasm', 'package'], all: Object.keys(kTargets) }[name] ?? [name]
  for (const each of names) {
    if (!kTargets[each])
      throw new PlainError(
        `build has no target "${each}": ${Object.keys(kTargets).join(', ')}, all.`,
      )
    await kTargets[each](variants.length ? variants : undefined)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => {
    const [name = 'use', ...variants] = process.argv.slice(2)
    const { setUp } = await import('./setup.mjs')
    await setUp(['build'])
    await buildTarget(name, variants)
    say('build: everything is up to date')
  })
}
