// SPDX-License-Identifier: MIT
// Measures one case (net, phase, batch, pixels) for all contestants. Their windows are interleaved:
// a machine that slows down slows everybody, and ratios are taken window by window.
import { Child } from './child.mjs'
import { operations, kNets } from './nets.mjs'
import { median, p99, quantile } from './statistics.mjs'

/** Warm-up ends after so long at the least: V8 compiles wasm twice. */
const warmUp = (settings) => (settings.quick ? 60 : 250)

/** Who takes longer than so many windows for one batch gets `slowWindows` of one batch each. */
const kSlow = 5

/** Runs until warm; gives how many steps fill a window, and how many windows there shall be. */
async function calibrate({ child, slow }, settings) {
  const { windowMs, windows, slowWindows } = settings
  let steps = 1
  let spent = 0
  for (let call = 0; ; ++call) {
    const { ms } = await child.call('window', { steps })
    spent += ms
    const wanted = Math.max(1, Math.ceil((steps * windowMs * 1.1) / ms))
    // The first call may have compiled or allocated: of who is not known to be slow it says little.
    if (spent > warmUp(settings) && (slow || call > 0)) {
      const few = ms > kSlow * windowMs * steps
      return { steps: wanted, windows: few ? Math.min(slowWindows, windows) : windows }
    }
    steps = Math.min(wanted, 4 * steps)
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Prepares a contestant for a case, and tells it how long the quickest of those before it takes;
 * undefined, and a note, where it cannot.
 */
async function enter(entry, work, settings, runs, notes) {
  try {
    const { net, phase, batch, pixels } = work
    if (entry.fresh && entry.child.used) {
      entry.child.end()
      entry.child = await Child.start(entry)
    }
    entry.child.used = true
    const stepMs = Math.min(...runs.map(({ steps }) => settings.windowMs / steps))
    await entry.child.call('prepare', { net, phase, batch, pixels, stepMs })
    const size = await calibrate(entry, settings)
    return { entry, ...size, walls: [], cpus: [], times: [] }
  } catch (error) {
    drop(entry, work, error, notes)
    return undefined
  }
}

function drop(entry, { net, phase, batch, data }, error, notes) {
  notes.push(`${entry.id}: left out of ${phase} ${net} batch ${batch}, ${data}: ${error.message}.`)
}

/**
 * All windows of a case: a list of { entry, steps, walls, cpus, times }: of each window milliseconds per
 * step, by both clocks, and of each call.
 */
export async function measureCase(entries, work, settings, notes) {
  const runs = []
  for (const entry of entries) {
    const run = await enter(entry, work, settings, runs, notes)
    if (run) runs.push(run)
  }
  for (let window = 0; window < settings.windows; ++window) {
    for (const run of [...runs]) {
      if (window >= run.windows) continue
      try {
        const { ms, cpuMs, times } = await run.entry.child.call('window', { steps: run.steps })
        run.walls.push(ms / run.steps)
        run.cpus.push(cpuMs / run.steps)
        if (times.length > 0) run.times.push(times)
        if (run.entry.restMs) await pause(run.entry.restMs)
      } catch (error) {
        drop(run.entry, work, error, notes)
        runs.splice(runs.indexOf(run), 1)
      }
    }
  }
  return runs
}

/**
 * The clock for contestants with one thread: their own processor time where they had to wait for a
 * processor, since another program's work is not theirs; otherwise the wall's.
 */
export function clockOf(runs) {
  const single = runs.filter(({ entry }) => entry.settings.threads === 1)
  const waited = single.some(({ walls, cpus }) => median(walls) > 1.05 * median(cpus))
  return waited ? 'cpu' : 'wall'
}

export const stepTimes = (run, clock) => (clock === 'cpu' ? run.cpus : run.walls)

/**
 * The row of one contestant in the results. `clock` is that of imagesPerSecond; medianMs, p99Ms (the
 * median of the windows') and p99AllMs (of all windows at once) are of single calls by the wall's.
 */
export function rowOf(run, work, singleClock) {
  const { entry, walls, cpus, times } = run
  const { net, phase, batch, data } = work
  const { library, settings } = entry
  const clock = settings.threads === 1 ? singleClock : 'wall'
  const steps = stepTimes(run, clock)
  const step = median(steps)
  const windows = times.length > 0 ? times : [walls]
  const calls = windows.flat()
  return {
    library,
    ...settings,
    host: entry.child.identity.host,
    net,
    phase,
    batch,
    data,
    imagesPerSecond: (1000 * batch) / step,
    bestImagesPerSecond: (1000 * batch) / Math.min(...steps),
    medianMs: median(calls),
    p99Ms: p99(windows),
    p99AllMs: quantile(calls, 0.99),
    clock,
    stepMs: { wall: median(walls), cpu: median(cpus) },
    gflops: (batch * operations(kNets[net], phase)) / (1e6 * step),
    windows: walls.length,
    steps: run.steps,
  }
}
