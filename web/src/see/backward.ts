// SPDX-License-Identifier: MIT
// The lecture's convolution in one dimension, backwards: four inputs, three weights, two outputs, and how
// each output changes with each input and weight. A line of the picture joins an input and an output with
// the weight between them; what is changed is felt along its lines only.

export interface Line {
  input: number
  weight: number
  output: number
}

export const kInputs: readonly number[] = [1, 2, 0, 3]
export const kWeights: readonly number[] = [2, 1, -1]
/** How the loss changes with each output: it falls where the first gets smaller, the second larger. */
export const kSlopes: readonly number[] = [1, -2]

export const kLines: readonly Line[] = kSlopes.flatMap((_, output) =>
  kWeights.map((_, weight) => ({ input: output + weight, weight, output })),
)

/** One input or weight, by its number from 0 on. */
export interface Knob {
  kind: 'input' | 'weight'
  index: number
}

export const outputs: readonly number[] = kSlopes.map((_, output) =>
  kLines
    .filter((line) => line.output === output)
    .reduce((sum, { input, weight }) => sum + (kInputs[input] ?? 0) * (kWeights[weight] ?? 0), 0),
)

/** The lines along which a change of it is felt. */
export function linesOf({ kind, index }: Knob): Line[] {
  return kLines.filter((line) => line[kind] === index)
}

/** How an output changes with it: the number at the other end of their line, 0 where there is none. */
export function slopeOf(output: number, knob: Knob): number {
  const line = linesOf(knob).find((one) => one.output === output)
  if (!line) return 0
  return (knob.kind === 'weight' ? kInputs[line.input] : kWeights[line.weight]) ?? 0
}

/** How the loss changes with it: by each output, and all together. */
export function gradientOf(knob: Knob): { terms: number[]; sum: number } {
  const terms = kSlopes.map((slope, output) => slope * slopeOf(output, knob))
  return { terms, sum: terms.reduce((all, term) => all + term, 0) }
}
