// How much each example counts: sampleWeight as given, classWeight by the example's class, and their
// product as a column for the engine. As in Keras, the loss is sum(loss · weight) / examples, and
// metrics are not weighted.
// SPDX-License-Identifier: MIT
import type { Column } from './engine/engine.js'
import { late } from './late.js'
import type { NumberArray } from './tensor.js'

/** Weights by class number: an array, or an object in which the classes left out count 1. */
export type ClassWeight = readonly number[] | Readonly<Record<number, number>>

/** Weights of examples, `[n]`; for several outputs also an array of them, one for each. */
export type SampleWeight = NumberArray | readonly NumberArray[]

/** What `fit` was told about weights. */
export interface ExampleWeights {
  classWeight: ClassWeight | undefined
  sampleWeight: SampleWeight | undefined
}

/** What the weights are for. */
export interface Weighed {
  targets: readonly Column[]
  rows: number
  /** Examples from here on are held out for validation, where classes count the same. */
  split: number
  /** The engine does not compute the loss, so that weights are refused. */
  ownLoss: boolean
}

/** The columns of weights; none where nothing was given. */
export async function weightColumns(
  place: string,
  weights: ExampleWeights,
  of: Weighed,
): Promise<Column[]> {
  const { classWeight, sampleWeight } = weights
  if (classWeight === undefined && sampleWeight === undefined) return []
  return late('weigh')(place, weights, of)
}
