// The names of the activations. The functions themselves live in the engine.
// SPDX-License-Identifier: MIT

/** The activations that layers accept by name. */
export type ActivationName = 'linear' | 'relu' | 'sigmoid' | 'tanh' | 'softmax'
