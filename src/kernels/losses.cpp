// SPDX-License-Identifier: MIT
#include "kernels/losses.h"

#include <algorithm>
#include <cmath>

#include "kernels/simd.h"

namespace fovea {

namespace {

constexpr float kEpsilon = 1e-7F;  // Keras's backend epsilon

/// A loss and its derivative with respect to the prediction.
struct Term {
  Vector value, slope;
};

// Each is some hundred bytes, and many losses need them: called, not copied into each.
[[gnu::noinline]] Vector exp_of(Vector x) { return exponential(x); }
[[gnu::noinline]] Vector log_of(Vector x) { return logarithm(x); }

Vector positive_part(Vector x) { return hn::IfThenZeroElse(hn::Lt(x, zero()), x); }
Vector sign(Vector x) {
  const Vector one = broadcast(1);
  return hn::IfThenElseZero(hn::Gt(x, zero()), one) - hn::IfThenElseZero(hn::Lt(x, zero()), one);
}
/// x between two numbers; NaN stays.
Vector clipped(Vector x, float least, float most) {
  const Vector low = hn::IfThenElse(hn::Lt(x, broadcast(least)), broadcast(least), x);
  return hn::IfThenElse(hn::Gt(low, broadcast(most)), broadcast(most), low);
}
Mask inside(Vector x, float least, float most) {
  return hn::And(hn::Ge(x, broadcast(least)), hn::Le(x, broadcast(most)));
}
Vector sigmoid(Vector x) { return broadcast(1) / (broadcast(1) + exp_of(hn::Neg(x))); }
/// x^exponent for x from 0 to 1.
Vector power(Vector x, float exponent) {
  return exp_of(broadcast(exponent) * log_of(clipped(x, 1e-30F, 1)));
}

/// -t log p - (1 - t) log(1 - p). From logits as max(x, 0) - x t + log(1 + exp(-|x|)), whose slope
/// is sigmoid(x) - t: no probability is rounded to 0 or 1 first.
Term binary_crossentropy(bool from_logits, Vector y, Vector t) {
  const Vector one = broadcast(1);
  if (from_logits) {
    const Vector tail = log_of(one + exp_of(hn::Neg(hn::Abs(y))));
    return {positive_part(y) - y * t + tail, sigmoid(y) - t};
  }
  const Vector p = clipped(y, kEpsilon, 1 - kEpsilon);
  const Vector value = t * log_of(p) + (one - t) * log_of(one - p);
  const Mask moves = inside(y, kEpsilon, 1 - kEpsilon);
  return {hn::Neg(value), hn::IfThenElseZero(moves, (p - t) / (p * (one - p)))};
}

/// Lin, Goyal, Girshick, He and Dollar, "Focal Loss for Dense Object Detection" (2017). With
/// q = 1 - (probability of what is true): q^gamma b, b the cross-entropy.
Term binary_focal(const LossFormula& f, Vector y, Vector t) {
  const Vector one = broadcast(1);
  const Term b = binary_crossentropy(f.from_logits, y, t);
  const Vector p = f.from_logits ? sigmoid(y) : y;
  const Vector q = clipped(one - (t * p + (one - t) * (one - p)), 1e-30F, 1);
  const Vector factor = power(q, f.gamma);
  // dq / dy: 1 - 2t, through the sigmoid times p (1 - p).
  const Vector dp = f.from_logits ? p * (one - p) : one;
  const Vector dq = (one - t - t) * dp;
  Term focal{factor * b.value, factor * b.slope + broadcast(f.gamma) * (factor / q) * dq * b.value};
  if (f.balanced) {
    const Vector alpha = broadcast(f.alpha);
    const Vector balance = t * alpha + (one - t) * (one - alpha);
    focal = {focal.value * balance, focal.slope * balance};
  }
  return focal;
}

Term squared_log_error(Vector y, Vector t) {
  const Vector one = broadcast(1);
  const Vector e = broadcast(kEpsilon);
  const Vector above = hn::IfThenElse(hn::Lt(y, e), e, y) + one;
  const Vector d = log_of(above) - log_of(hn::Max(t, e) + one);
  return {d * d, hn::IfThenZeroElse(hn::Lt(y, e), (d + d) / above)};
}

Term hinge(bool squared, Vector y, Vector t) {
  const Vector side = hn::IfThenElse(hn::Eq(t, zero()), broadcast(-1), t);
  const Vector margin = positive_part(broadcast(1) - side * y);
  const Vector slope = hn::IfThenElseZero(hn::Gt(margin, zero()), hn::Neg(side));
  if (squared) return {margin * margin, (margin + margin) * slope};
  return {margin, slope};
}

Term term(const LossFormula& f, Vector y, Vector t) {
  const Vector d = y - t;
  const Vector one = broadcast(1);
  switch (f.kind) {
    case LossKind::kAbsoluteError:
      return {hn::Abs(d), sign(d)};
    case LossKind::kPercentageError: {
      const Vector scale = broadcast(100) / hn::Max(hn::Abs(t), broadcast(kEpsilon));
      return {hn::Abs(d) * scale, sign(d) * scale};
    }
    case LossKind::kSquaredLogError:
      return squared_log_error(y, t);
    case LossKind::kHuber: {
      const Vector slope = clipped(d, -f.delta, f.delta);
      return {slope * (d - broadcast(0.5F) * slope), slope};
    }
    case LossKind::kLogCosh: {
      // |d| + log(1 + exp(-2|d|)) - log 2 does not overflow.
      const Vector a = hn::Abs(d);
      return {a + log_of(one + exp_of(hn::Neg(a + a))) - broadcast(0.69314718055994531F),
              hyperbolic_tangent(d)};
    }
    case LossKind::kHinge:
    case LossKind::kSquaredHinge:
      return hinge(f.kind == LossKind::kSquaredHinge, y, t);
    case LossKind::kPoisson: {
      const Vector above = y + broadcast(kEpsilon);
      return {y - t * log_of(above), one - t / above};
    }
    case LossKind::kBinaryCrossentropy:
    case LossKind::kBinaryFocal: {
      const Vector label = t * broadcast(1 - f.smoothing) + broadcast(f.smoothing / 2);
      return f.kind == LossKind::kBinaryFocal ? binary_focal(f, y, label)
                                              : binary_crossentropy(f.from_logits, y, label);
    }
    case LossKind::kKullbackLeibler: {
      const Vector p = clipped(y, kEpsilon, 1);
      const Vector label = clipped(t, kEpsilon, 1);
      return {label * (log_of(label) - log_of(p)),
              hn::IfThenElseZero(inside(y, kEpsilon, 1), hn::Neg(label) / p)};
    }
    default:
      return {d * d, d + d};
  }
}

}  // namespace

double elementwise_loss(const LossFormula& formula, std::span<const float> y,
                        std::span<const float> t, float scale, std::span<float> gradient) {
  // Sums of blocks in double: a float sum of a million terms would lose four digits.
  constexpr std::size_t kBlock = 1024;
  const Vector factor = broadcast(scale);
  double total = 0;
  for (std::size_t start = 0; start < y.size(); start += kBlock) {
    const std::size_t end = std::min(start + kBlock, y.size());
    Vector sum = zero();
    for (std::size_t i = start; i < end; i += kLaneCount) {
      const std::size_t count = std::min(kLaneCount, end - i);
      const Term one = term(formula, load_at(y, i, count), load_at(t, i, count));
      sum = sum + hn::IfThenElseZero(hn::FirstN(kLanes, count), one.value);
      if (!gradient.empty()) store_at(one.slope * factor, gradient, i, count);
    }
    total += static_cast<double>(sum_of_lanes(sum));
  }
  return total;
}

}  // namespace fovea
