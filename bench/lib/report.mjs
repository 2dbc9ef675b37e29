// SPDX-License-Identifier: MIT
// What the terminal shows. The figures themselves are in the JSON.
import { kLibraries } from './contestants.mjs'
import { kNets } from './nets.mjs'

const whole = (value) => Math.round(value).toLocaleString('en-US')

/** Columns as wide as their widest cell; the first is left-aligned. */
export function table(rows) {
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)))
  const line = (row) =>
    row.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]) : cell.padStart(widths[k]))).join('  ')
  return rows.map(line).join('\n')
}

const peersIn = (list, key) =>
  kLibraries.filter((name) =>
    list.some((each) => name !== 'fovea' && each[key][name] !== undefined),
  )
const number = (value, digits) => (value === undefined ? '-' : value.toFixed(digits))

/** How much of a processor others took. */
export const busyText = (share) => (share === undefined ? '?' : `${(100 * share).toFixed(0)} %`)

/** Fovea as it chooses itself, and each peer's best with the ratio. */
export function comparisonTable(comparisons) {
  const peers = peersIn(comparisons, 'speeds')
  const columns = peers.flatMap((name) => [name, 'ratio'])
  const head = ['images/s', 'pixels', 'threads', 'clock', 'others', 'fovea', 'variant', ...columns]
  const rows = comparisons.map(
    ({ net, phase, batch, data, threads, clock, busy, fovea, speeds, ratios }) => [
      `${net} ${phase} ${batch}`,
      data,
      String(threads),
      clock,
      busyText(busy),
      speeds.fovea === undefined ? '-' : whole(speeds.fovea),
      fovea.variant === undefined ? '-' : `${fovea.variant} x${fovea.threads}`,
      ...peers.flatMap((name) => [
        speeds[name] === undefined ? '-' : whole(speeds[name]),
        number(ratios[name], 2),
      ]),
    ],
  )
  return table([head, ...rows])
}

/** For each peer the worse ratio of both kinds of pixels. */
export function verdictTable(verdicts) {
  const peers = peersIn(verdicts, 'ratios')
  if (peers.length === 0) return ''
  const head = ['times as fast, the worse of both pixels', 'threads', ...peers]
  const rows = verdicts.map(({ net, phase, batch, threads, ratios }) => [
    `${net} ${phase} ${batch}`,
    String(threads),
    ...peers.map((name) => number(ratios[name], 2)),
  ])
  return table([head, ...rows])
}

/** Latency of a single image. */
export function latencyTable(rows) {
  const single = rows.filter(
    ({ phase, batch, data }) => phase === 'infer' && batch === 1 && data === 'mnist',
  )
  if (single.length === 0) return ''
  const body = single.map((row) => [
    `${row.net} ${row.library} ${row.variant} x${row.threads}, ${row.host}`,
    row.medianMs.toFixed(3),
    row.p99Ms.toFixed(3),
    (row.p99Ms / row.medianMs).toFixed(2),
    number(row.p99AllMs, 3),
  ])
  const head = ['one image, ms (wall)', 'median', 'p99 of a window', 'ratio', 'p99 of all calls']
  return table([head, ...body.sort()])
}

export function startTable(starts) {
  const body = starts.map((row) => [
    `${row.library} ${row.variant} x${row.threads}, ${row.host}`,
    number(row.coldStartMs, 0),
    number(row.firstStepMs, 0),
    number(row.peakRssBytes && row.peakRssBytes / 1e6, 0),
  ])
  return table([
    ['to the first trained step of B, ms', 'from nothing', 'from the import', 'peak MB'],
    ...body,
  ])
}

/** Fovea's two threads over its one. */
export function gainTable(gains) {
  if (gains.length === 0) return ''
  const body = gains.map(({ net, phase, batch, data, variant, host, gain }) => [
    `${net} ${phase} ${batch}, ${data}, ${variant}, ${host}`,
    gain.toFixed(2),
  ])
  return table([['two threads over one (wall)', 'times as fast'], ...body])
}

/** What is promised, and whether it is so. */
export function floorTable(floors) {
  const body = floors.map(({ measure, figure, floor, aim, better, met, aimMet, where }) => [
    measure,
    number(figure, figure >= 20 ? 0 : 2),
    `${better === 'less' ? 'at most' : 'at least'} ${floor}`,
    number(aim, aim === undefined || Number.isInteger(aim) ? 0 : 2),
    figure === undefined ? 'not measured' : met ? (aimMet ? 'aim met' : 'met') : 'NOT MET',
    where ?? '',
  ])
  return table([['promised', 'figure', 'floor', 'aim', '', 'the worst is'], ...body])
}

/** Fovea's share of the limit in training and inference, one thread, real pixels. */
export function shareTable(rows, limit) {
  const best = new Map()
  for (const row of rows) {
    if (row.library !== 'fovea' || row.threads !== 1 || row.data !== 'mnist') continue
    const most = limit[row.variant]
    const key = `${row.net} ${row.phase} ${row.batch}, ${row.variant}`
    if (most === undefined || best.get(key)?.gflops > row.gflops) continue
    best.set(key, { gflops: row.gflops, share: row.gflops / most })
  }
  if (best.size === 0) return ''
  const body = [...best].map(([key, { gflops, share }]) => [
    key,
    gflops.toFixed(1),
    `${(100 * share).toFixed(0)} %`,
  ])
  return table([['Fovea against the limit', 'GFLOP/s', 'share'], ...body])
}

export function downloadTable(downloads) {
  const body = Object.entries(downloads).map(([name, bytes]) => [name, (bytes / 1000).toFixed(1)])
  return table([['download', 'KB gzip'], ...body])
}

export const netNames = Object.entries(kNets)
  .map(([letter, { name }]) => `${letter} = ${name}`)
  .join(', ')
