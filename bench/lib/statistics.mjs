// SPDX-License-Identifier: MIT
// What many times come to. In Node and in pages.

/** Of a sorted or unsorted list; p from 0 to 1. */
export function quantile(values, p) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? NaN
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Fewer calls say nothing of one in a hundred. */
const kEnoughCalls = 150

/**
 * The 99th percentile of calls: of each window's, and of those the median. A minute in which the machine
 * is slower makes all calls of its windows longer, which is not what makes one call in a hundred long.
 * Where no window has calls enough, all windows count as one.
 */
export function p99(windows) {
  const enough = windows.filter(({ length }) => length >= kEnoughCalls)
  const counted = enough.length > 0 ? enough : [windows.flat()]
  return median(counted.map((calls) => quantile(calls, 0.99)))
}
