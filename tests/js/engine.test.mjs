// Starting and ending the engine: variants and their reasons, own binaries, worker threads, memory.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, test } from 'node:test'
import * as fovea from 'fovea'
import { bands, bits, rejects, smallModel } from './support/small.mjs'

const { images, labels } = bands(48)
const relaxedHere = Number(process.versions.node.split('.')[0]) >= 22

afterEach(() => fovea.shutdown())

test('nothing runs before the first model, and backend says so', async () => {
  assert.equal(fovea.backend(), null)
  const model = await smallModel()
  const { variant, threads, worker, reasons } = fovea.backend()
  assert.equal(variant, relaxedHere ? 'relaxed' : 'simd')
  assert.equal(threads, Math.min(availableParallelism(), 8))
  assert.equal(worker, false)
  assert.ok(reasons.length >= 2, reasons.join(' '))
  await model.dispose()
})

test('every variant that is asked for runs, and says that it was asked for', async () => {
  for (const variant of relaxedHere ? ['scalar', 'simd', 'relaxed'] : ['scalar', 'simd']) {
    const backend = await fovea.init({ variant, threads: 1 })
    assert.deepEqual(backend, {
      variant,
      threads: 1,
      worker: false,
      reasons: [`${variant}: asked for.`, '1 thread: asked for.'],
    })
    const model = await smallModel()
    const { history } = await model.fit(images, labels, { epochs: 4 })
    assert.ok(history.loss[3] < history.loss[0])
    await fovea.shutdown()
  }
})

test('reproducible picks simd, and refuses relaxed', async () => {
  const { variant, reasons } = await fovea.init({ reproducible: true, threads: 1 })
  assert.equal(variant, 'simd')
  assert.equal(reasons[0], 'relaxed passed over: reproducible is true.')
  await fovea.shutdown()
  await rejects(
    'bad-option',
    'init: reproducible: true needs the variant simd or scalar but gets "relaxed", whose results differ ' +
      'from machine to machine.',
    () => fovea.init({ reproducible: true, variant: 'relaxed' }),
  )
})

test(
  'a variant that cannot run is refused, and the next init works',
  { skip: relaxedHere },
  async () => {
    await rejects(
      'unsupported',
      'init: the variant "relaxed" cannot run: no WebAssembly relaxed SIMD here. Use variant: \'auto\'.',
      () => fovea.init({ variant: 'relaxed' }),
    )
    assert.equal((await fovea.init({ variant: 'auto' })).variant, 'simd')
  },
)

test('scalar has no threads, and says so', async () => {
  const { threads, reasons } = await fovea.init({ variant: 'scalar', threads: 2 })
  assert.equal(threads, 1)
  assert.equal(reasons.at(-1), '1 thread: the scalar variant has none.')
})

test('init after the engine runs is refused, after shutdown it works', async () => {
  const [once, twice] = await Promise.all([fovea.init({ threads: 1 }), fovea.init({ threads: 1 })])
  assert.equal(once, twice, 'the same wish twice is one engine')
  await rejects(
    'busy',
    'init: the engine runs already, with other options. Call init before the first model, or shutdown() ' +
      'before init.',
    () => fovea.init(),
  )
  await fovea.shutdown()
  assert.equal(fovea.backend(), null)
  assert.equal((await fovea.init({ variant: 'scalar' })).variant, 'scalar')
})

test('models do not outlive their engine', async () => {
  const model = await smallModel()
  await fovea.shutdown()
  await assert.rejects(model.predict(images), { code: 'disposed' })
  const next = await smallModel()
  assert.deepEqual((await next.predict(images)).shape, [48, 3])
})

test('a binary of one’s own: bytes, module, URL and function', async () => {
  const options = { variant: 'simd', threads: 1 }
  const bytes = readFileSync(new URL('../../dist/node/simd/fovea-node.wasm', import.meta.url))
  const asked = []
  const given = [
    { wasmBinary: bytes },
    { wasmModule: new WebAssembly.Module(bytes) },
    { wasmUrl: new URL('../../dist/node/simd/fovea-node.wasm', import.meta.url) },
    {
      wasmUrl(build) {
        asked.push(build)
        return fileURLToPath(new URL(`../../dist/node/${build}/fovea-node.wasm`, import.meta.url))
      },
    },
  ]
  for (const own of given) {
    await fovea.init({ ...options, ...own })
    const model = await smallModel()
    assert.deepEqual((await model.predict(images)).shape, [48, 3])
    await fovea.shutdown()
  }
  assert.deepEqual(asked, ['simd'])
  await assert.rejects(fovea.init({ ...options, wasmBinary: Uint8Array.of(1, 2, 3) }), {
    code: 'bad-file',
    message: /^init: the WebAssembly binary does not run: CompileError: /,
  })
  await fovea.init(options)
})

test('in a worker: the same results, errors with their code, abort, pause, order of steps', async () => {
  const trained = async () => {
    const model = await smallModel()
    const steps = []
    const callback = { onBatchEnd: (_batch, { step }) => void steps.push(step) }
    await model.fit(images, labels, { epochs: 3, batchSize: 8, callbacks: [callback] })
    return [await bits(model), steps, await model.evaluate(images, labels)]
  }
  await fovea.init({ threads: 1 })
  const here = await trained()
  await fovea.shutdown()
  assert.equal((await fovea.init({ worker: true, threads: 1 })).worker, true)
  assert.deepEqual(await trained(), here)

  const model = await smallModel()
  await assert.rejects(
    model.fit(
      images,
      labels.map(() => 7),
    ),
    { code: 'bad-data', name: 'FoveaError' },
  )
  const abort = new AbortController()
  const fit = model.fit(images, labels, { epochs: 100_000, batchSize: 8, signal: abort.signal })
  const output = await model.predict(images)
  assert.deepEqual(output.shape, [48, 3], 'answered while training')
  abort.abort()
  await rejects('aborted', 'fit: stopped by its AbortSignal.', () => fit)
  let seen = 0
  for await (const step of model.train(images, labels, { epochs: 100_000, batchSize: 8 })) {
    assert.ok(step.loss > 0)
    if (++seen === 40) break
  }
  assert.equal(images.data.length, 48 * 64, 'the data is still here')
  const failing = { onBatchEnd: () => Promise.reject(new RangeError('enough')) }
  const stopped = model.fit(images, labels, { epochs: 100_000, callbacks: [failing] })
  await assert.rejects(stopped, new RangeError('enough'))
  await model.fit(images, labels)
  await model.dispose()
})

test('a step costs the listener nothing it did not ask for: a slow one slows the worker down', async () => {
  await fovea.init({ worker: true, threads: 1 })
  const model = await smallModel()
  let handled = 0
  const slow = {
    async onBatchEnd() {
      await new Promise((resolve) => setTimeout(resolve, 2))
      ++handled
    },
  }
  const fit = model.fit(images, labels, { epochs: 20, batchSize: 1, callbacks: [slow] })
  await fit
  assert.equal(handled, 20 * 48)
  await model.dispose()
})

test('shutdown during fit rejects it with disposed', async () => {
  for (const worker of [false, true]) {
    await fovea.init({ worker, threads: 1 })
    const model = await smallModel()
    const onEpochEnd = () => void fovea.shutdown()
    const fit = model.fit(images, labels, { epochs: 100_000, callbacks: [{ onEpochEnd }] })
    await assert.rejects(fit, { code: 'disposed' })
    await fovea.shutdown()
  }
})

test('init({ seed }) gives every model its own seed, the same ones again', async () => {
  const seeds = async () => {
    await fovea.init({ seed: 42, threads: 1 })
    const models = [
      await fovea.zoo.logistic(),
      await fovea.zoo.logistic(),
      await fovea.zoo.logistic(),
    ]
    const result = [models.map(({ seed }) => seed), await Promise.all(models.map(bits))]
    await fovea.shutdown()
    return result
  }
  const [first, weights] = await seeds()
  assert.equal(first[0], 42)
  assert.equal(new Set(first).size, 3)
  assert.equal(new Set(weights).size, 3)
  assert.deepEqual(await seeds(), [first, weights])
  const [one, two] = [await fovea.zoo.logistic(), await fovea.zoo.logistic()]
  assert.notEqual(one.seed, two.seed, 'without a seed it is drawn, and can be read')
  const again = await fovea.zoo.logistic({ seed: one.seed })
  assert.equal(await bits(again), await bits(one))
})

test('models that are disposed of leave the memory where it was', async () => {
  const { data, shape } = images
  const wide = fovea.tensor(data, shape)
  const make = async () => {
    const model = await fovea.zoo.mlp({ inputShape: [8, 8, 1], hidden: [2000], classes: 3 })
    await model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' })
    await model.fit(wide, labels)
    await model.predict(wide)
    await model.dispose()
  }
  assert.deepEqual(await fovea.memory(), { heapBytes: 0 })
  for (let k = 0; k < 3; ++k) await make()
  const { heapBytes } = await fovea.memory()
  for (let k = 0; k < 100; ++k) await make()
  assert.deepEqual(await fovea.memory(), { heapBytes })
})

test('ten thousand steps grow nothing', async () => {
  const model = await smallModel()
  await model.fit(images, labels, { batchSize: 5 })
  const { heapBytes } = await fovea.memory()
  const { history } = await model.fit(images, labels, { batchSize: 5, epochs: 1000 })
  assert.equal(history.loss.length, 1000)
  assert.deepEqual(await fovea.memory(), { heapBytes })
})

/** Runs a script that is given as text, and returns what it printed. */
async function evaluated(script, ...flags) {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const args = [...flags, '--input-type=module', '--eval', script]
  return (await promisify(execFile)(process.execPath, args, { cwd: root })).stdout.trim()
}

test('a script without a file runs, without threads', async () => {
  const script = `
    import * as fovea from 'fovea'
    const { threads, reasons } = await fovea.init({ threads: 2 })
    const model = await fovea.zoo.logistic()
    console.log(threads, model.countParams().total, reasons.at(-1))`
  assert.equal(
    await evaluated(script),
    '1 785 1 thread: Node runs a script without a file (--input-type), which its threads refuse.',
  )
})

test('after shutdown a model that somebody holds does not hold the memory', async () => {
  const script = `
    import * as fovea from 'fovea'
    const held = []
    for (let k = 0; k < 5; ++k) {
      await fovea.init({ threads: 1, worker: false })
      const model = await fovea.zoo.logistic()
      await model.predict(fovea.tensor(new Uint8Array(784), [28, 28, 1]))
      await fovea.zoo.mlp({ inputShape: [5000], hidden: [5000], classes: 10 }) // 100 MB of weights
      held.push(model)
      await fovea.shutdown()
      gc()
      await new Promise((resolve) => setTimeout(resolve))
    }
    gc()
    console.log(process.memoryUsage().external, held.length)`
  const [external] = (await evaluated(script, '--expose-gc')).split(' ').map(Number)
  assert.ok(external < 250e6, `${external} bytes of five engines that are no more`)
})

test('models that the garbage collector finds are freed', async () => {
  const script = `
    import * as fovea from 'fovea'
    const big = { inputShape: [1000], hidden: [1000], classes: 10 } // 4 MB of weights
    for (let k = 0; k < 150; ++k) {
      await fovea.zoo.mlp(big)
      gc()
      await new Promise((resolve) => setTimeout(resolve))
    }
    console.log((await fovea.memory()).heapBytes)`
  const heapBytes = Number(await evaluated(script, '--expose-gc'))
  assert.ok(heapBytes > 0 && heapBytes < 200e6, `${heapBytes} bytes for models of 600 MB in all`)
})
