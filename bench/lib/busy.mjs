// SPDX-License-Identifier: MIT
// How busy others kept the machine while something was measured: wall times and latencies mean
// little where they did. From Linux's /proc; undefined elsewhere.
import { existsSync, readFileSync } from 'node:fs'

const kTicksPerMillisecond = 0.1

/** Ticks that somebody used a processor for, the host of a virtual machine ("steal") included. */
function usedByAll() {
  const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/)
  const [user, nice, system, , , irq, softirq, steal] = ticks.map(Number)
  return user + nice + system + irq + softirq + steal
}

/** Ticks of a process and of those that it started and that have ended; 0 once it has ended itself. */
function usedBy(pid) {
  if (!existsSync(`/proc/${pid}/stat`)) return 0
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0)
}

function snapshot(pids) {
  try {
    const own = ['self', ...pids()].reduce((sum, pid) => sum + usedBy(pid), 0)
    return { at: performance.now(), others: usedByAll() - own }
  } catch {
    return undefined
  }
}

/**
 * Begins to watch; the function that it returns gives the share of one processor (0.5: half of one)
 * that others took since. `pids()`: the running processes, at any time, that are not others.
 */
export function watchOthers(pids) {
  const from = snapshot(pids)
  return () => {
    const to = snapshot(pids)
    if (from === undefined || to === undefined) return undefined
    const share = (to.others - from.others) / (kTicksPerMillisecond * (to.at - from.at))
    return Math.max(0, Math.round(100 * share) / 100)
  }
}
