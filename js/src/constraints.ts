// What weights must satisfy after every update.
// SPDX-License-Identifier: MIT

/** The constraints by name. */
export type ConstraintName = 'maxNorm' | 'unitNorm' | 'nonNeg' | 'minMaxNorm'

/** What `kernelConstraint` and its like accept: a name, or a descriptor with options. */
export type Constraint =
  | ConstraintName
  | {
      type: ConstraintName
      maxValue?: number
      minValue?: number
      rate?: number
      axis?: number | readonly number[]
    }
