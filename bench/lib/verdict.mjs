// SPDX-License-Identifier: MIT
// Fovea against each peer: its best variant against the peer's best, once where everybody has one
// thread and once where everybody may have two.
import { clockOf, median, stepTimes } from './measure.mjs'

/**
 * One case from its runs, for each number of threads. The ratio is the median of the ratios of neighbouring windows:
 * above 1 Fovea is faster.
 */
export function comparisonsOf(runs, work) {
  const threadCounts = [...new Set(runs.map(({ entry }) => entry.settings.threads))].sort()
  return threadCounts.map((threads) => {
    const clock = threads === 1 ? clockOf(runs) : 'wall'
    const best = {}
    for (const run of runs) {
      const { library, settings } = run.entry
      if (settings.threads > threads) continue
      const step = median(stepTimes(run, clock))
      if (!(best[library]?.step <= step)) best[library] = { run, step }
    }
    const { net, phase, batch, data } = work
    const speeds = {}
    const ratios = {}
    for (const [library, { run, step }] of Object.entries(best)) {
      speeds[library] = (1000 * batch) / step
      if (library === 'fovea' || !best.fovea) continue
      const own = stepTimes(best.fovea.run, clock)
      const pairs = stepTimes(run, clock).map((time, window) => time / own[window])
      ratios[library] = median(pairs.filter(Number.isFinite))
    }
    const { variant, threads: used } = best.fovea?.run.entry.settings ?? {}
    const host = best.fovea?.run.entry.child.identity.host
    return {
      net,
      phase,
      batch,
      data,
      threads,
      clock,
      fovea: { variant, threads: used, host },
      speeds,
      ratios,
    }
  })
}

/** One verdict per net, phase, batch and threads: for each peer the worse of both kinds of pixels. */
export function worse(comparisons) {
  const merged = new Map()
  for (const { net, phase, batch, threads, data, ratios } of comparisons) {
    const key = [net, phase, batch, threads].join()
    const verdict = merged.get(key) ?? { net, phase, batch, threads, ratios: {}, pixels: {} }
    merged.set(key, verdict)
    for (const [library, ratio] of Object.entries(ratios)) {
      if (verdict.ratios[library] <= ratio) continue
      verdict.ratios[library] = ratio
      verdict.pixels[library] = data
    }
  }
  return [...merged.values()]
}
