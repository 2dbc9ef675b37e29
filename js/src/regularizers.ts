// Prices on large weights or outputs.
// SPDX-License-Identifier: MIT

/** What `kernelRegularizer` and its like accept: a name, or a descriptor with options. */
export type Regularizer =
  'l1' | 'l2' | 'l1l2' | { type: 'l1' | 'l2' | 'l1l2'; l1?: number; l2?: number }
