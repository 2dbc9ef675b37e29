// SPDX-License-Identifier: MIT
// Fovea as it chooses its variant itself against each peer's best, once where everybody has one
// thread and once where everybody may have two; and Fovea's threads against itself.
import { clockOf, stepTimes } from './measure.mjs'
import { median } from './statistics.mjs'

/** The median of the ratios of neighbouring windows. */
function ratioOf(slower, faster, clock) {
  const own = stepTimes(faster, clock)
  return median(
    stepTimes(slower, clock)
      .map((time, window) => time / own[window])
      .filter(Number.isFinite),
  )
}

/** What Fovea takes by itself where it may choose; undefined where that is not measured. */
const chosen = (runs, threads) =>
  runs.find(({ entry: { library, settings } }) => {
    return library === 'fovea' && settings.variant === 'relaxed' && settings.threads === threads
  })

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
    const own = chosen(runs, threads) ?? best.fovea?.run
    if (own) best.fovea = { run: own, step: median(stepTimes(own, clock)) }
    const { net, phase, batch, data, busy } = work
    const speeds = {}
    const ratios = {}
    for (const [library, { run, step }] of Object.entries(best)) {
      speeds[library] = (1000 * batch) / step
      if (library !== 'fovea' && own) ratios[library] = ratioOf(run, own, clock)
    }
    const { variant, threads: used } = own?.entry.settings ?? {}
    const fovea = { variant, threads: used, host: own?.entry.child.identity.host }
    return { net, phase, batch, data, threads, clock, busy, fovea, speeds, ratios }
  })
}

/** How many times as fast each of Fovea's variants is with two threads as with one, by the wall's clock. */
export function gainsOf(runs, work) {
  const { net, phase, batch, data, busy } = work
  const own = runs.filter(({ entry }) => entry.library === 'fovea')
  return own
    .filter(({ entry }) => entry.settings.threads > 1)
    .flatMap((many) => {
      const { variant, threads } = many.entry.settings
      const { host } = many.entry.child.identity
      const one = own.find(
        ({ entry: { settings, child } }) =>
          settings.threads === 1 && settings.variant === variant && child.identity.host === host,
      )
      if (one === undefined) return []
      const gain = ratioOf(one, many, 'wall')
      return [{ net, phase, batch, data, variant, host, threads, busy, gain }]
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
