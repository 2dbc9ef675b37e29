// SPDX-License-Identifier: MIT
// Element-wise activations whose derivative follows from their output, so that only the output is
// kept for the backward pass.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace fovea {

enum class Activation : std::uint8_t { kLinear, kRelu, kSigmoid, kTanh };

/// In the order of the enumeration.
inline constexpr std::array<std::string_view, 4> kActivationNames = {"linear", "relu", "sigmoid",
                                                                     "tanh"};

/// y = f(x). y may be x. relu: max(x, 0); sigmoid: 1 / (1 + exp(-x)); tanh.
void activation_forward(Activation kind, std::span<const float> x, std::span<float> y);

/// input_gradient = output_gradient * f'(x), f' from y = f(x): relu y > 0, sigmoid y (1 - y), tanh
/// 1 - y^2. Overwrites input_gradient, which may be output_gradient.
void activation_backward(Activation kind, std::span<const float> y,
                         std::span<const float> output_gradient, std::span<float> input_gradient);

}  // namespace fovea
