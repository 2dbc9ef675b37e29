// SPDX-License-Identifier: MIT
// The page's two scales of colour, made from the style sheet's tokens so that they follow the theme.
// Signed values: blue below zero, orange above, the ground at zero. Magnitudes: from ground to ink.

export type Rgb = readonly [number, number, number]
export type ScaleName = 'signed' | 'magnitude'

export interface Palette {
  ground: Rgb
  ink: Rgb
  negative: Rgb
  positive: Rgb
}

const kTokens = {
  ground: '--raised',
  ink: '--ink',
  negative: '--negative',
  positive: '--positive',
} as const

const kLight: Palette = {
  ground: [255, 255, 255],
  ink: [27, 30, 35],
  negative: [26, 95, 180],
  positive: [196, 84, 0],
}

function parse(hex: string): Rgb | undefined {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex.trim())
  if (!found) return undefined
  const part = (at: number): number => Number.parseInt(found[at] ?? '0', 16)
  return [part(1), part(2), part(3)]
}

function read(): Palette {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: keyof Palette): Rgb =>
    parse(style.getPropertyValue(kTokens[name])) ?? kLight[name]
  return {
    ground: colour('ground'),
    ink: colour('ink'),
    negative: colour('negative'),
    positive: colour('positive'),
  }
}

class Theme {
  palette = $state.raw<Palette>(kLight)

  constructor() {
    if (typeof document === 'undefined') return
    this.palette = read()
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', () => (this.palette = read()))
  }
}

/** The colours of the present theme; reading them in an effect redraws when the theme changes. */
export const theme = new Theme()

/** Writes the colour of each value into RGBA bytes. `limit` is the value at the end of the scale. */
export function paint(
  values: ArrayLike<number>,
  out: Uint8ClampedArray,
  scale: ScaleName,
  limit: number,
  { ground, ink, negative, positive }: Palette,
): void {
  const unit = limit > 0 ? 1 / limit : 0
  for (let i = 0; i < values.length; ++i) {
    const value = (values[i] ?? 0) * unit
    const end = scale === 'magnitude' ? ink : value < 0 ? negative : positive
    const share = Math.min(1, scale === 'magnitude' ? Math.max(0, value) : Math.abs(value))
    for (let k = 0; k < 3; ++k) {
      const from = ground[k] ?? 0
      out[i * 4 + k] = from + ((end[k] ?? 0) - from) * share
    }
    out[i * 4 + 3] = 255
  }
}

/** Writes a picture of red, green and blue from 0 to 1 into RGBA bytes: all of it, or one channel alone. */
export function paintColours(
  values: ArrayLike<number>,
  out: Uint8ClampedArray,
  channel: number | undefined,
): void {
  for (let i = 0; i < out.length / 4; ++i) {
    for (let k = 0; k < 3; ++k) {
      const shows = channel === undefined || channel === k
      out[i * 4 + k] = shows ? (values[i * 3 + k] ?? 0) * 255 : 0
    }
    out[i * 4 + 3] = 255
  }
}

/** The largest magnitude, for the end of a scale. */
export function largestMagnitude(values: ArrayLike<number>): number {
  let most = 0
  for (let i = 0; i < values.length; ++i) most = Math.max(most, Math.abs(values[i] ?? 0))
  return most
}
