// SPDX-License-Identifier: MIT
#include "kernels/shaped_activation.h"

#include "kernels/simd.h"

namespace fovea {

namespace {

using Kind = ShapedActivation::Kind;

Vector divide(float a, Vector b) { return hn::Div(broadcast(a), b); }

/// 1 / (1 + exp(-x))
HWY_NOINLINE Vector sigmoid(Vector x) {
  return divide(1, hn::Add(broadcast(1), exponential(hn::Neg(x))));
}

/// exp(-x^2 / 2): the normal density times sqrt(2 pi).
Vector bell(Vector x) { return exponential(hn::Mul(broadcast(-0.5F), hn::Mul(x, x))); }

/// Phi(x). With a = |x|, Phi(-a) exp(a^2 / 2) is smooth and falls like 1 / a: a polynomial in t =
/// 1 / (1 + 0.35 a) fits it (Chebyshev interpolation on 0 <= a <= 14 in 40 digits, relative error
/// 4e-8), and so the left tail keeps its digits, which 1 + erf(x) would lose.
Vector normal_distribution(Vector x, Vector bell_of_x) {
  constexpr float kCoefficients[] = {-0.029679522F, 0.14654583F,    -0.260961228F,
                                     0.165050996F,  -0.0270466083F, 0.107114588F,
                                     0.119444917F,  0.139912298F,   0.139618713F};
  const Vector t = divide(1, multiply_add(hn::Abs(x), broadcast(0.35F), broadcast(1)));
  Vector p = zero();
  for (const float coefficient : kCoefficients) p = multiply_add(p, t, broadcast(coefficient));
  const Vector tail = hn::Mul(hn::Mul(p, t), bell_of_x);
  return hn::IfThenElse(hn::Lt(x, zero()), tail, hn::Sub(broadcast(1), tail));
}

/// tanh(softplus(x)) = n / (n + 2) with n = e (e + 2), e = exp(x): no difference that loses digits.
Vector tanh_of_softplus(Vector x) {
  const Vector e = exponential(hn::Min(x, broadcast(20)));
  const Vector n = hn::Mul(e, hn::Add(e, broadcast(2)));
  return hn::Div(n, hn::Add(n, broadcast(2)));
}

/// exp(x) - 1 for x <= 0, and 0 above.
Vector negative_exponential(Vector x) {
  return hn::Expm1(kLanes, hn::Clamp(x, broadcast(-40), zero()));
}

// Both are called for every vector rather than inlined into two loops each: they are long.
HWY_NOINLINE Vector value(const ShapedActivation& f, Vector x) {
  const Vector slope = broadcast(f.slope);
  const Vector threshold = broadcast(f.threshold);
  Vector y = x;
  switch (f.kind) {
    case Kind::kRectifier: {
      const Vector z = hn::Add(x, broadcast(f.shift));
      y = hn::IfThenElse(hn::Ge(z, threshold), hn::Min(z, broadcast(f.maximum)),
                         hn::Mul(slope, hn::Sub(z, threshold)));
      break;
    }
    case Kind::kElu:
      y = hn::IfThenElse(hn::Gt(x, zero()), x, hn::Mul(slope, negative_exponential(x)));
      break;
    case Kind::kGelu:
      y = hn::Mul(x, normal_distribution(x, bell(x)));
      break;
    case Kind::kSwish:
      y = hn::Mul(x, sigmoid(x));
      break;
    case Kind::kMish:
      y = hn::Mul(x, tanh_of_softplus(x));
      break;
    case Kind::kSoftplus:
      // ln(1 + exp(x)) = max(x, 0) + ln(1 + exp(-|x|)), which never overflows.
      y = hn::Add(hn::Max(x, zero()), hn::Log1p(kLanes, exponential(hn::Neg(hn::Abs(x)))));
      break;
    case Kind::kSoftsign:
      y = hn::Div(x, hn::Add(broadcast(1), hn::Abs(x)));
      break;
    case Kind::kExponential:
      y = exponential(x);
      break;
  }
  y = hn::Mul(y, broadcast(f.gain));
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

HWY_NOINLINE Vector slope_at(const ShapedActivation& f, Vector x) {
  const Vector one = broadcast(1);
  const Vector slope = broadcast(f.slope);
  Vector d = one;
  switch (f.kind) {
    case Kind::kRectifier: {
      const Vector z = hn::Add(x, broadcast(f.shift));
      d = hn::IfThenElse(hn::Gt(z, broadcast(f.threshold)),
                         hn::IfThenElseZero(hn::Lt(z, broadcast(f.maximum)), one), slope);
      break;
    }
    case Kind::kElu:
      d = hn::IfThenElse(hn::Gt(x, zero()), one,
                         hn::Mul(slope, hn::Add(negative_exponential(x), one)));
      break;
    case Kind::kGelu: {
      constexpr float kDensityAtZero = 0.3989422804F;  // 1 / sqrt(2 pi)
      const Vector b = bell(x);
      d = hn::Add(normal_distribution(x, b), hn::Mul(hn::Mul(x, broadcast(kDensityAtZero)), b));
      break;
    }
    case Kind::kSwish: {
      const Vector s = sigmoid(x);
      d = hn::Mul(s, hn::Add(one, hn::Mul(x, hn::Sub(one, s))));
      break;
    }
    case Kind::kMish: {
      const Vector w = tanh_of_softplus(x);
      d = hn::Add(w, hn::Mul(hn::Mul(x, sigmoid(x)), hn::Sub(one, hn::Mul(w, w))));
      break;
    }
    case Kind::kSoftplus:
      d = sigmoid(x);
      break;
    case Kind::kSoftsign: {
      const Vector r = divide(1, hn::Add(one, hn::Abs(x)));
      d = hn::Mul(r, r);
      break;
    }
    case Kind::kExponential:
      d = exponential(x);
      break;
  }
  return hn::Mul(d, broadcast(f.gain));
}

}  // namespace

void shaped_activation_forward(const ShapedActivation& f, std::span<const float> x,
                               std::span<float> y) {
  map_to(
      y, [&f](Vector v) { return value(f, v); }, x);
}

void shaped_activation_backward(const ShapedActivation& f, std::span<const float> x,
                                std::span<const float> output_gradient,
                                std::span<float> input_gradient) {
  map_to(
      input_gradient, [&f](Vector v, Vector g) { return hn::Mul(g, slope_at(f, v)); }, x,
      output_gradient);
}

}  // namespace fovea
