// How weights begin: a name, or a descriptor with options. The random numbers are drawn in the
// engine from the model's seed. Keras's formulas and defaults.
// SPDX-License-Identifier: MIT

/** The initializers, all of which can be given by name. */
export type InitializerName =
  | 'glorotUniform'
  | 'glorotNormal'
  | 'heUniform'
  | 'heNormal'
  | 'leCunUniform'
  | 'leCunNormal'
  | 'randomNormal'
  | 'randomUniform'
  | 'truncatedNormal'
  | 'varianceScaling'
  | 'orthogonal'
  | 'identity'
  | 'zeros'
  | 'ones'
  | 'constant'

/** Options of normal initializers. */
export interface NormalOptions {
  /** Default 0. */
  mean?: number
  /** Standard deviation. Default 0.05. */
  stddev?: number
}

/** Options of {@link varianceScaling}. */
export interface VarianceScalingOptions {
  /** Default 1. */
  scale?: number
  /** Which number of terms n the variance scale / n is for. Default `fanIn`. */
  mode?: 'fanIn' | 'fanOut' | 'fanAvg'
  /** Default `truncatedNormal`. */
  distribution?: 'truncatedNormal' | 'untruncatedNormal' | 'uniform'
}

/** An initializer with its options. */
export interface InitializerDescriptor extends NormalOptions, VarianceScalingOptions {
  /** Which initializer. */
  type: InitializerName
  /** The value of `constant`. */
  value?: number
  /** The lower end of `randomUniform`. */
  minval?: number
  /** The upper end of `randomUniform`. */
  maxval?: number
  /** The factor of `orthogonal` and `identity`. */
  gain?: number
}

/** What `kernelInitializer` and `biasInitializer` accept. */
export type Initializer = InitializerName | InitializerDescriptor

const optional = <Options extends object>(type: InitializerName) => {
  return (options?: Options): InitializerDescriptor => ({ type, ...options })
}
/** Options that do not exist go to the engine all the same: it refuses them. */
const named = (type: InitializerName) => optional<Record<string, never>>(type)

/**
 * Uniform in ±sqrt(6 / (fan in + fan out)): Keras's default.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelInitializer: fovea.initializers.glorotUniform() })
 * ```
 */
export const glorotUniform = /* @__PURE__ */ named('glorotUniform')

/**
 * Truncated normal with variance 2 / (fan in + fan out).
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelInitializer: fovea.initializers.glorotNormal() })
 * ```
 */
export const glorotNormal = /* @__PURE__ */ named('glorotNormal')

/**
 * Uniform in ±sqrt(6 / fan in): made for relu.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelInitializer: fovea.initializers.heUniform() })
 * ```
 */
export const heUniform = /* @__PURE__ */ named('heUniform')

/**
 * Truncated normal with variance 2 / fan in: made for relu.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelInitializer: fovea.initializers.heNormal() })
 * ```
 */
export const heNormal = /* @__PURE__ */ named('heNormal')

/**
 * Uniform in ±sqrt(3 / fan in): made for selu.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelInitializer: fovea.initializers.leCunUniform() })
 * ```
 */
export const leCunUniform = /* @__PURE__ */ named('leCunUniform')

/**
 * Truncated normal with variance 1 / fan in: made for selu.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelInitializer: fovea.initializers.leCunNormal() })
 * ```
 */
export const leCunNormal = /* @__PURE__ */ named('leCunNormal')

/**
 * Normal.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelInitializer: fovea.initializers.randomNormal({ stddev: 0.01 }) })
 * ```
 */
export const randomNormal = /* @__PURE__ */ optional<NormalOptions>('randomNormal')

/**
 * Normal; what lies beyond two standard deviations is drawn again.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelInitializer: fovea.initializers.truncatedNormal({ stddev: 0.02 }) })
 * ```
 */
export const truncatedNormal = /* @__PURE__ */ optional<NormalOptions>('truncatedNormal')

/**
 * Uniform from `minval` (default -0.05) to `maxval` (0.05).
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelInitializer: fovea.initializers.randomUniform({ minval: -1, maxval: 1 }) })
 * ```
 */
export const randomUniform = /* @__PURE__ */ optional<{ minval?: number; maxval?: number }>(
  'randomUniform',
)

/**
 * Mean 0 and variance scale / n, n the number of terms that a weight meets.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelInitializer: fovea.initializers.varianceScaling({ mode: 'fanOut' }) })
 * ```
 */
export const varianceScaling = /* @__PURE__ */ optional<VarianceScalingOptions>('varianceScaling')

/**
 * Orthonormal columns (or rows, where those are fewer) times `gain` (default 1), all dimensions but
 * the last as one (Saxe et al., 2013).
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelInitializer: fovea.initializers.orthogonal({ gain: 1.4 }) })
 * ```
 */
export const orthogonal = /* @__PURE__ */ optional<{ gain?: number }>('orthogonal')

/**
 * The identity matrix times `gain` (default 1): for weights of two dimensions.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelInitializer: fovea.initializers.identity() })
 * ```
 */
export const identity = /* @__PURE__ */ optional<{ gain?: number }>('identity')

/**
 * All zero.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, biasInitializer: fovea.initializers.zeros() })
 * ```
 */
export const zeros = /* @__PURE__ */ named('zeros')

/**
 * All one.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 10, kernelInitializer: fovea.initializers.ones() })
 * ```
 */
export const ones = /* @__PURE__ */ named('ones')

/**
 * Every weight the same value.
 *
 * @example
 * ```ts
 * fovea.layers.dense({ units: 1, biasInitializer: fovea.initializers.constant({ value: -2 }) })
 * ```
 */
export function constant(options: { value: number }): InitializerDescriptor {
  return { type: 'constant', ...options }
}
