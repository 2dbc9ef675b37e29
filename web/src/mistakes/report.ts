// SPDX-License-Identifier: MIT
// From a network's outputs on the held-out images to what went wrong with them.
import { largest, probabilities } from '../lab/classify.js'

/** One held-out image and what the network made of it. */
export interface Look {
  row: number
  label: number
  guess: number
  /** A probability for each class. */
  shares: number[]
}

export function looksOf(output: Float32Array, labels: Int32Array, logits: boolean): Look[] {
  const classes = output.length / Math.max(1, labels.length)
  return Array.from(labels, (label, row) => {
    const shares = probabilities(output.subarray(row * classes, (row + 1) * classes), logits)
    return { row, label, guess: largest(shares), shares }
  })
}

const certainty = ({ shares, guess }: Look): number => shares[guess] ?? 0

/** Wrong ones, those first of which the network was most certain. */
export function mistakesIn(looks: readonly Look[]): Look[] {
  return looks
    .filter(({ label, guess }) => label !== guess)
    .sort((a, b) => certainty(b) - certainty(a))
}

/** The images of one cell: of this class, taken for that one; the most certain first. */
export function inCell(looks: readonly Look[], label: number, guess: number): Look[] {
  return looks
    .filter((look) => look.label === label && look.guess === guess)
    .sort((a, b) => certainty(b) - certainty(a))
}

export interface ClassStanding {
  right: number
  count: number
}

/** For each class: how many there are, and how many were found. */
export function standings(matrix: readonly (readonly number[])[]): ClassStanding[] {
  return matrix.map((row, label) => {
    return { right: row[label] ?? 0, count: row.reduce((sum, count) => sum + count, 0) }
  })
}

/** A signed value for each cell: right ones below zero, wrong ones above, 1 the most of its kind. */
export function shades(matrix: readonly (readonly number[])[]): number[][] {
  const wrong = matrix.flatMap((row, label) => row.filter((_, guess) => guess !== label))
  const most = Math.max(1, ...wrong)
  return matrix.map((row, label) => {
    const all = Math.max(
      1,
      row.reduce((sum, count) => sum + count, 0),
    )
    // Few mistakes must still be seen beside many: the root keeps the small ones apart.
    return row.map((count, guess) =>
      guess === label ? -count / all : Math.sqrt(count / most) * Math.min(1, count),
    )
  })
}
