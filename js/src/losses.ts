// The losses: plain descriptors. The formulas live in the engine.
// SPDX-License-Identifier: MIT
import type { OptionRecord } from './graph.js'

/** A loss and what the user said about it. */
export interface Loss {
  readonly kind: 'loss'
  readonly type: string
  readonly options: OptionRecord
}

/** The losses that can be given by name. */
export type LossName =
  'sparseCategoricalCrossentropy' | 'categoricalCrossentropy' | 'meanSquaredError'

/** Options of the cross-entropies. */
export interface CrossentropyOptions {
  /** The model's last layer gives logits (no softmax): more exact, and faster. Default false. */
  fromLogits?: boolean
}

const loss = <Options extends object>(type: LossName) => {
  return (options?: Options): Loss => {
    return { kind: 'loss', type, options: { ...options } as OptionRecord }
  }
}

/**
 * Cross-entropy for class numbers: labels `[n]`, outputs `[n, classes]`.
 *
 * @example
 * ```ts
 * fovea.losses.sparseCategoricalCrossentropy({ fromLogits: true })
 * ```
 */
export const sparseCategoricalCrossentropy = /* @__PURE__ */ loss<CrossentropyOptions>(
  'sparseCategoricalCrossentropy',
)

/** Cross-entropy for one-hot labels or distributions: labels and outputs `[n, classes]`. */
export const categoricalCrossentropy =
  /* @__PURE__ */ loss<CrossentropyOptions>('categoricalCrossentropy')

/** Mean of the squared differences: labels of the shape of the output. */
export const meanSquaredError = /* @__PURE__ */ loss<Record<string, never>>('meanSquaredError')
