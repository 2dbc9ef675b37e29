// npm run bench measures Fovea and writes what it says it writes. Without the other libraries, which
// are not installed here, and in few windows: the figures mean nothing.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { kNets, operations } from '../../bench/lib/nets.mjs'
import { spread } from '../../bench/lib/scale.mjs'
import { comparisonsOf, worse } from '../../bench/lib/verdict.mjs'

const script = fileURLToPath(new URL('../../bench/run.mjs', import.meta.url))
const run = (...args) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })

test('a quick run of Fovea alone writes rows with speeds, verdicts and starts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-bench-test-'))
  try {
    const file = join(folder, 'result.json')
    const settings = ['--only', 'fovea', '--nets', 'A', '--windows', '1', '--json', file]
    const { status, stdout, stderr } = run('--quick', '--as-built', ...settings)
    assert.equal(status, 0, stderr)
    assert.match(stdout, /^A train 32 .* (scalar|simd|relaxed) x1$/m)
    const result = JSON.parse(readFileSync(file, 'utf8'))
    assert.deepEqual(Object.keys(result.machine).sort(), [
      'cpu',
      'load',
      'memoryBytes',
      'os',
      'processors',
    ])
    const cases = new Set(result.rows.map(({ phase, batch }) => `${phase} ${batch}`))
    assert.deepEqual([...cases], ['train 32', 'infer 1', 'infer 32'])
    for (const row of result.rows) {
      assert.equal(row.library, 'fovea')
      assert.equal(row.net, 'A')
      assert.match(row.host, /^Node \d+\.\d+\.\d+$/)
      assert.ok(['scalar', 'simd', 'relaxed'].includes(row.variant))
      for (const name of ['imagesPerSecond', 'medianMs', 'p99Ms', 'threads', 'gflops'])
        assert.ok(row[name] > 0, `${name} of ${JSON.stringify(row)}`)
    }
    const threads = new Set(result.rows.map((row) => row.threads))
    assert.equal(result.verdicts.length, 3 * threads.size)
    assert.equal(result.comparisons.length, 3 * threads.size)
    for (const { coldStartMs, peakRssBytes } of result.starts)
      assert.ok(coldStartMs > 0 && peakRssBytes > 1e6)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a verdict is the median of neighbouring windows, of random and real pixels the worse', () => {
  const one = (library, variant, walls, cpus = walls, threads = 1) => {
    const child = { identity: { host: 'Node' } }
    return { entry: { library, settings: { variant, threads }, child }, walls, cpus }
  }
  const work = { net: 'A', phase: 'train', batch: 10 }
  // The machine slows down to a third in the last window; ratios stay.
  const real = [
    one('fovea', 'simd', [1, 1, 3]),
    one('fovea', 'scalar', [4, 4, 12]),
    one('pytorch', 'nchw', [2, 2, 6]),
  ]
  const random = [one('fovea', 'simd', [1, 1, 1]), one('pytorch', 'nchw', [1.5, 1.5, 1.5])]
  const comparisons = [
    ...comparisonsOf(real, { ...work, data: 'mnist' }),
    ...comparisonsOf(random, { ...work, data: 'random' }),
  ]
  assert.deepEqual(
    comparisons.map(({ ratios }) => ratios.pytorch),
    [2, 1.5],
  )
  const { fovea, clock } = comparisons[0]
  assert.deepEqual([fovea.variant, clock], ['simd', 'wall'])
  const [{ ratios, pixels }, ...rest] = worse(comparisons)
  assert.deepEqual([ratios, pixels, rest], [{ pytorch: 1.5 }, { pytorch: 'random' }, []])
  // Who had to wait for a processor is measured by its own time on it.
  const waited = [
    one('fovea', 'simd', [9, 9, 9], [1, 1, 1]),
    one('pytorch', 'nchw', [9, 9, 9], [3, 3, 3]),
  ]
  const [busy] = comparisonsOf(waited, { ...work, data: 'mnist' })
  assert.deepEqual([busy.clock, busy.ratios.pytorch, busy.speeds.fovea], ['cpu', 3, 10_000])
})

test('multiply-adds of a forward pass, and of a training step', () => {
  const [a, b, c] = Object.values(kNets).map((net) => operations(net, 'infer') / 2)
  assert.equal(a, 28 * 28 * 6 * 75 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10)
  assert.equal(b, 784 * 16 * 9 + 196 * 32 * 144 + 49 * 64 * 288 + 576 * 128 + 128 * 10)
  assert.equal(c, 26 * 26 * 32 * 9 + 11 * 11 * 64 * 288 + 1600 * 1024 + 1024 * 10)
  assert.equal(operations(kNets.B, 'train') / 2, 3 * b - 784 * 16 * 9)
})

test('what bench does not know is refused in a sentence', () => {
  for (const [args, sentence] of [
    [['--only', 'keras'], /^bench: --only needs some of fovea, .* but gets "keras"\.$/m],
    [['--nets', ''], /^bench: --nets needs some of A, B, C, with commas, but gets ""\.$/m],
    [['--windows', '0'], /^bench: --windows needs a whole number of at least 1 but gets "0"\.$/m],
    [['--fast'], /^bench: Unknown option '--fast'\. npm run bench -- --help lists/m],
  ]) {
    const { status, stderr } = run(...args)
    assert.equal(status, 1)
    assert.match(stderr, sentence)
  }
})

test('the spread of a table is how far its slowest is above its fastest', () => {
  assert.equal(spread([10, 8, 9]), 0.25)
  assert.equal(spread([3, 3]), 0)
})
