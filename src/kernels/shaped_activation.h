// SPDX-License-Identifier: MIT
// Element-wise activations whose derivative needs their input: the input is kept for the backward
// pass. One loop for all of them, and one struct for what tells them apart.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

namespace fovea {

struct ShapedActivation {
  enum class Kind : std::uint8_t {
    kRectifier,    // gain * (z >= threshold ? min(z, maximum) : slope * (z - threshold)),
                   // z = x + shift: leaky ReLU, ReLU6, hard sigmoid
    kElu,          // gain * (x > 0 ? x : slope * (exp(x) - 1)): ELU, SELU
    kGelu,         // x * Phi(x), Phi the distribution function of the normal distribution
    kSwish,        // x * sigmoid(x)
    kMish,         // x * tanh(softplus(x))
    kSoftplus,     // ln(1 + exp(x))
    kSoftsign,     // x / (1 + |x|)
    kExponential,  // exp(x)
  };
  Kind kind = Kind::kRectifier;
  float slope = 0;
  float threshold = 0;
  float maximum = std::numeric_limits<float>::infinity();
  float shift = 0;
  float gain = 1;
};

/// y = f(x). y may be x.
void shaped_activation_forward(const ShapedActivation& f, std::span<const float> x,
                               std::span<float> y);

/// input_gradient = output_gradient * f'(x). Overwrites input_gradient, which may be
/// output_gradient or x. At a kink the rectifiers have the slope below it (Keras).
void shaped_activation_backward(const ShapedActivation& f, std::span<const float> x,
                                std::span<const float> output_gradient,
                                std::span<float> input_gradient);

}  // namespace fovea
