// SPDX-License-Identifier: MIT
// What each activation does to a number z, in words that fit behind its name. Slopes are the library's.
const kMeanings: Record<string, string> = {
  relu: 'z, but 0 below 0',
  leakyRelu: 'z, but 0.2 z below 0',
  elu: 'z, but eᶻ − 1 below 0',
  selu: '1.051 × (z, but 1.673 (eᶻ − 1) below 0)',
  gelu: 'z × the normal distribution up to z',
  swish: 'z ÷ (1 + e⁻ᶻ)',
  sigmoid: '1 ÷ (1 + e⁻ᶻ)',
  tanh: '(eᶻ − e⁻ᶻ) ÷ (eᶻ + e⁻ᶻ)',
  softplus: 'ln(1 + eᶻ)',
  softmax: 'eᶻ ÷ the sum of all eᶻ',
}

export function activationOf(config: Record<string, unknown>): string {
  return typeof config['activation'] === 'string' ? config['activation'] : 'linear'
}

/** What it does; empty where there is nothing to say. */
export function meaningOf(activation: string): string {
  return kMeanings[activation] ?? ''
}
