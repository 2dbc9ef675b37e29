// SPDX-License-Identifier: MIT
// The cases (net, phase, batch, pixels), and all contestants in each of them.
import { join } from 'node:path'
import { seconds } from '../../scripts/lib/shell.mjs'
import { watchOthers } from './busy.mjs'
import { Child } from './child.mjs'
import { contestants } from './contestants.mjs'
import { clockOf, measureCase, rowOf } from './measure.mjs'
import { kNets } from './nets.mjs'
import { writePixels } from './pixels.mjs'
import { busyText } from './report.mjs'
import { comparisonsOf, gainsOf, worse } from './verdict.mjs'

/** A quick run drops the cases that it has no time left for. */
const kQuickMilliseconds = 80_000

/** The cases, and the files with their pixels. */
export async function casesOf({ nets, quick }, folder) {
  const fovea = await import('../../dist/node.js')
  const { train: digits } = await fovea.datasets.digits()
  const cases = []
  for (const net of nets)
    for (const data of quick ? ['mnist'] : ['mnist', 'random']) {
      const pixels = join(folder, `${net}-${data}`)
      writePixels(pixels, data, kNets[net].input, digits)
      const batches = { train: quick ? [32] : [32, 128], infer: quick ? [1, 32] : [1, 32, 128] }
      for (const phase of ['train', 'infer'])
        for (const batch of batches[phase]) cases.push({ net, phase, batch, data, pixels })
    }
  return cases
}

/** Whether a contestant takes part in a case. */
function takesPart({ phases, batches, data }, work) {
  const among = (list, value) => list === undefined || list.includes(value)
  return among(phases, work.phase) && among(batches, work.batch) && among(data, work.data)
}

/** The contestants with their processes; `notes` hears of those that do not start. */
export async function startAll(options, notes) {
  const entries = []
  for (const entry of contestants(options.only, { node20: options.node20, notes })) {
    if (entry.slow && options.quick && !options.named) {
      notes.push(`${entry.id}: too slow for --quick; name it with --only.`)
      continue
    }
    try {
      entries.push({ ...entry, child: await Child.start(entry) })
    } catch (error) {
      notes.push(`${entry.id}: does not start: ${error.message}.`)
    }
  }
  return entries
}

/** { rows, comparisons, verdicts, gains, busy } of all cases. */
export async function measureAll(entries, cases, options, notes) {
  const begin = performance.now()
  const pids = () => entries.map(({ child }) => child.process.pid)
  const othersInAll = watchOthers(pids)
  const rows = []
  const comparisons = []
  const gains = []
  for (const [index, work] of cases.entries()) {
    if (options.quick && performance.now() - begin > kQuickMilliseconds) {
      notes.push(`The last ${cases.length - index} cases were left out: no time, with --quick.`)
      break
    }
    const some = entries.filter((entry) => takesPart(entry, work))
    const others = watchOthers(pids)
    const runs = await measureCase(some, work, options, notes)
    const busy = others()
    const racing = runs.filter(({ entry }) => !entry.yardstick)
    const clock = clockOf(racing)
    rows.push(...runs.map((run) => ({ ...rowOf(run, work, clock), busy })))
    comparisons.push(...comparisonsOf(racing, { ...work, busy }))
    gains.push(...gainsOf(runs, { ...work, busy }))
    const { net, phase, batch, data } = work
    process.stderr.write(
      `bench: ${net} ${phase} ${batch}, ${data}: ${seconds(begin)}, others ${busyText(busy)}\n`,
    )
  }
  return { rows, comparisons, verdicts: worse(comparisons), gains, busy: othersInAll() }
}
