// What weights must satisfy after every update. Norms are Euclidean, over the given axes of the
// weight: 0 for a dense kernel `[inputs, units]`, `[0, 1, 2]` for each filter of a convolution.
// SPDX-License-Identifier: MIT

/** Options of constraints on norms. */
export interface NormOptions {
  /** The axes that a norm is over. Default 0. */
  axis?: number | readonly number[]
}

/** A constraint with its options. */
export interface ConstraintDescriptor extends NormOptions {
  /** Which constraint. */
  type: 'maxNorm' | 'unitNorm' | 'nonNeg' | 'minMaxNorm'
  /** The largest norm allowed. */
  maxValue?: number
  /** The smallest norm allowed. */
  minValue?: number
  /** How far a weight moves towards what is allowed, from 0 to 1. */
  rate?: number
}

/** What `kernelConstraint` and its like accept: a name, or a descriptor. */
export type Constraint = ConstraintDescriptor['type'] | ConstraintDescriptor

/**
 * Norms of at most `maxValue` (default 2): w · min(norm, maxValue) / (1e-7 + norm).
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelConstraint: fovea.constraints.maxNorm({ maxValue: 3 }) })
 * ```
 */
export function maxNorm(options?: NormOptions & { maxValue?: number }): ConstraintDescriptor {
  return { type: 'maxNorm', ...options }
}

/**
 * Norms of 1: w / (1e-7 + norm).
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelConstraint: fovea.constraints.unitNorm() })
 * ```
 */
export function unitNorm(options?: NormOptions): ConstraintDescriptor {
  return { type: 'unitNorm', ...options }
}

/**
 * No negative weights.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelConstraint: fovea.constraints.nonNeg() })
 * ```
 */
export function nonNeg(options?: Record<string, never>): ConstraintDescriptor {
  return { type: 'nonNeg', ...options }
}

/**
 * Norms between `minValue` (0) and `maxValue` (1); those outside move `rate` (1) of the way there.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelConstraint: fovea.constraints.minMaxNorm({ minValue: 0.5, maxValue: 1.5 }) })
 * ```
 */
export function minMaxNorm(
  options?: NormOptions & { minValue?: number; maxValue?: number; rate?: number },
): ConstraintDescriptor {
  return { type: 'minMaxNorm', ...options }
}
