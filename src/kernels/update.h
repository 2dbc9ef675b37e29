// SPDX-License-Identifier: MIT
// Optimizer steps: one pass over parameters, gradients and state. State that decays below the
// smallest normal number is set to zero: denormal numbers are slow (a factor of 2 in V8) and say
// nothing.
#pragma once

#include <array>
#include <cstdint>
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

/// The rules that share one loop. g is the gradient, a, b, c their slots in order, e epsilon.
enum class UpdateRule : std::uint8_t {
  kRmsprop,   // a = beta1 a + (1 - beta1) g^2; with b its mean, d = a - b^2; x = rate g /
              // sqrt(d + e); with c: c = momentum c + x, w -= c; else w -= x
  kAdagrad,   // a += g^2; w -= rate g / sqrt(a + e)
  kAdadelta,  // a the mean of g^2, b of x^2; x = g sqrt(b + e) / sqrt(a + e); w -= rate x
  kAmsgrad,   // Adam that divides by the largest v so far, c
  kAdamax,    // a the mean of g; b = max(beta2 b, |g|); w -= rate a / (b + e)
  kNadam,     // Adam whose step is rate a + gradient_rate g
  kLion,      // w -= rate sign(beta1 a + (1 - beta1) g); a = beta2 a + (1 - beta2) g
};

struct RuleUpdate {
  UpdateRule rule = UpdateRule::kRmsprop;
  float rate = 0;
  float beta1 = 0, beta2 = 0;
  float epsilon = 0;
  float momentum = 0;
  float gradient_rate = 0;
  float second_moment_scale = 1;
};

/// Keras's formulas. Empty slots are not kept.
void rule_update(const RuleUpdate& u, std::span<const float> gradient,
                 const std::array<std::span<float>, 3>& slots, std::span<float> parameter);

/// average = momentum * average + (1 - momentum) * parameter.
void move_average(float momentum, std::span<const float> parameter, std::span<float> average);

}  // namespace fovea
