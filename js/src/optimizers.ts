// The optimizers: plain descriptors. Formulas (Keras 3's), defaults and checks live in the engine.
// SPDX-License-Identifier: MIT
import type { OptionRecord } from './graph.js'
import type { Schedule } from './schedules.js'

/** An optimizer and what the user said about it. */
export interface Optimizer {
  /** Tells descriptors apart. */
  readonly kind: 'optimizer'
  /** Its name, as a string would give it. */
  readonly type: string
  /** What was said about it; the engine knows the defaults. */
  readonly options: OptionRecord
}

/** The optimizers that can be given by name. */
export type OptimizerName =
  'sgd' | 'rmsprop' | 'adagrad' | 'adadelta' | 'adam' | 'adamax' | 'adamw' | 'nadam' | 'lion'

/** What all optimizers take. Only one of the three ways of clipping can be chosen. */
export interface OptimizerOptions {
  /** Step size, or a schedule of `fovea.schedules`. Default 0.001, of sgd 0.01. */
  learningRate?: number | Schedule
  /** Each tensor's gradient is shortened to this norm. */
  clipNorm?: number
  /** All gradients together are shortened to this norm. */
  globalClipNorm?: number
  /** Every number of a gradient is kept in ±clipValue. */
  clipValue?: number
  /** Before each update weights shrink by learningRate · weightDecay. Default 0, of adamw 0.004. */
  weightDecay?: number
  /** Keep an average of the weights over the steps: true, or its momentum (0.99). Default false. */
  ema?: boolean | number
}

/** Options of {@link sgd}. */
export interface SgdOptions extends OptimizerOptions {
  /** Share of the last step that is kept. Default 0. */
  momentum?: number
  /** Look ahead along the momentum. Default false. */
  nesterov?: boolean
}

/** Options of optimizers with two moments. */
export interface MomentOptions extends OptimizerOptions {
  /** Decay of the mean of the gradients. Default 0.9. */
  beta1?: number
  /** Decay of the mean of their squares. Default 0.999. */
  beta2?: number
  /** Keeps the division finite. Default 1e-7. */
  epsilon?: number
}

/** Options of {@link adam} and {@link adamw}. */
export interface AdamOptions extends MomentOptions {
  /** `keras` adds epsilon to sqrt(v), `corrected` after the bias correction as PyTorch does. */
  epsilonPlacement?: 'keras' | 'corrected'
  /** Divide by the largest mean of squares so far (Reddi et al., 2018). Default false. */
  amsgrad?: boolean
}

/** Options of {@link rmsprop}. */
export interface RmspropOptions extends OptimizerOptions {
  /** Decay of the mean of the squares. Default 0.9. */
  rho?: number
  /** Default 0. */
  momentum?: number
  /** Default 1e-7. */
  epsilon?: number
  /** Subtract the square of the mean gradient. Default false. */
  centered?: boolean
}

const optimizer = <Options extends object>(type: OptimizerName) => {
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
 * Steps divided by the root of the mean square of the gradients (Hinton, 2012).
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: fovea.optimizers.rmsprop({ learningRate: 1e-3, rho: 0.9 }), loss })
 * ```
 */
export const rmsprop = /* @__PURE__ */ optimizer<RmspropOptions>('rmsprop')

/**
 * Steps divided by the root of the sum of all squares (Duchi et al., 2011).
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: fovea.optimizers.adagrad({ learningRate: 0.01 }), loss })
 * ```
 */
export const adagrad = /* @__PURE__ */ optimizer<
  OptimizerOptions & {
    /** What the sum begins with. Default 0.1. */
    initialAccumulatorValue?: number
    /** Default 1e-7. */
    epsilon?: number
  }
>('adagrad')

/**
 * Steps in the proportion of past steps to past gradients (Zeiler, 2012).
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: fovea.optimizers.adadelta({ learningRate: 1 }), loss })
 * ```
 */
export const adadelta = /* @__PURE__ */ optimizer<
  OptimizerOptions & {
    /** Default 0.95. */
    rho?: number
    /** Default 1e-7. */
    epsilon?: number
  }
>('adadelta')

/**
 * Adam (Kingma and Ba, 2014).
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: fovea.optimizers.adam({ learningRate: 1e-3 }), loss })
 * ```
 */
export const adam = /* @__PURE__ */ optimizer<AdamOptions>('adam')

/**
 * Adam with the largest gradient instead of the mean square (Kingma and Ba, 2014).
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: fovea.optimizers.adamax({ learningRate: 2e-3 }), loss })
 * ```
 */
export const adamax = /* @__PURE__ */ optimizer<MomentOptions>('adamax')

/**
 * Adam with weight decay beside the gradient (Loshchilov and Hutter, 2017).
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: fovea.optimizers.adamw({ learningRate: 1e-3, weightDecay: 4e-3 }), loss })
 * ```
 */
export const adamw = /* @__PURE__ */ optimizer<AdamOptions>('adamw')

/**
 * Adam that looks ahead (Dozat, 2016).
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: fovea.optimizers.nadam(), loss })
 * ```
 */
export const nadam = /* @__PURE__ */ optimizer<MomentOptions>('nadam')

/**
 * Steps of the size of the rate, by sign only (Chen et al., 2023).
 *
 * @example
 * ```ts
 * await model.compile({ optimizer: fovea.optimizers.lion({ learningRate: 1e-4 }), loss })
 * ```
 */
export const lion = /* @__PURE__ */ optimizer<
  OptimizerOptions & {
    /** Default 0.9. */
    beta1?: number
    /** Default 0.99. */
    beta2?: number
  }
>('lion')
