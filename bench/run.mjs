// SPDX-License-Identifier: MIT
// Fovea against the libraries that people would use instead: npm run bench -- --help
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { main, say, seconds } from '../scripts/lib/shell.mjs'
import { browserReport } from './lib/browsers.mjs'
import { Child } from './lib/child.mjs'
import { contestants } from './lib/contestants.mjs'
import { layersReport } from './lib/layers.mjs'
import { downloads, machine, resultsFile } from './lib/machine.mjs'
import { clockOf, measureCase, rowOf } from './lib/measure.mjs'
import { kNets } from './lib/nets.mjs'
import { kHelp, readOptions } from './lib/options.mjs'
import { writePixels } from './lib/pixels.mjs'
import { prepare, runProgram } from './lib/prepare.mjs'
import * as report from './lib/report.mjs'
import { scaleReport } from './lib/scale.mjs'
import { measureStarts } from './lib/start.mjs'
import { comparisonsOf, worse } from './lib/verdict.mjs'

/** A quick run drops the cases that it has no time left for. */
const kQuickMilliseconds = 80_000

/** The cases, and the files with their pixels. */
async function casesOf({ nets, quick }, folder) {
  const fovea = await import('../dist/node.js')
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
function takesPart({ phases, slow }, { phase, batch, data }) {
  if (phases && !phases.includes(phase)) return false
  return !slow || (data === 'mnist' && batch <= 32)
}

async function startAll(options, notes) {
  const entries = []
  for (const entry of contestants(options.only, { quick: options.quick, notes })) {
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

async function measureAll(entries, cases, options, notes) {
  const begin = performance.now()
  const rows = []
  const comparisons = []
  for (const [index, work] of cases.entries()) {
    if (options.quick && performance.now() - begin > kQuickMilliseconds) {
      notes.push(`The last ${cases.length - index} cases were left out: no time, with --quick.`)
      break
    }
    const some = entries.filter((entry) => takesPart(entry, work))
    const runs = await measureCase(some, work, options, notes)
    const clock = clockOf(runs)
    rows.push(...runs.map((run) => rowOf(run, work, clock)))
    comparisons.push(...comparisonsOf(runs, work))
    const { net, phase, batch, data } = work
    process.stderr.write(`bench: ${net} ${phase} ${batch}, ${data}: ${seconds(begin)}\n`)
  }
  return { rows, comparisons, verdicts: worse(comparisons) }
}

async function measureLimit(options, notes) {
  const limit = {}
  for (const variant of ['simd', 'relaxed']) {
    const printed = await runProgram('fovea_limit', variant, options).catch((error) => {
      notes.push(`limit, ${variant}: ${error.message.split('\n')[0]}`)
    })
    if (printed) limit[variant] = JSON.parse(printed).gflops
    else notes.push(`limit, ${variant}: left out, it is not built here.`)
  }
  return limit
}

function print(result) {
  const { machine: from, limit, rows, comparisons, verdicts, starts, download, notes } = result
  say(
    `${from.cpu}, ${from.processors} processors, load ${from.load[0].toFixed(1)}. ${report.netNames}.`,
  )
  say(
    'The limit, GFLOP/s: ' +
      (Object.entries(limit)
        .map((pair) => pair.join(' '))
        .join(', ') || 'not measured'),
  )
  for (const part of [
    report.comparisonTable(comparisons),
    report.verdictTable(verdicts),
    report.latencyTable(rows),
    report.shareTable(rows, limit),
    report.startTable(starts),
    report.downloadTable(download),
    [...new Set(notes)].join('\n'),
  ])
    if (part) say(`\n${part}`)
}

/** A report of its own: text for the terminal, the rest for the file. */
async function printed(options, reportOf) {
  await prepare({ ...options, only: [] })
  const { text, ...tables } = await reportOf(options)
  say(text)
  if (options.json) save(options.json, { machine: machine(), ...tables })
}

function save(file, result) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`)
  say(`\nWritten to ${file}`)
}

await main(async () => {
  const options = readOptions(process.argv.slice(2))
  if (options.help) return say(kHelp)
  if (options.layers) return say(await layersReport(options))
  if (options.scale) return printed(options, scaleReport)
  if (options.browser) return printed(options, browserReport)
  await prepare(options)
  const date = new Date()
  const folder = mkdtempSync(join(tmpdir(), 'fovea-bench-'))
  const notes = []
  const entries = []
  try {
    const from = machine()
    const cases = await casesOf(options, folder)
    const limit = await measureLimit(options, notes)
    const starts = await measureStarts(options, folder, notes)
    entries.push(...(await startAll(options, notes)))
    const identities = entries.map(({ child }) => child.identity)
    const versions = { node: process.versions.node }
    for (const { library, version } of identities) versions[library] = version
    const measured = await measureAll(entries, cases, options, notes)
    const { quick, windows, windowMs } = options
    const settings = { quick, windows, windowMs }
    const result = { date: date.toISOString(), machine: from, versions, settings, limit }
    Object.assign(result, { ...measured, starts, download: downloads(), notes })
    print(result)
    const file = options.json ?? (quick ? undefined : resultsFile(date, from))
    if (file === undefined) return
    save(file, result)
  } finally {
    for (const { child } of entries) child.end()
    rmSync(folder, { recursive: true, force: true })
  }
})
