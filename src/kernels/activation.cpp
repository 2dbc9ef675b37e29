// SPDX-License-Identifier: MIT
#include "kernels/activation.h"

#include <algorithm>

#include "kernels/simd.h"

namespace fovea {

void activation_forward(Activation kind, std::span<const float> x, std::span<float> y) {
  const Vector one = broadcast(1);
  switch (kind) {
    case Activation::kLinear:
      if (x.data() != y.data()) std::copy(x.begin(), x.end(), y.begin());
      return;
    case Activation::kRelu:
      return map_to(
          y, [](Vector v) { return relu(v); }, x);
    case Activation::kSigmoid:
      return map_to(
          y, [one](Vector v) { return hn::Div(one, hn::Add(one, exponential(hn::Neg(v)))); }, x);
    case Activation::kTanh:
      return map_to(
          y, [](Vector v) { return hyperbolic_tangent(v); }, x);
  }
}

void activation_backward(Activation kind, std::span<const float> y,
                         std::span<const float> output_gradient, std::span<float> input_gradient) {
  const Vector one = broadcast(1);
  switch (kind) {
    case Activation::kLinear:
      if (output_gradient.data() != input_gradient.data()) {
        std::copy(output_gradient.begin(), output_gradient.end(), input_gradient.begin());
      }
      return;
    case Activation::kRelu:
      return map_to(
          input_gradient,
          [](Vector v, Vector g) { return hn::IfThenElseZero(hn::Gt(v, zero()), g); }, y,
          output_gradient);
    case Activation::kSigmoid:
      return map_to(
          input_gradient,
          [one](Vector v, Vector g) { return hn::Mul(g, hn::Mul(v, hn::Sub(one, v))); }, y,
          output_gradient);
    case Activation::kTanh:
      return map_to(
          input_gradient,
          [one](Vector v, Vector g) { return hn::Mul(g, hn::Sub(one, hn::Mul(v, v))); }, y,
          output_gradient);
  }
}

}  // namespace fovea
