// How weights begin: a name, or a descriptor with options. The random numbers are drawn in the
// engine from the model's seed.
// SPDX-License-Identifier: MIT

/** The initializers that need no options. */
export type InitializerName =
  'glorotUniform' | 'glorotNormal' | 'heUniform' | 'heNormal' | 'zeros' | 'ones'

/** An initializer with its options. */
export interface InitializerDescriptor {
  type: InitializerName | 'constant'
  value?: number
}

/** What `kernelInitializer` and `biasInitializer` accept. */
export type Initializer = InitializerName | InitializerDescriptor

const named = (type: InitializerName) => (): InitializerDescriptor => ({ type })

/** Uniform in ±sqrt(6 / (fan in + fan out)): Keras's default. */
export const glorotUniform = /* @__PURE__ */ named('glorotUniform')

/** Truncated normal with variance 2 / (fan in + fan out). */
export const glorotNormal = /* @__PURE__ */ named('glorotNormal')

/** Uniform in ±sqrt(6 / fan in): made for relu. */
export const heUniform = /* @__PURE__ */ named('heUniform')

/** Truncated normal with variance 2 / fan in: made for relu. */
export const heNormal = /* @__PURE__ */ named('heNormal')

/** All zero. */
export const zeros = /* @__PURE__ */ named('zeros')

/** All one. */
export const ones = /* @__PURE__ */ named('ones')

/** Every weight the same value. */
export function constant(options: { value: number }): InitializerDescriptor {
  return { type: 'constant', ...options }
}
