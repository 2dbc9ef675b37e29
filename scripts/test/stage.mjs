// SPDX-License-Identifier: MIT
// What a stage of the tests is: it prints as it goes and returns counts of passed and failed.
import { spawn } from 'node:child_process'
import { root } from '../lib/paths.mjs'
import { say } from '../lib/shell.mjs'

/** Runs a command, shows its output and returns it with the exit status. */
export function tee(command, args, { env = {}, quiet = false } = {}) {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const take = (stream) => (data) => {
      output += data
      if (!quiet) stream.write(data)
    }
    child.stdout.on('data', take(process.stdout))
    child.stderr.on('data', take(process.stderr))
    child.on('error', (error) => resolve({ status: 1, output: String(error) }))
    child.on('close', (status) => {
      if (quiet && status !== 0) process.stdout.write(output)
      resolve({ status: status ?? 1, output })
    })
  })
}

/** A check that either passes or fails as a whole. */
export async function check(command, args, options) {
  const { status } = await tee(command, args, { quiet: true, ...options })
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** Catch2's own count of test cases. */
export async function catch2(command, args, options) {
  const { status, output } = await tee(command, [...args, '--colour-mode', 'none'], options)
  const all = /All tests passed \(\d[^)]* in (\d+) test cases?\)/.exec(output)
  if (all) return { passed: Number(all[1]), failed: status === 0 ? 0 : 1 }
  const counts = /^test cases:\s*(\d+)(.*)$/m.exec(output)
  if (!counts) return { passed: 0, failed: 1, note: `stopped with status ${status}` }
  const number = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(counts[2])?.[1] ?? 0)
  const failed = number('failed')
  return {
    passed: number('passed'),
    failed: failed || (status === 0 ? 0 : 1),
    skipped: number('skipped'),
  }
}

/** node:test's own count of tests. */
export async function nodeTest(files, options) {
  const args = ['--test', '--test-reporter=spec', ...files]
  const { status, output } = await tee(process.execPath, args, options)
  const number = (word) => Number(new RegExp(`^\\S+ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
  const failed = number('fail') + number('cancelled')
  return {
    passed: number('pass'),
    failed: failed || (status === 0 ? 0 : 1),
    skipped: number('skipped'),
  }
}

export const heading = (text) => say(`\n=== ${text}`)
