// SPDX-License-Identifier: MIT
// Fovea against each peer: its best variant against the peer's best, once where everybody has one
// thread and once where everybody may have two.
import { clockOf, median, stepTimes } from './measure.mjs'

/**
 * Verdicts of one case from its runs. The ratio is the median of the ratios of neighbouring windows:
 * above 1 Fovea is faster.
 */
export function verdictsOf(runs, work) {
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

/** One verdict per net, phase, batch and threads: the worse ratio of random and real pixels. */
export function worse(verdicts) {
  const merged = new Map()
  for (const verdict of verdicts) {
    const { net, phase, batch, threads } = verdict
    const key = [net, phase, batch, threads].join()
    const other = merged.get(key)
    if (!other) {
      const pixels = Object.fromEntries(
        Object.keys(verdict.ratios).map((name) => [name, verdict.data]),
      )
      merged.set(key, {
        ...verdict,
        ratios: { ...verdict.ratios },
        speeds: { ...verdict.speeds },
        pixels,
      })
      continue
    }
    for (const [library, ratio] of Object.entries(verdict.ratios)) {
      if (other.ratios[library] <= ratio) continue
      other.ratios[library] = ratio
      other.pixels[library] = verdict.data
    }
    for (const [library, speed] of Object.entries(verdict.speeds))
      other.speeds[library] = Math.min(speed, other.speeds[library] ?? speed)
  }
  return [...merged.values()].map(({ data: _, ...rest }) => rest)
}
