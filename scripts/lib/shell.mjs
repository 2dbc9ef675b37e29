// SPDX-License-Identifier: MIT
// Running commands and speaking to the terminal. Commands are quiet while they succeed; when one
// fails, the end of what it printed becomes the error, without addresses of package mirrors.
import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A failure that is told in one sentence, without a stack. */
export class PlainError extends Error {}

export const say = (text) => process.stdout.write(`${text}\n`)

/** Runs a main function; a plain error ends the process with its sentence. */
export async function main(work) {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof PlainError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

const withoutAddresses = (text) => text.replace(/https?:\/\/[^\s/]+/g, 'https://...')

/** Runs a command quietly and returns what it printed. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
    env: { ...process.env, ...options.env },
  })
  if (result.error) throw new PlainError(`${command} cannot be run: ${result.error.message}`)
  if (result.status !== 0) {
    const printed = `${result.stdout}${result.stderr}`.trim().split('\n').slice(-40).join('\n')
    const line = [command, ...args].join(' ').slice(0, 200)
    throw new PlainError(withoutAddresses(`failed: ${line}\n${printed}`))
  }
  return result.stdout
}

/** Like run, in the background, for work that can go side by side. */
export function runAsync(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    let printed = ''
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
      env: { ...process.env, ...options.env },
    })
    child.stdout.on('data', (data) => (printed += data))
    child.stderr.on('data', (data) => (printed += data))
    child.on('error', (error) =>
      reject(new PlainError(`${command} cannot be run: ${error.message}`)),
    )
    child.on('close', (status) => {
      if (status === 0) return resolve(printed)
      const line = [command, ...args].join(' ').slice(0, 200)
      reject(new PlainError(withoutAddresses(`failed: ${line}\n${printed.slice(-6000).trim()}`)))
    })
  })
}

/** Runs a command whose output goes straight to the terminal; returns its exit status. */
export function show(command, args, options = {}) {
  const result = spawnSync(command, args, {
    stdio: 'inherit',
    ...options,
    env: { ...process.env, ...options.env },
  })
  return result.status ?? 1
}

/** The path of a program on PATH, or undefined. */
export function which(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (!folder) continue
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      if (statSync(path).isFile()) return path
    } catch {
      continue
    }
  }
  return undefined
}

export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(0)} s`
