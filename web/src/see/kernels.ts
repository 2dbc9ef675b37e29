// SPDX-License-Identifier: MIT
// The kernels that the chapter offers by name. Those with a name in the package are the package's own.

export const kKernelTitles = {
  cross: 'Diagonal cross',
  blur: 'Blur',
  horizontalLines: 'Horizontal lines',
  verticalLines: 'Vertical lines',
  edgeDetection: 'Edge detection',
  sharpen: 'Sharpen',
  edgeEnhance: 'Edge enhance',
  emboss: 'Emboss',
  verticalEdges: 'Vertical edges',
  horizontalEdges: 'Horizontal edges',
  falling: 'X: the stroke that falls',
  rising: 'X: the stroke that rises',
  crossing: 'X: the crossing',
} as const

export type KernelName = keyof typeof kKernelTitles

const kOurs: Partial<Record<KernelName, readonly number[]>> = {
  cross: [1, 0, 1, 0, 1, 0, 1, 0, 1],
  falling: [1, -1, -1, -1, 1, -1, -1, -1, 1],
  rising: [-1, -1, 1, -1, 1, -1, 1, -1, -1],
  crossing: [1, -1, 1, -1, 1, -1, 1, -1, 1],
}

export const isKernelName = (name: string): name is KernelName => Object.hasOwn(kKernelTitles, name)

/** Its nine numbers, row by row. */
export async function weightsOf(name: KernelName): Promise<number[]> {
  const own = kOurs[name]
  if (own) return [...own]
  const { kernels } = await import('fovea')
  const known: Record<string, { data: ArrayLike<number> } | undefined> = { ...kernels }
  return Array.from(known[name]?.data ?? [])
}

/** A number of one's own, as typed: 1, -0.5, −1 or 1/9. Undefined where it is none. */
export function parsed(text: string): number | undefined {
  const found = /^\s*([-+−]?[\d.,]+)\s*(?:\/\s*(\d+))?\s*$/.exec(text)
  if (!found) return undefined
  const value = Number((found[1] ?? '').replace('−', '-').replace(',', '.'))
  const under = Number(found[2] ?? 1)
  const result = value / under
  return Number.isFinite(result) && Math.abs(result) <= 1000 ? result : undefined
}

/** A weight as it stands in its field: ninths as fractions. */
export function typed(weight: number): string {
  const ninths = Math.round(weight * 9)
  const isNinth = Math.abs(weight * 9 - ninths) < 1e-5 && ninths % 9 !== 0
  if (isNinth) return `${ninths}/9`.replace('-', '−')
  return String(Math.round(weight * 1000) / 1000).replace('-', '−')
}
