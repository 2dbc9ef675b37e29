// SPDX-License-Identifier: MIT
// From nothing to the first trained step of net B, batch 32: a process starts, the library loads,
// the model is made, one step is taken. And the memory that it has taken at its peak after ten more.
import { join } from 'node:path'
import { Child } from './child.mjs'
import { contestants } from './contestants.mjs'
import { median } from './measure.mjs'
import { kNets } from './nets.mjs'
import { writePixels } from './pixels.mjs'

async function startOnce(entry, pixels) {
  const begin = performance.now()
  const child = await Child.start(entry)
  try {
    await child.call('prepare', { net: 'B', phase: 'train', batch: 32, pixels })
    await child.call('window', { steps: 1 })
    const coldStartMs = performance.now() - begin
    if (!entry.slow) await child.call('window', { steps: 10 })
    return { identity: child.identity, coldStartMs, ...(await child.call('memory')) }
  } finally {
    child.end()
  }
}

/** One row per contestant that trains; the median of several starts. */
export async function measureStarts({ only, quick, named }, folder, notes) {
  const pixels = join(folder, 'start')
  const fovea = await import('../../dist/node.js')
  writePixels(pixels, 'mnist', kNets.B.input, (await fovea.datasets.digits()).train)
  const rows = []
  for (const entry of contestants(only, { quick, notes: [] })) {
    if (entry.phases && !entry.phases.includes('train')) continue
    if (entry.slow && quick && !named) continue
    const starts = []
    try {
      for (let i = 0; i < (quick || entry.slow ? 1 : 5); ++i)
        starts.push(await startOnce(entry, pixels))
    } catch (error) {
      notes.push(`${entry.id}: no cold start: ${error.message}.`)
      continue
    }
    const { library } = entry
    const { host } = starts[0].identity
    const coldStartMs = median(starts.map((start) => start.coldStartMs))
    const peakRssBytes = median(starts.map((start) => start.peakRssBytes))
    rows.push({ library, ...entry.settings, host, coldStartMs, peakRssBytes })
  }
  return rows
}
