// SPDX-License-Identifier: MIT
// Sets up, builds and runs every test, or some parts:
//   npm test                      everything
//   npm test -- lint native       parts: lint, native, wasm, js, browser, package, engines
//   npm test -- wasm simd         the C++ tests of some wasm variants only
// The last line is the total of what the runners counted.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildNative, buildPackage, buildWasm, buildWasmTests } from './build.mjs'
import { build, root } from './lib/paths.mjs'
import { main, PlainError, say, seconds } from './lib/shell.mjs'
import { kVariants, nodeOptions, wasmFolder } from './lib/variants.mjs'
import { setUp } from './setup.mjs'
import { kPackages } from './setup/system.mjs'
import { kLintStages } from './test/lint.mjs'
import { catch2, heading, nodeTest } from './test/stage.mjs'

const kParts = ['lint', 'native', 'wasm', 'js', 'browser', 'package', 'engines']

function testFiles(folder) {
  const path = join(root, folder)
  const names = existsSync(path) ? readdirSync(path, { recursive: true }) : []
  const tests = names.filter((name) => name.endsWith('.test.mjs')).sort()
  return tests.map((name) => join(folder, name))
}

async function buildForUse() {
  await buildWasm()
  await buildPackage()
}

function stagesOf(parts, variants) {
  const stages = []
  if (parts.includes('lint')) stages.push(...kLintStages)
  if (parts.includes('native'))
    stages.push({
      name: 'C++, native with sanitizers',
      prepare: () => buildNative('native-debug'),
      run: () => catch2(join(build, 'native-debug', 'fovea_tests'), []),
    })
  if (parts.includes('wasm'))
    for (const variant of variants)
      stages.push({
        name: `C++, wasm ${variant}`,
        prepare: () => buildWasmTests(variants),
        run: () => {
          const tests = join(wasmFolder(variant), 'fovea_tests.js')
          return catch2(process.execPath, [...nodeOptions(variant), tests])
        },
      })
  for (const [part, name] of [
    ['js', 'JavaScript in Node'],
    ['browser', 'page in Chromium'],
    ['package', 'package in new projects'],
    ['engines', 'package in three browsers'],
  ]) {
    const files = testFiles(`tests/${part}`)
    if (parts.includes(part) && files.length)
      stages.push({ name, prepare: buildForUse, run: () => nodeTest(files) })
  }
  return stages.filter((stage) => !stage.when || stage.when())
}

async function runStage({ name, prepare, run }) {
  heading(name)
  const start = performance.now()
  let counts
  try {
    await prepare?.()
    counts = await run()
  } catch (error) {
    say(error instanceof PlainError ? error.message : (error.stack ?? String(error)))
    counts = { passed: 0, failed: 1, note: 'could not be run' }
  }
  say(`${name}: ${describe(counts)} (${seconds(start)})`)
  return { name, ...counts }
}

function describe({ passed, failed, skipped, note }) {
  const more = [skipped ? `${skipped} skipped` : '', note ?? ''].filter(Boolean)
  return [`${passed} passed, ${failed} failed`, ...more].join(', ')
}

await main(async () => {
  const words = process.argv.slice(2)
  const unknown = words.find((word) => !kParts.includes(word) && !kVariants.includes(word))
  if (unknown)
    throw new PlainError(`test has no part "${unknown}": ${kParts.join(', ')} are known.`)
  const chosen = words.filter((word) => kParts.includes(word))
  const parts = chosen.length ? chosen : kParts
  const variants = words.filter((word) => kVariants.includes(word))

  const start = performance.now()
  heading('set-up')
  await setUp(['build', 'test', ...parts.filter((part) => kPackages[part])])
  const results = []
  for (const stage of stagesOf(parts, variants.length ? variants : kVariants))
    results.push(await runStage(stage))

  heading(`all in ${seconds(start)}`)
  for (const result of results) say(`${result.name}: ${describe(result)}`)
  const total = (kind) => results.reduce((sum, result) => sum + result[kind], 0)
  say(`${total('passed')} passed, ${total('failed')} failed`)
  if (total('failed') > 0) process.exitCode = 1
})
