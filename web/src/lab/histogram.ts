// SPDX-License-Identifier: MIT
// How numbers lie around zero: counts in bins of equal width, as many on either side.

export interface Histogram {
  /** Shares of the largest bin, from the most negative to the most positive. */
  bins: number[]
  /** The outer edge: bins go from -limit to limit. */
  limit: number
  mean: number
  standardDeviation: number
}

const kBins = 41

export function histogram(values: ArrayLike<number>): Histogram {
  let limit = 0
  let sum = 0
  let squares = 0
  for (let i = 0; i < values.length; ++i) {
    const value = values[i] ?? 0
    limit = Math.max(limit, Math.abs(value))
    sum += value
    squares += value * value
  }
  const counts = new Array<number>(kBins).fill(0)
  for (let i = 0; i < values.length; ++i) {
    const share = limit > 0 ? ((values[i] ?? 0) / limit + 1) / 2 : 0.5
    const bin = Math.min(kBins - 1, Math.floor(share * kBins))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  const most = Math.max(1, ...counts)
  const mean = sum / Math.max(1, values.length)
  const variance = squares / Math.max(1, values.length) - mean * mean
  return {
    bins: counts.map((count) => count / most),
    limit,
    mean,
    standardDeviation: Math.sqrt(Math.max(0, variance)),
  }
}
