// SPDX-License-Identifier: MIT
// Optimizer steps: one pass over parameters, gradients and state. State that decays below the
// smallest normal number is set to zero: denormal numbers are slow (a factor of 2 in V8) and say
// nothing.
#pragma once

#include <span>

namespace fovea {

struct SgdUpdate {
  float learning_rate = 0;
  float momentum = 0;
  bool nesterov = false;
};

/// Keras's SGD. Without momentum w -= rate * g (velocity may be empty). With it v = momentum * v -
/// rate * g, and w += v, or w += momentum * v - rate * g with Nesterov.
void sgd_update(const SgdUpdate& u, std::span<const float> gradient, std::span<float> velocity,
                std::span<float> parameter);

struct AdamUpdate {
  float rate = 0;  // the learning rate with the corrections that its caller's formula puts there
  float beta1 = 0, beta2 = 0;
  float epsilon = 0;
  float second_moment_scale =
      1;  // 1, or 1 / (1 - beta2^t) where epsilon is added after the correction
};

/// Kingma and Ba, "Adam" (2015): m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
/// w -= rate * m / (sqrt(v * second_moment_scale) + epsilon).
void adam_update(const AdamUpdate& u, std::span<const float> gradient,
                 std::span<float> first_moment, std::span<float> second_moment,
                 std::span<float> parameter);

}  // namespace fovea
