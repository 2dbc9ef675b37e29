// SPDX-License-Identifier: MIT
// Fovea against the libraries that people would use instead: npm run bench -- --help
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { main, say, seconds } from '../scripts/lib/shell.mjs'
import { browserTable, kBrowsers, measureBrowsers } from './lib/browsers.mjs'
import { casesOf, measureAll, startAll } from './lib/cases.mjs'
import { floorsOf } from './lib/floors.mjs'
import { layersTables, measureLayers } from './lib/layers.mjs'
import { measureLimit } from './lib/limit.mjs'
import { downloads, machine, resultsFile } from './lib/machine.mjs'
import { kHelp, readOptions } from './lib/options.mjs'
import { prepare } from './lib/prepare.mjs'
import * as report from './lib/report.mjs'
import { measureMemory, memoryTable, scaleReport } from './lib/scale.mjs'
import { measureStarts } from './lib/start.mjs'

function print(result) {
  const { machine: from, busy, limit, rows, comparisons, verdicts, starts, notes } = result
  const load = `load ${from.load[0].toFixed(1)}, others took ${report.busyText(busy)} of a processor`
  say(`${from.cpu}, ${from.processors} processors, ${load}. ${report.netNames}.`)
  const limits = Object.entries(limit).map((pair) => pair.join(' '))
  say(`The limit, GFLOP/s: ${limits.join(', ') || 'not measured'}`)
  const inNode = rows.filter(({ host }) => !isPage(host))
  for (const part of [
    report.comparisonTable(comparisons),
    report.verdictTable(verdicts),
    report.gainTable(result.gains),
    report.latencyTable(inNode),
    browserTable(rows.filter(({ host }) => isPage(host))),
    report.shareTable(inNode, limit),
    ...layersTables(result.layers),
    result.memory.length > 0 ? memoryTable(result.memory) : '',
    report.startTable(starts),
    report.downloadTable(result.download),
    [...new Set(notes)].join('\n'),
    report.floorTable(result.floors),
  ])
    if (part) say(`\n${part}`)
}

const isPage = (host) => /^(Chromium|Firefox|WebKit)/.test(host)

/** Everything about Fovea that is not a race: its layers, its memory, its pages. What fails is noted. */
async function measureOwn(options, notes) {
  const measured = { layers: [], memory: [], pages: { rows: [], starts: [] } }
  if (!options.only.includes('fovea') || (options.quick && !options.browser)) return measured
  const names = options.browser ? kBrowsers : ['chromium']
  const parts = {
    layers: () => measureLayers(options, notes),
    memory: () => measureMemory(options),
    pages: () => measureBrowsers(names, options, notes, { startsOnly: !options.browser }),
  }
  for (const [name, measure] of Object.entries(parts))
    try {
      measured[name] = await measure()
    } catch (error) {
      notes.push(`${name}: left out: ${error.message.split('\n')[0]}`)
    }
  return measured
}

async function fullRun(options, folder) {
  const begin = performance.now()
  const notes = []
  const date = new Date()
  const from = machine()
  const cases = await casesOf(options, folder)
  const before = await measureLimit(options, notes)
  const starts = await measureStarts(options, folder, notes)
  const versions = { node: process.versions.node }
  const entries = []
  let measured
  try {
    entries.push(...(await startAll(options, notes)))
    for (const { child } of entries) versions[child.identity.library] = child.identity.version
    measured = await measureAll(entries, cases, options, notes)
  } finally {
    for (const { child } of entries) child.end()
  }
  // What the machine can do: the better of before and after.
  const limit = options.quick ? before : await measureLimit(options, notes, before)
  const { layers, memory, pages } = await measureOwn(options, notes)
  measured.rows.push(...pages.rows)
  starts.push(...pages.starts)
  const { quick, windows, windowMs } = options
  const settings = {
    quick,
    windows,
    windowMs,
    seconds: Math.round((performance.now() - begin) / 1000),
  }
  const result = { date: date.toISOString(), machine: from, versions, settings, limit }
  Object.assign(result, { ...measured, layers, memory, starts, download: downloads(), notes })
  result.floors = floorsOf(result)
  print(result)
  say(`\nMeasured in ${seconds(begin)}.`)
  const file = options.json ?? (quick ? undefined : resultsFile(date, from))
  if (file !== undefined) save(file, result)
}

/** Reports of their own: { text } for the terminal, the rest for the file. */
const kReports = {
  scale: scaleReport,
  async layers(options) {
    const notes = []
    const limit = await measureLimit(options, notes)
    const layers = await measureLayers(options, notes)
    return { text: [...layersTables(layers), ...new Set(notes)].join('\n\n'), limit, layers, notes }
  },
  async browserAlone(options) {
    const notes = []
    const { rows, starts } = await measureBrowsers(kBrowsers, options, notes)
    const text = [browserTable(rows), report.startTable(starts), [...new Set(notes)].join('\n')]
    return { text: text.join('\n\n'), rows, starts, notes }
  },
}

function save(file, result) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`)
  say(`\nWritten to ${file}`)
}

await main(async () => {
  const options = readOptions(process.argv.slice(2))
  if (options.help) return say(kHelp)
  const chosen = Object.keys(kReports).find((name) => options[name])
  if (chosen !== undefined) {
    await prepare({ ...options, only: [] })
    const { text, ...tables } = await kReports[chosen](options)
    say(text)
    if (options.json) save(options.json, { machine: machine(), ...tables })
    return
  }
  await prepare(options)
  const folder = mkdtempSync(join(tmpdir(), 'fovea-bench-'))
  try {
    await fullRun(options, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
