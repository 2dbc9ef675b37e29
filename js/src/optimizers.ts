// The optimizers: plain descriptors. Formulas, defaults and checks live in the engine.
// SPDX-License-Identifier: MIT
import type { OptionRecord } from './graph.js'

/** An optimizer and what the user said about it. */
export interface Optimizer {
  readonly kind: 'optimizer'
  readonly type: string
  readonly options: OptionRecord
}

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** Step size. Default 0.01. */
  learningRate?: number
  /** Share of the last step that is kept. Default 0. */
  momentum?: number
  /** Look ahead along the momentum. Default false. */
  nesterov?: boolean
}

/** Options of {@link adam}. */
export interface AdamOptions {
  /** Step size. Default 0.001. */
  learningRate?: number
  /** Decay of the mean of the gradients. Default 0.9. */
  beta1?: number
  /** Decay of the mean of their squares. Default 0.999. */
  beta2?: number
  /** Keeps the division finite. Default 1e-7. */
  epsilon?: number
  /** `keras` adds epsilon to sqrt(v), `corrected` after the bias correction as PyTorch does. */
  epsilonPlacement?: 'keras' | 'corrected'
}

const optimizer = <Options extends object>(type: string) => {
  return (options?: Options): Optimizer => {
    return { kind: 'optimizer', type, options: { ...options } as OptionRecord }
  }
}

/**
 * Stochastic gradient descent, with momentum if wanted.
 *
 * @example
 * ```ts
 * fovea.optimizers.sgd({ learningRate: 0.01, momentum: 0.9, nesterov: true })
 * ```
 */
export const sgd = /* @__PURE__ */ optimizer<SgdOptions>('sgd')

/**
 * Adam (Kingma and Ba, 2014).
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: fovea.optimizers.adam({ learningRate: 1e-3 }), loss })
 * ```
 */
export const adam = /* @__PURE__ */ optimizer<AdamOptions>('adam')
