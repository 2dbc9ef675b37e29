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
import { floorsOf } from '../../bench/lib/floors.mjs'
import { kNets, operations } from '../../bench/lib/nets.mjs'
import { spread } from '../../bench/lib/scale.mjs'
import { comparisonsOf, gainsOf, worse } from '../../bench/lib/verdict.mjs'

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
    const libraries = new Set(result.rows.map(({ library }) => library))
    assert.deepEqual([...libraries], ['fovea', 'a plain loop'])
    for (const row of result.rows) {
      assert.equal(row.net, 'A')
      assert.match(row.host, /^Node \d+\.\d+\.\d+$/)
      assert.ok(['scalar', 'simd', 'relaxed', 'js'].includes(row.variant))
      for (const name of ['imagesPerSecond', 'medianMs', 'p99Ms', 'threads', 'gflops'])
        assert.ok(row[name] > 0, `${name} of ${JSON.stringify(row)}`)
    }
    const threads = new Set(result.rows.map((row) => row.threads))
    assert.equal(result.verdicts.length, 3 * threads.size)
    assert.equal(result.comparisons.length, 3 * threads.size)
    for (const { coldStartMs, firstStepMs, peakRssBytes } of result.starts)
      assert.ok(coldStartMs > 0 && firstStepMs > 0 && peakRssBytes > 1e6)
    for (const row of [...result.rows, ...result.comparisons, result])
      assert.ok(process.platform !== 'linux' || row.busy >= 0, 'what others took is noted')
    const figures = result.floors.filter(({ figure }) => figure > 0).map(({ measure }) => measure)
    // Calls are judged in the Node that the benchmark brings, where it was installed.
    const judged = result.rows.some(({ host }) => Number(/^Node (\d+)/.exec(host)[1]) >= 22)
    const ofCalls = judged ? [/^p99 over median, one image of A/] : []
    for (const wanted of [...ofCalls, /^import .* Node$/, /^download/])
      assert.ok(
        figures.some((measure) => wanted.test(measure)),
        `${wanted} is measured`,
      )
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

test('Fovea is judged as it chooses its variant itself, its threads against its own one', () => {
  const one = (variant, threads, walls, library = 'fovea') => {
    const child = { identity: { host: 'Node 24.0.0' } }
    return { entry: { library, settings: { variant, threads }, child }, walls, cpus: walls }
  }
  const runs = [
    one('simd', 1, [3, 3, 3]),
    one('relaxed', 1, [4, 4, 8]),
    one('relaxed', 2, [2, 2, 4]),
    one('nchw', 1, [8, 8, 16], 'pytorch'),
  ]
  const work = { net: 'B', phase: 'train', batch: 128, data: 'mnist' }
  const [alone, both] = comparisonsOf(runs, work)
  assert.deepEqual([alone.fovea.variant, alone.ratios.pytorch], ['relaxed', 2])
  assert.deepEqual([both.fovea.threads, both.ratios.pytorch], [2, 4])
  const [gain, ...rest] = gainsOf(runs, work)
  assert.deepEqual([gain.variant, gain.gain, rest], ['relaxed', 2, []])
})

test('the floors: the worst case counts, the best peer is the opponent, what is missing is not met', () => {
  const host = 'Node 24.0.0'
  const compared = (net, phase, batch, data, ratios, threads = 1) => {
    return { net, phase, batch, data, threads, fovea: { variant: 'relaxed' }, ratios }
  }
  const row = (more) => {
    const place = { library: 'fovea', variant: 'relaxed', threads: 1, data: 'mnist', host }
    return { ...place, net: 'B', phase: 'train', batch: 32, gflops: 30, ...more }
  }
  const single = { phase: 'infer', batch: 1, medianMs: 1 }
  const layer = (net, channels, backward, share) => {
    const convolution = { variant: 'relaxed', phase: 'train', type: 'conv2d', layer: 'c' }
    return { ...convolution, net, channels, backward, share }
  }
  const gain = (phase, batch, value, at = host) => {
    return { net: 'C', phase, batch, data: 'random', variant: 'relaxed', host: at, gain: value }
  }
  const measured = {
    comparisons: [
      compared('A', 'train', 32, 'mnist', { pytorch: 1.4 }),
      compared('A', 'train', 128, 'random', { pytorch: 0.9 }),
      compared('A', 'train', 128, 'random', { pytorch: 0.1 }, 2),
      compared('B', 'train', 32, 'mnist', { pytorch: 1.3, convnetjs: 70, 'jax-js': 90 }),
      compared('C', 'infer', 1, 'mnist', { tfjs: 1.5, onnxruntime: 3, pytorch: 0.2 }),
      compared('A', 'infer', 1, 'random', { tfjs: 4, onnxruntime: 2.5 }),
    ],
    rows: [
      row({}),
      row({ gflops: 20, batch: 128 }),
      row({ gflops: 1, host: 'Node 20.0.0' }),
      row({ ...single, p99Ms: 1.4 }),
      row({ ...single, p99Ms: 1.8, data: 'random' }),
      row({ ...single, p99Ms: 9, host: 'Firefox 140' }),
    ],
    limit: { relaxed: 40 },
    layers: [
      layer('B', 16, true, 0.9),
      layer('C', 32, false, 0.8),
      layer('C', 1, true, 0.3),
      { ...layer('C', 32, false, 0.1), phase: 'infer' },
    ],
    starts: [
      { variant: 'simd', threads: 1, host: 'Chromium 150', firstStepMs: 90 },
      { variant: 'scalar', threads: 1, host: 'Chromium 150', firstStepMs: 900 },
    ],
    download: { 'fovea, simd': 98_000, 'fovea, relaxed': 101_000, 'fovea, scalar': 109_000 },
    gains: [gain('train', 128, 1.7), gain('infer', 1, 0.98), gain('infer', 1, 0.5, 'Node 20.0.0')],
  }
  const floors = floorsOf(measured)
  const expected = [
    ['training A, of native pytorch,', 0.9, false, false, 'A train 128, random: pytorch'],
    ['training B, of native pytorch,', 1.3, true, true, 'B train 32, mnist: pytorch'],
    ['training C, of native pytorch,', undefined, false, false, undefined],
    ['training B, of the best peer', 70, true, true, 'B train 32, mnist: convnetjs'],
    ['inference of 1,', 1.5, true, false, 'C infer 1, mnist: tfjs'],
    ['convolutions from 16 channels on, of the limit, relaxed', 0.8, true, false, 'C c forward'],
    [
      'first layer of one channel, filter gradient, of the limit, relaxed',
      0.3,
      false,
      false,
      'C c backward',
    ],
    ['whole training step of B, of the limit, relaxed', 0.5, false, false, 'B train 128, mnist'],
    ['p99 over median, one image of B', 1.8, true, false, 'B infer 1, random'],
    ['import to the first trained step of B, ms, Chromium', 90, true, true, 'simd, Chromium 150'],
    ['import to the first trained step of B, ms, Node', undefined, false, false, undefined],
    ['download to train', 101, false, false, 'relaxed'],
    ['two threads over one, training C', 1.7, true, false, 'C train 128, random'],
    ['two threads over one, inference of 1', 0.98, true, false, 'C infer 1, random'],
    [
      'two threads each: training, of PyTorch',
      0.1,
      false,
      undefined,
      'A train 128, random: pytorch',
    ],
  ]
  for (const [measure, figure, met, aimMet, where] of expected) {
    const found = floors.filter((each) => each.measure.startsWith(measure))
    assert.equal(found.length, 1, measure)
    const [got] = found
    assert.deepEqual(
      [got.figure, got.met, got.aimMet, got.where],
      [figure, met, aimMet, where],
      measure,
    )
  }
  const nothing = floorsOf({})
  assert.equal(nothing.length, floors.length)
  assert.ok(nothing.every(({ figure, met }) => figure === undefined && !met))
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
