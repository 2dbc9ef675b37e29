// SPDX-License-Identifier: MIT
// Element-wise activations in double, derivatives from the input (the library takes them from the
// output).
#pragma once

#include <string_view>

#include "tests/reference/values.h"

namespace fovea::reference {

/// Every element-wise activation that layers know by name.
double activation(std::string_view name, double x);
/// "linear", "relu", "sigmoid" or "tanh".
double activation_derivative(std::string_view name, double x);

Values activation_forward(std::string_view name, Values x);
Values activation_backward(std::string_view name, const Values& x, const Values& output_gradient);

}  // namespace fovea::reference
