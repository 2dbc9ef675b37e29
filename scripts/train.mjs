// SPDX-License-Identifier: MIT
// Trains a network in the terminal: npm run train -- --data digits --net torchMnist --epochs 5
// Sets up and builds first whatever is missing.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const kHelp = `npm run train -- [options]

  --data NAME           digits (10,000 digits, comes with the project), mnist or fashion. Default digits.
                        mnist reads the folder in FOVEA_DATA_DIR or data/mnist
                        (node scripts/download-mnist.mjs fills it); fashion the folder in
                        FOVEA_FASHION_DIR, data/fashion or Debian's dataset-fashion-mnist.
  --net NAME            torchMnist, kerasMnist, softmaxRegression or mlp. Default torchMnist.
  --epochs N            Default 5.
  --batch-size N        Default 32.
  --learning-rate X     Adam's step size. Default 0.001.
  --seed N              Decides initial weights, shuffling and dropout. Default 1.
  --threads N           Default: one per processor, at most 8.
  --variant NAME        scalar, simd or relaxed. Default: the fastest that runs here.
  --json                One line of JSON at the end.
  --help                This text.
`

const kNets = ['torchMnist', 'kerasMnist', 'softmaxRegression', 'mlp']
/** Networks whose last layer gives logits. */
const kLogits = ['torchMnist']

class Usage extends Error {}

function readOptions() {
  const text = { type: 'string' }
  const names = [
    'data',
    'net',
    'epochs',
    'batch-size',
    'learning-rate',
    'seed',
    'threads',
    'variant',
  ]
  const flags = { json: { type: 'boolean' }, help: { type: 'boolean' } }
  const options = { ...Object.fromEntries(names.map((name) => [name, text])), ...flags }
  let values
  try {
    values = parseArgs({ options, strict: true }).values
  } catch (error) {
    const known = Object.keys(options).map((name) => `--${name}`)
    const sentence = error.message.split('. To specify')[0].replace(/\.$/, '')
    throw new Usage(`train: ${sentence}. It knows ${known.join(', ')}; --help explains them.`)
  }
  const variants = ['scalar', 'simd', 'relaxed']
  return {
    help: values.help === true,
    json: values.json === true,
    data: oneOf('data', values.data ?? 'digits', ['digits', 'mnist', 'fashion']),
    net: oneOf('net', values.net ?? 'torchMnist', kNets),
    epochs: whole('epochs', values.epochs ?? '5', 1),
    batchSize: whole('batch-size', values['batch-size'] ?? '32', 1),
    learningRate: positive('learning-rate', values['learning-rate'] ?? '0.001'),
    seed: whole('seed', values.seed ?? '1', 0),
    threads: values.threads === undefined ? 'auto' : whole('threads', values.threads, 1),
    variant: values.variant === undefined ? 'auto' : oneOf('variant', values.variant, variants),
  }
}

function oneOf(name, value, known) {
  if (known.includes(value)) return value
  throw new Usage(`train: --${name} needs one of ${known.join(', ')} but gets "${value}".`)
}

function whole(name, value, least) {
  const number = Number(value)
  if (value !== '' && Number.isSafeInteger(number) && number >= least) return number
  throw new Usage(`train: --${name} needs a whole number of at least ${least} but gets "${value}".`)
}

function positive(name, value) {
  const number = Number(value)
  if (Number.isFinite(number) && number > 0) return number
  throw new Usage(`train: --${name} needs a number above 0 but gets "${value}".`)
}

/** Runs another script of the project; says nothing where there is nothing to do. */
async function step(name) {
  const child = spawn(process.execPath, [join(root, 'scripts', name)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  for await (const line of createInterface({ input: child.stdout })) {
    if (!/everything is (in place|up to date)/.test(line)) process.stderr.write(`${line}\n`)
  }
  const [status] = await ended
  if (status !== 0) process.exit(status ?? 1)
}

function loadData(fovea, name) {
  if (name === 'digits') return fovea.datasets.digits()
  const [variable, ...folders] =
    name === 'mnist'
      ? ['FOVEA_DATA_DIR', join(root, 'data/mnist')]
      : ['FOVEA_FASHION_DIR', join(root, 'data/fashion'), '/usr/share/datasets/fashion-mnist']
  const source = process.env[variable] || folders.find((folder) => existsSync(folder))
  const read = name === 'mnist' ? fovea.datasets.mnist : fovea.datasets.fashionMnist
  return read(source === undefined ? {} : { source })
}

async function train(options) {
  const fovea = await import('fovea')
  const { data, net, epochs, batchSize, learningRate, seed, threads, variant } = options
  const { train: training, test } = await loadData(fovea, data)
  const backend = await fovea.init({ variant, threads, seed })
  const model = await fovea.zoo[net]({ seed })
  const count = model.countParams().total.toLocaleString('en-US')
  const say = (text) => process.stdout.write(`${text}\n`)
  say(`${net}: ${count} weights, ${training.labels.length} ${data} to train, seed ${seed}`)
  const threadWord = backend.threads === 1 ? 'thread' : 'threads'
  say(`${backend.variant}, ${backend.threads} ${threadWord}. ${backend.reasons.join(' ')}`)

  const loss = fovea.losses.sparseCategoricalCrossentropy({ fromLogits: kLogits.includes(net) })
  const optimizer = fovea.optimizers.adam({ learningRate })
  await model.compile({ optimizer, loss, metrics: ['accuracy'] })
  const start = performance.now()
  const fit = { batchSize, epochs, verbose: 1, validationData: test }
  const history = await model.fit(training.images, training.labels, fit)
  const seconds = (performance.now() - start) / 1000
  const images = history.imagesPerSecond
  const imagesPerSecond = images.length / images.reduce((sum, rate) => sum + 1 / rate, 0)
  const { loss: testLoss, accuracy: testAccuracy } = await model.evaluate(test, { batchSize: 128 })
  say(
    `Test loss ${testLoss.toFixed(4)}, test accuracy ${(testAccuracy * 100).toFixed(2)} %, ` +
      `${seconds.toFixed(1)} s, ${Math.round(imagesPerSecond)} images/s`,
  )
  if (options.json) {
    const result = { data, net, epochs, testLoss, testAccuracy, seconds, imagesPerSecond, backend }
    say(JSON.stringify(result))
  }
  await model.dispose()
  await fovea.shutdown()
}

try {
  const options = readOptions()
  if (options.help) {
    process.stdout.write(kHelp)
  } else {
    await step('setup.mjs')
    await step('build.mjs')
    await train(options)
  }
} catch (error) {
  const plain = error instanceof Usage || error?.name === 'FoveaError'
  process.stderr.write(`${plain ? error.message : error.stack}\n`)
  process.exitCode = 1
}
