// SPDX-License-Identifier: MIT
#include "kernels/activation.h"

#include <algorithm>

#include "kernels/simd.h"

namespace fovea {

namespace {

// Functions of their own: a page that does not train with them does not load them.
HWY_NOINLINE void sigmoid_forward(std::span<const float> x, std::span<float> y) {
  const Vector one = broadcast(1);
  map_to(
      y, [one](Vector v) { return hn::Div(one, hn::Add(one, exponential(hn::Neg(v)))); }, x);
}

HWY_NOINLINE void tanh_forward(std::span<const float> x, std::span<float> y) {
  map_to(
      y, [](Vector v) { return hyperbolic_tangent(v); }, x);
}

HWY_NOINLINE void sigmoid_backward(std::span<const float> y, std::span<const float> output_gradient,
                                   std::span<float> input_gradient) {
  const Vector one = broadcast(1);
  map_to(
      input_gradient, [one](Vector v, Vector g) { return hn::Mul(g, hn::Mul(v, hn::Sub(one, v))); },
      y, output_gradient);
}

HWY_NOINLINE void tanh_backward(std::span<const float> y, std::span<const float> output_gradient,
                                std::span<float> input_gradient) {
  const Vector one = broadcast(1);
  map_to(
      input_gradient, [one](Vector v, Vector g) { return hn::Mul(g, hn::Sub(one, hn::Mul(v, v))); },
      y, output_gradient);
}

/// Every element as it is, unless it is there already.
HWY_NOINLINE void carry(std::span<const float> from, std::span<float> to) {
  if (from.data() != to.data()) std::copy(from.begin(), from.end(), to.begin());
}

}  // namespace

void activation_forward(Activation kind, std::span<const float> x, std::span<float> y) {
  switch (kind) {
    case Activation::kLinear:
      return carry(x, y);
    case Activation::kRelu:
      return map_to(
          y, [](Vector v) { return relu(v); }, x);
    case Activation::kSigmoid:
      return sigmoid_forward(x, y);
    case Activation::kTanh:
      return tanh_forward(x, y);
  }
}

void activation_backward(Activation kind, std::span<const float> y,
                         std::span<const float> output_gradient, std::span<float> input_gradient) {
  switch (kind) {
    case Activation::kLinear:
      return carry(output_gradient, input_gradient);
    case Activation::kRelu:
      return map_to(
          input_gradient,
          [](Vector v, Vector g) { return hn::IfThenElseZero(hn::Gt(v, zero()), g); }, y,
          output_gradient);
    case Activation::kSigmoid:
      return sigmoid_backward(y, output_gradient, input_gradient);
    case Activation::kTanh:
      return tanh_backward(y, output_gradient, input_gradient);
  }
}

}  // namespace fovea
