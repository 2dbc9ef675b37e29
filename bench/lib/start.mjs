// SPDX-License-Identifier: MIT
// From nothing to the first trained step of net B, batch 32: a process starts, the library loads,
// the model is made, one step is taken. And the memory that it has taken at its peak after ten more.
// For Fovea also `firstStepMs`, from the import on, in Node and in Chromium.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../../scripts/lib/shell.mjs'
import { Child } from './child.mjs'
import { contestants } from './contestants.mjs'
import { kNets } from './nets.mjs'
import { writePixels } from './pixels.mjs'
import { median } from './statistics.mjs'

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

const program = fileURLToPath(new URL('../peers/first-step-node.mjs', import.meta.url))

/** Fovea's own, in processes that are new each time: the median. */
function firstStepInNode({ command, settings }, times) {
  const [node, ...flags] = command.slice(0, -1)
  const request = JSON.stringify({ ...settings, net: kNets.B.name })
  const once = () => JSON.parse(run(node, [...flags, program, request])).ms
  return median(Array.from({ length: times }, once))
}

/** One row per contestant that trains; the median of several starts. */
export async function measureStarts({ only, quick, named, node20 }, folder, notes) {
  const pixels = join(folder, 'start')
  const fovea = await import('../../dist/node.js')
  writePixels(pixels, 'mnist', kNets.B.input, (await fovea.datasets.digits()).train)
  const rows = []
  for (const entry of contestants(only, { node20, notes: [] })) {
    if (entry.phases && !entry.phases.includes('train')) continue
    if (entry.slow && quick && !named) continue
    const starts = []
    const times = quick || entry.slow ? 1 : 5
    let firstStepMs
    try {
      for (let i = 0; i < times; ++i) starts.push(await startOnce(entry, pixels))
      if (entry.library === 'fovea') firstStepMs = firstStepInNode(entry, times)
    } catch (error) {
      notes.push(`${entry.id}: no cold start: ${error.message}.`)
      continue
    }
    const { library } = entry
    const { host } = starts[0].identity
    const coldStartMs = median(starts.map((start) => start.coldStartMs))
    const peakRssBytes = median(starts.map((start) => start.peakRssBytes))
    rows.push({ library, ...entry.settings, host, coldStartMs, peakRssBytes, firstStepMs })
  }
  return rows
}
