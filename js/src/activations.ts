// The names of the activations. The functions themselves live in the engine.
// SPDX-License-Identifier: MIT

/**
 * The activations that layers accept by name, with Keras's formulas: relu6 is min(max(x, 0), 6);
 * leakyRelu has the slope 0.2 below zero; elu is exp(x) - 1 below zero, selu the same scaled so
 * that means and variances keep themselves; gelu is x times the normal distribution function (not
 * its tanh approximation); swish and silu are x sigmoid(x); mish is x tanh(softplus(x));
 * hardSigmoid is relu6(x + 3) / 6; softplus is ln(1 + exp(x)); softsign is x / (1 + |x|). softmax
 * and logSoftmax work over the last dimension.
 */
export type ActivationName =
  | 'linear'
  | 'relu'
  | 'relu6'
  | 'leakyRelu'
  | 'elu'
  | 'selu'
  | 'gelu'
  | 'swish'
  | 'silu'
  | 'mish'
  | 'sigmoid'
  | 'hardSigmoid'
  | 'tanh'
  | 'softplus'
  | 'softsign'
  | 'softmax'
  | 'logSoftmax'
  | 'exponential'
