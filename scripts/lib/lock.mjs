// SPDX-License-Identifier: MIT
// One process at a time in a folder: two that link the same file leave a broken one behind.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readText } from './stamp.mjs'

/** Works while no other process does so in the same folder; waits for it otherwise. */
export async function alone(folder, work) {
  const lock = join(folder, 'fovea-lock')
  mkdirSync(folder, { recursive: true })
  while (!take(lock)) await sleep(200)
  try {
    return await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  // A process that was killed cannot give its lock back.
  if (!runs(Number(readText(lock)))) rmSync(lock, { force: true })
  return false
}

function runs(pid) {
  if (!pid) return true // it is being written
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
