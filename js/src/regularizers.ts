// Prices on large weights, which are added to the loss while training and evaluating. Frozen layers
// cost nothing.
// SPDX-License-Identifier: MIT

/** A regularizer with its factors. */
export interface RegularizerDescriptor {
  /** Which regularizer. */
  type: 'l1' | 'l2' | 'l1l2'
  /** Times the sum of magnitudes. */
  l1?: number
  /** Times the sum of squares. */
  l2?: number
}

/** What `kernelRegularizer` and its like accept: a name (factor 0.01), or a descriptor. */
export type Regularizer = 'l1' | 'l2' | RegularizerDescriptor

/**
 * `l1` times the sum of the magnitudes. Default 0.01.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelRegularizer: fovea.regularizers.l1({ l1: 1e-4 }) })
 * ```
 */
export function l1(options?: { l1?: number }): RegularizerDescriptor {
  return { type: 'l1', ...options }
}

/**
 * `l2` times the sum of the squares, without a half: a weight decay of 5e-4 as papers write it is
 * `l2: 2.5e-4`. Default 0.01.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelRegularizer: fovea.regularizers.l2({ l2: 2.5e-4 }) })
 * ```
 */
export function l2(options?: { l2?: number }): RegularizerDescriptor {
  return { type: 'l2', ...options }
}

/**
 * Both. What is left out is 0.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelRegularizer: fovea.regularizers.l1l2({ l1: 1e-5, l2: 1e-4 }) })
 * ```
 */
export function l1l2(options?: { l1?: number; l2?: number }): RegularizerDescriptor {
  return { type: 'l1l2', ...options }
}
