// Learning rates that follow a rule: descriptors for an optimizer's `learningRate`. The engine
// evaluates them from the number of steps that the optimizer has taken, counted from 0.
// SPDX-License-Identifier: MIT

/** A schedule and what the user said about it. */
export interface Schedule {
  /** Which schedule. */
  readonly type: string
  readonly [option: string]: string | number | boolean | readonly number[] | undefined
}

/** Where a decay begins, and over how many steps it goes. */
export interface DecayOptions {
  /** The rate at step 0. */
  initialLearningRate: number
  /** Steps of the optimizer. */
  decaySteps: number
}

const schedule = <Options extends object>(type: string) => {
  return (options: Options): Schedule => ({ type, ...options })
}

/**
 * Always the same rate.
 *
 * @example
 * ```ts
 * const learningRate = fovea.schedules.constant({ learningRate: 0.01 })
 * await model.compile({ optimizer: fovea.optimizers.sgd({ learningRate }), loss })
 * ```
 */
export const constant = /* @__PURE__ */ schedule<{ learningRate: number }>('constant')

/**
 * `values[0]` up to and including step `boundaries[0]`, then `values[1]`, and so on.
 *
 * @example
 * ```ts
 * const learningRate = fovea.schedules.piecewise({ boundaries: [1000, 2000], values: [0.1, 0.01, 1e-3] })
 * await model.compile({ optimizer: fovea.optimizers.sgd({ learningRate }), loss })
 * ```
 */
export const piecewise = /* @__PURE__ */ schedule<{
  boundaries: readonly number[]
  values: readonly number[]
}>('piecewise')

/**
 * initial · decayRate^(step / decaySteps); `staircase` floors the exponent.
 *
 * @example
 * ```ts
 * const learningRate = fovea.schedules.exponentialDecay({
 *   initialLearningRate: 0.1,
 *   decaySteps: 1000,
 *   decayRate: 0.96,
 * })
 * await model.compile({ optimizer: fovea.optimizers.sgd({ learningRate }), loss })
 * ```
 */
export const exponentialDecay = /* @__PURE__ */ schedule<
  DecayOptions & { decayRate: number; staircase?: boolean }
>('exponentialDecay')

/**
 * Times `decayRate` (default 0.1) after every `decaySteps` steps.
 *
 * @example
 * ```ts
 * const learningRate = fovea.schedules.stepDecay({ initialLearningRate: 0.1, decaySteps: 5000 })
 * await model.compile({ optimizer: fovea.optimizers.sgd({ learningRate }), loss })
 * ```
 */
export const stepDecay = /* @__PURE__ */ schedule<DecayOptions & { decayRate?: number }>(
  'stepDecay',
)

/** Options of {@link cosineDecay}. */
export interface CosineDecayOptions extends DecayOptions {
  /** What is left at the end, as a share. Default 0. */
  alpha?: number
  /** Where a warm-up from `initialLearningRate` leads; the decay begins there. */
  warmupTarget?: number
  /** Steps of the warm-up. Default 0. */
  warmupSteps?: number
}

/**
 * Down along half a cosine (Loshchilov and Hutter, 2016), after a linear warm-up where one is wanted.
 *
 * @example
 * ```ts
 * const learningRate = fovea.schedules.cosineDecay({ initialLearningRate: 1e-3, decaySteps: 5000 })
 * await model.compile({ optimizer: fovea.optimizers.adam({ learningRate }), loss })
 * ```
 */
export const cosineDecay = /* @__PURE__ */ schedule<CosineDecayOptions>('cosineDecay')

/** Options of {@link oneCycle}. */
export interface OneCycleOptions {
  /** The rate at the top. */
  maxLearningRate: number
  /** Steps of the optimizer, up and down together. */
  totalSteps: number
  /** The share of the steps on the way up. Default 0.3. */
  pctStart?: number
  /** It begins at maximum / divFactor. Default 25. */
  divFactor?: number
  /** It ends at beginning / finalDivFactor. Default 10000. */
  finalDivFactor?: number
}

/**
 * Up to the maximum and far down, along cosines (Smith and Topin, 2019; as in PyTorch).
 *
 * @example
 * ```ts
 * const learningRate = fovea.schedules.oneCycle({ maxLearningRate: 0.1, totalSteps: 3000 })
 * await model.compile({ optimizer: fovea.optimizers.sgd({ learningRate }), loss })
 * ```
 */
export const oneCycle = /* @__PURE__ */ schedule<OneCycleOptions>('oneCycle')

/** Options of {@link polynomialDecay}. */
export interface PolynomialDecayOptions extends DecayOptions {
  /** Default 0.0001. */
  endLearningRate?: number
  /** Default 1: a straight line. */
  power?: number
  /** Begin again, over twice, three times, ... as many steps. Default false: stay at the end. */
  cycle?: boolean
}

/**
 * (initial − end) · (1 − step / decaySteps)^power + end.
 *
 * @example
 * ```ts
 * const learningRate = fovea.schedules.polynomialDecay({ initialLearningRate: 0.1, decaySteps: 5000, power: 2 })
 * await model.compile({ optimizer: fovea.optimizers.sgd({ learningRate }), loss })
 * ```
 */
export const polynomialDecay = /* @__PURE__ */ schedule<PolynomialDecayOptions>('polynomialDecay')
