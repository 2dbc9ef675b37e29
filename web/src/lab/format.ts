// SPDX-License-Identifier: MIT
// Numbers as people read them: with units, and no more digits than mean something.

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** 0.974 -> "97.4 %". Never 100 % unless all of them are. */
export function percent(share: number, digits = 1): string {
  const scale = 10 ** digits
  const rounded = Math.round(share * 100 * scale) / scale
  const shown = rounded >= 100 && share < 1 ? 100 - 1 / scale : rounded
  return `${shown.toFixed(digits)} %`
}

export function milliseconds(value: number): string {
  if (value < 1) return `${value.toFixed(2)} ms`
  return value < 10 ? `${value.toFixed(1)} ms` : `${whole(value)} ms`
}

/** 75 -> "1 min 15 s". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–'
  const all = Math.ceil(seconds)
  if (all < 60) return `${all} s`
  const minutes = Math.floor(all / 60)
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  return `${minutes} min ${all % 60} s`
}

/** 12000 -> "12 k", for the axis of a chart. */
export function thousands(value: number): string {
  return value >= 1000 ? `${(value / 1000).toLocaleString('en-US')} k` : String(value)
}

/** A number of a computation: two decimals, a true minus sign. */
export function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits)
  return value < 0 && Number(text) !== 0 ? `−${text}` : text
}
