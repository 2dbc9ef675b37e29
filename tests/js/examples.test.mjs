// Every example at reduced length, in a process of its own: it must end well, and each result that it
// prints must keep its promise. Data that are not here are a skip with a reason.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** How many results each example promises; the bounds stand in the examples. */
const kExamples = {
  'alexnet.mjs': 1,
  'cat.mjs': 2,
  'cifar.mjs': 2,
  'digits.mjs': 1,
  'fashion.mjs': 1,
  'localisation.mjs': 2,
  'regression.mjs': 2,
  'segmentation.mjs': 1,
  'steering.mjs': 2,
  'style.mjs': 1,
  'x-or-not.mjs': 3,
}
/** The example of the README has a test in commands.test.mjs; tools.mjs is no example. */
const kOthers = ['quickstart.mjs', 'tools.mjs']

test('every example is here and in the table of examples/README.md', () => {
  const files = readdirSync(`${root}examples`).filter((name) => name.endsWith('.mjs'))
  assert.deepEqual(files.sort(), [...Object.keys(kExamples), ...kOthers].sort())
  const table = readFileSync(`${root}examples/README.md`, 'utf8')
  for (const name of files) assert.ok(table.includes(`[${name}](${name})`), name)
})

for (const [name, promises] of Object.entries(kExamples)) {
  test(`examples/${name} --quick`, async (context) => {
    const child = spawn(process.execPath, [`examples/${name}`, '--quick'], { cwd: root })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (data) => (stdout += data))
    child.stderr.on('data', (data) => (stderr += data))
    const [status] = await once(child, 'close')
    assert.equal(status, 0, `${stderr}\n${stdout.slice(-2000)}`)
    if (stdout.startsWith('Skipped: ')) return context.skip(stdout.trim().replace('\n', ' '))
    const results = [...stdout.matchAll(/^Result: .+ (-?[\d.]+) \((at least|at most) ([\d.]+) /gm)]
    assert.equal(results.length, promises, stdout)
    for (const [line, value, which, bound] of results) {
      assert.ok(which === 'at least' ? +value >= +bound : +value <= +bound, line)
    }
    context.diagnostic(results.map(([line]) => line).join('; '))
  })
}
