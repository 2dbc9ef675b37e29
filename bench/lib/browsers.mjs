// SPDX-License-Identifier: MIT
// npm run bench -- --browser: Fovea in pages of Chromium, Firefox and WebKit, isolated so that threads
// may run, served on loopback. An engine that is not on the machine is left out with a note.
import { fileURLToPath } from 'node:url'
import { serve } from '../../tests/browser/server.mjs'
import { kEngines } from './engines.mjs'
import { kNets } from './nets.mjs'
import { table } from './report.mjs'
import { median } from './statistics.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** An engine that hangs must not hang the benchmark. */
function within(promise, seconds = 90) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${seconds} s`)), 1000 * seconds)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

function cases({ nets, quick }) {
  const list = []
  for (const variant of ['simd', 'relaxed'])
    for (const threads of quick ? [1] : [1, 2])
      for (const net of nets)
        for (const [phase, batch] of quick
          ? [['train', 32]]
          : [
              ['train', 32],
              ['train', 128],
              ['infer', 1],
              ['infer', 32],
              ['infer', 128],
            ])
          list.push({ variant, threads, net, phase, batch })
  return list
}

const asked = (work) => ({ ...work, net: kNets[work.net].name, softmax: kNets[work.net].softmax })

/** Asks a new page, so that nothing of an earlier one is warm. */
async function inPage({ engine, url }, name, request) {
  const { variant, threads, net, phase = 'first step', batch = 32 } = request
  const what = `${net} ${phase} ${batch}, ${variant} x${threads}`
  process.stderr.write(`bench: ${engine.host}: ${what}\n`)
  if (name === 'start' && engine.askAlone) return within(engine.askAlone(url, name, request))
  const page = await within(engine.open(url))
  try {
    return await within(page.ask(name, request))
  } finally {
    await within(page.close())
  }
}

const reason = (error) => error.message.split('\n')[0]

/** Fovea's first steps in one engine: a row per variant with the median of several. */
async function measureStarts(place, { quick }, notes) {
  const { host } = place.engine
  const starts = []
  for (const variant of ['simd', 'relaxed']) {
    const request = asked({ variant, threads: 1, net: 'B' })
    const times = []
    try {
      for (let i = 0; i < (quick ? 3 : 9); ++i) times.push(await inPage(place, 'start', request))
      starts.push({ library: 'fovea', variant, threads: 1, host, firstStepMs: median(times) })
    } catch (error) {
      notes.push(`fovea ${variant} ${host}: no cold start: ${reason(error)}`)
    }
  }
  return starts
}

async function measureRows(place, options, notes) {
  const { host } = place.engine
  const { windows, windowMs } = options
  const rows = []
  for (const work of cases(options)) {
    try {
      const measured = await inPage(place, 'measure', { ...asked(work), windows, windowMs })
      rows.push({ library: 'fovea', ...work, host, data: 'random', clock: 'wall', ...measured })
    } catch (error) {
      const { variant, threads, net, phase, batch } = work
      const name = `fovea ${variant} x${threads} ${host}`
      notes.push(`${name}: left out of ${phase} ${net} ${batch}: ${reason(error)}`)
    }
  }
  return rows
}

/**
 * { rows, starts } of these engines; `startsOnly` leaves the rows empty. `notes` hears of engines and
 * cases that were left out.
 */
export async function measureBrowsers(names, options, notes, { startsOnly = false } = {}) {
  const rows = []
  const starts = []
  const server = await serve(root)
  try {
    for (const name of names) {
      let engine
      try {
        engine = await within(kEngines[name]())
      } catch (error) {
        notes.push(`${name}: left out: ${reason(error)}`)
        continue
      }
      const place = { engine, url: `${server.url}bench/peers/browser.html` }
      try {
        starts.push(...(await measureStarts(place, options, notes)))
        if (!startsOnly) rows.push(...(await measureRows(place, options, notes)))
      } finally {
        await within(engine.close()).catch(() => {})
      }
    }
  } finally {
    await server.close()
  }
  return { rows, starts }
}

export const kBrowsers = Object.keys(kEngines)

/** Speeds in pages; empty where there are none. */
export function browserTable(rows) {
  const body = rows.map((row) => [
    `${row.net} ${row.phase} ${row.batch}`,
    row.host,
    `${row.variant} x${row.threads}`,
    Math.round(row.imagesPerSecond).toLocaleString('en-US'),
    row.medianMs.toFixed(3),
    row.p99Ms.toFixed(3),
  ])
  if (body.length === 0) return ''
  return table([['fovea', 'host', 'variant', 'images/s', 'median ms', 'p99 ms'], ...body])
}
