// What people type: the example of the README, npm run train, the download of MNIST.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Runs a script of the project in Node. */
function run(script, args = [], env = {}) {
  return new Promise((resolve) => {
    let [stdout, stderr] = ['', '']
    const child = spawn(process.execPath, [script, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
    })
    child.stdout.on('data', (data) => (stdout += data))
    child.stderr.on('data', (data) => (stderr += data))
    child.on('close', (status) => resolve({ status, stdout, stderr }))
  })
}

test('the example runs, and is the one that the README shows', async () => {
  const example = readFileSync(join(root, 'examples/quickstart.mjs'), 'utf8')
  const blocks = readFileSync(join(root, 'README.md'), 'utf8').match(/```js\n[^]*?```/g) ?? []
  assert.ok(blocks.includes(`\`\`\`js\n${example}\`\`\``), 'README.md shows other code')
  const { status, stdout, stderr } = await run('examples/quickstart.mjs')
  assert.equal(status, 0, stderr)
  const lines = stdout.trim().split('\n')
  assert.equal(lines.length, 5)
  assert.match(
    lines[0],
    /^Epoch 1\/3 {2}loss \d\.\d{4} {2}accuracy 0\.\d{4} {2}val_loss \S+ {2}val_accuracy \S+$/,
  )
  const accuracy = Number(
    /^Right on (\d\d\.\d) % of 1,000 digits it has not seen\.$/.exec(lines[3])?.[1],
  )
  assert.ok(accuracy >= 92, lines[3])
  assert.match(lines[4], /^The first is a \d\.$/)
})

test('what the README shows goes on where its first program ends', async () => {
  const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```js\n([^]*?)```/g)]
  const folder = mkdtempSync(join(tmpdir(), 'fovea-readme-'))
  try {
    const file = join(folder, 'digits.safetensors')
    const program = blocks.map(([, code]) => code.replaceAll('digits.safetensors', file)).join('')
    const { status, stdout, stderr } = await run('--input-type=module', ['--eval', program])
    assert.equal(status, 0, stderr)
    const last = stdout.trim().split('\n').slice(-2)
    assert.deepEqual(
      last.map((line) => line.slice(0, 9)),
      ['Epoch 4/5', 'Epoch 5/5'],
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('npm run train: one epoch, and the line of JSON last', async () => {
  const args = [
    '--net',
    'softmaxRegression',
    '--epochs',
    '2',
    '--batch-size',
    '100',
    '--learning-rate',
    '0.005',
  ]
  const more = ['--seed', '5', '--threads', '1', '--variant', 'simd', '--json']
  const { status, stdout, stderr } = await run('scripts/train.mjs', [...args, ...more])
  assert.equal(status, 0, stderr)
  const lines = stdout.trim().split('\n')
  assert.match(lines[0], /^softmaxRegression: 7,850 weights, 9000 digits to train, seed 5$/)
  assert.match(
    lines.at(-2),
    /^Test loss \d\.\d{4}, test accuracy \d\d\.\d\d %, \d+\.\d s, \d+ images\/s$/,
  )
  const { backend, seconds, testLoss, testAccuracy, imagesPerSecond, ...rest } = JSON.parse(
    lines.at(-1),
  )
  assert.deepEqual(rest, { data: 'digits', net: 'softmaxRegression', epochs: 2 })
  assert.ok(testAccuracy > 0.85 && testLoss < 1 && seconds > 0 && imagesPerSecond > 100)
  assert.deepEqual([backend.variant, backend.threads], ['simd', 1])
})

test('npm run train: bad words get a sentence', async () => {
  const sentences = {
    '--epochs=none': 'train: --epochs needs a whole number of at least 1 but gets "none".',
    '--data=cats': 'train: --data needs one of digits, mnist, fashion but gets "cats".',
    '--learning-rate=0': 'train: --learning-rate needs a number above 0 but gets "0".',
    '--epoch=3':
      "train: Unknown option '--epoch'. It knows --data, --net, --epochs, --batch-size, " +
      '--learning-rate, --seed, --threads, --variant, --json, --help; --help explains them.',
  }
  for (const [argument, sentence] of Object.entries(sentences)) {
    const { status, stdout, stderr } = await run('scripts/train.mjs', [argument])
    assert.deepEqual([status, stdout, stderr], [1, '', `${sentence}\n`])
  }
  const { status, stdout } = await run('scripts/train.mjs', ['--help'])
  assert.equal(status, 0)
  for (const name of [
    'data',
    'net',
    'epochs',
    'batch-size',
    'learning-rate',
    'seed',
    'threads',
    'json',
  ]) {
    assert.ok(stdout.includes(`--${name} `), name)
  }
})

test('download-mnist keeps nothing that is not MNIST, and says what failed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-mnist-'))
  try {
    const name = join(folder, 'train-images-idx3-ubyte.gz')
    writeFileSync(name, gzipSync('not MNIST'))
    const script = `globalThis.fetch = () => Promise.reject(new Error('no network'))`
    const noNetwork = `--import=data:text/javascript,${encodeURIComponent(script)}`
    const { status, stderr } = await run('scripts/download-mnist.mjs', [folder], {
      NODE_OPTIONS: noNetwork,
    })
    assert.equal(status, 1)
    const mirrors = [
      'https://storage.googleapis.com/cvdf-datasets/mnist/',
      'https://ossci-datasets.s3.amazonaws.com/mnist/',
    ]
    assert.equal(
      stderr,
      'MNIST cannot be downloaded:\n' +
        mirrors.map((mirror) => `${mirror}train-images-idx3-ubyte.gz: no network\n`).join('') +
        `Is there a network? The four files can also be fetched by hand from ${mirrors[0]} into ${folder}.\n`,
    )
    assert.equal(readFileSync(name).length, gzipSync('not MNIST').length, 'it was touched')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
