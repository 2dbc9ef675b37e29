// SPDX-License-Identifier: MIT
#include "tests/reference/activation.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace fovea::reference {

double activation(std::string_view name, double x) {
  if (name == "linear") return x;
  if (name == "relu") return x < 0 ? 0 : x;
  if (name == "sigmoid") return 1 / (1 + std::exp(-x));
  if (name == "tanh") return std::tanh(x);
  if (name == "relu6") return std::clamp(x, 0.0, 6.0);
  if (name == "leakyRelu") return x < 0 ? 0.2 * x : x;
  if (name == "elu") return x < 0 ? std::expm1(x) : x;
  if (name == "selu") {
    return 1.0507009873554804934193349852946 *
           (x < 0 ? 1.6732632423543772848170429916717 * std::expm1(x) : x);
  }
  if (name == "gelu") return x * 0.5 * std::erfc(-x / std::sqrt(2.0));
  if (name == "swish" || name == "silu") return x / (1 + std::exp(-x));
  if (name == "mish") return x * std::tanh(std::log1p(std::exp(x)));
  if (name == "hardSigmoid") return std::clamp(x + 3, 0.0, 6.0) / 6;
  if (name == "softplus") return std::log1p(std::exp(x));
  if (name == "softsign") return x / (1 + std::fabs(x));
  if (name == "exponential") return std::exp(x);
  throw std::invalid_argument("no reference for activation " + std::string(name));
}

double activation_derivative(std::string_view name, double x) {
  if (name == "linear") return 1;
  if (name == "relu") return x > 0 ? 1 : 0;
  const double y = activation(name, x);
  return name == "sigmoid" ? y * (1 - y) : 1 - y * y;
}

Values activation_forward(std::string_view name, Values x) {
  for (double& value : x) value = activation(name, value);
  return x;
}

Values activation_backward(std::string_view name, const Values& x, const Values& output_gradient) {
  Values gradient(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    gradient[i] = output_gradient[i] * activation_derivative(name, x[i]);
  }
  return gradient;
}

}  // namespace fovea::reference
