// SPDX-License-Identifier: MIT
#include "kernels/losses.h"

#include <algorithm>
#include <cmath>

#include "kernels/scalar.h"
#include "kernels/simd.h"

namespace fovea {

namespace {

constexpr float kEpsilon = 1e-7F;  // Keras's backend epsilon

/// A loss and its derivative with respect to the prediction.
struct Term {
  Vector value, slope;
};

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
Vector sigmoid(Vector x) { return broadcast(1) / (broadcast(1) + exponential(hn::Neg(x))); }
/// x^exponent for x from 0 to 1.
Vector power(Vector x, float exponent) {
  return exponential(broadcast(exponent) * logarithm(clipped(x, 1e-30F, 1)));
}

/// -t log p - (1 - t) log(1 - p). From logits as max(x, 0) - x t + log(1 + exp(-|x|)), whose slope
/// is sigmoid(x) - t: no probability is rounded to 0 or 1 first.
Term binary_crossentropy(bool from_logits, Vector y, Vector t) {
  const Vector one = broadcast(1);
  if (from_logits) {
    const Vector tail = logarithm(one + exponential(hn::Neg(hn::Abs(y))));
    return {positive_part(y) - y * t + tail, sigmoid(y) - t};
  }
  const Vector p = clipped(y, kEpsilon, 1 - kEpsilon);
  const Vector value = t * logarithm(p) + (one - t) * logarithm(one - p);
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
  const Vector d = logarithm(above) - logarithm(hn::Max(t, e) + one);
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
      return {a + logarithm(one + exponential(hn::Neg(a + a))) - broadcast(0.69314718055994531F),
              hyperbolic_tangent(d)};
    }
    case LossKind::kHinge:
    case LossKind::kSquaredHinge:
      return hinge(f.kind == LossKind::kSquaredHinge, y, t);
    case LossKind::kPoisson: {
      const Vector above = y + broadcast(kEpsilon);
      return {y - t * logarithm(above), one - t / above};
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
      return {label * (logarithm(label) - logarithm(p)),
              hn::IfThenElseZero(inside(y, kEpsilon, 1), hn::Neg(label) / p)};
    }
    default:
      return {d * d, d + d};
  }
}

/// sum of a[i] b[i], one after the other in double: rows are short.
double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  return sum;
}

double categorical_hinge(std::span<const float> y, std::span<const float> t, float scale,
                         std::span<float> gradient) {
  double best = 0;
  std::size_t where = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double wrong = (1 - static_cast<double>(t[i])) * static_cast<double>(y[i]);
    if (i > 0 && wrong <= best) continue;
    best = wrong;
    where = i;
  }
  const double margin = best - dot(y, t) + 1;
  const bool counts = !(margin <= 0);  // NaN counts: it must be seen
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    gradient[i] = counts ? scale * ((i == where ? 1 - t[i] : 0) - t[i]) : 0;
  }
  return counts ? margin : 0;
}

double cosine_similarity(std::span<const float> y, std::span<const float> t, float scale,
                         std::span<float> gradient) {
  // Keras: x / sqrt(max(|x|^2, 1e-12)).
  constexpr double kLeast = 1e-12;
  const double y_square = dot(y, y);
  const double y_norm = std::sqrt(std::max(y_square, kLeast));
  const double t_norm = std::sqrt(std::max(dot(t, t), kLeast));
  const double similarity = dot(y, t) / y_norm / t_norm;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const double along = static_cast<double>(t[i]) / t_norm;
    const double back = y_square > kLeast ? similarity * static_cast<double>(y[i]) / y_norm : 0;
    gradient[i] = static_cast<float>(-static_cast<double>(scale) * (along - back) / y_norm);
  }
  return -similarity;
}

/// log of the sum of exp(x[i]).
float log_sum_exp(std::span<const float> x) {
  const float top = *std::ranges::max_element(x);
  float sum = 0;
  for (const float v : x) sum += scalar_exp(v - top);
  return top + scalar_log(sum);
}

double categorical_focal(const LossFormula& f, std::span<const float> y, std::span<const float> t,
                         float scale, std::span<float> gradient) {
  const auto classes = static_cast<float>(y.size());
  float sum = f.from_logits ? log_sum_exp(y) : 0;
  if (!f.from_logits) {
    for (const float v : y) sum += v;
  }
  double total = 0;
  float mean = 0;
  const auto probability = [&](std::size_t i) {
    return f.from_logits ? scalar_exp(y[i] - sum) : y[i] / sum;
  };
  for (std::size_t i = 0; i < y.size(); ++i) {
    const float p = probability(i);
    const float label = t[i] * (1 - f.smoothing) + f.smoothing / classes;
    const float q = hn::GetLane(clipped(broadcast(p), kEpsilon, 1 - kEpsilon));
    const float log_q = scalar_log(q);
    const float factor = f.alpha * label * hn::GetLane(power(broadcast(1 - q), f.gamma));
    total -= static_cast<double>(factor * log_q);
    if (gradient.empty()) continue;
    const bool moves = q == p;
    gradient[i] = moves ? factor * (f.gamma * log_q / (1 - q) - 1 / q) : 0;
    mean += gradient[i] * p;
  }
  // Back through y / sum, or through the softmax.
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    gradient[i] = scale * (gradient[i] - mean) * (f.from_logits ? probability(i) : 1 / sum);
  }
  return total;
}

/// y: [weight logits, means, log standard deviations], the last two for each component and each
/// number of the target. Bishop, "Mixture Density Networks" (1994).
double gaussian_mixture(int components, std::span<const float> y, std::span<const float> t,
                        float scale, std::span<float> gradient) {
  constexpr float kHalfLogTau = 0.91893853320467274F;  // log(2 pi) / 2
  const auto count = static_cast<std::size_t>(components);
  const std::size_t wide = count * t.size();
  const std::span<const float> logits = y.first(count);
  const std::span<const float> means = y.subspan(count, wide);
  const std::span<const float> logs = y.subspan(count + wide, wide);
  const float log_weights = log_sum_exp(logits);
  const auto log_density = [&](std::size_t k) {
    float log_p = logits[k] - log_weights;
    for (std::size_t d = 0; d < t.size(); ++d) {
      const std::size_t at = k * t.size() + d;
      const float z = (t[d] - means[at]) * scalar_exp(-logs[at]);
      log_p -= z * z / 2 + logs[at] + kHalfLogTau;
    }
    return log_p;
  };
  float top = log_density(0);
  for (std::size_t k = 1; k < count; ++k) top = std::max(top, log_density(k));
  float sum = 0;
  for (std::size_t k = 0; k < count; ++k) sum += scalar_exp(log_density(k) - top);
  const float log_likelihood = top + scalar_log(sum);
  if (gradient.empty()) return -static_cast<double>(log_likelihood);
  for (std::size_t k = 0; k < count; ++k) {
    const float share = scalar_exp(log_density(k) - log_likelihood);  // of component k in what came
    gradient[k] = scale * (scalar_exp(logits[k] - log_weights) - share);
    for (std::size_t d = 0; d < t.size(); ++d) {
      const std::size_t at = k * t.size() + d;
      const float narrow = scalar_exp(-logs[at]);
      const float z = (t[d] - means[at]) * narrow;
      gradient[count + at] = -scale * share * z * narrow;
      gradient[count + wide + at] = scale * share * (1 - z * z);
    }
  }
  return -static_cast<double>(log_likelihood);
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

double row_loss(const LossFormula& formula, std::span<const float> y, std::span<const float> t,
                float scale, std::span<float> gradient) {
  switch (formula.kind) {
    case LossKind::kCategoricalHinge:
      return categorical_hinge(y, t, scale, gradient);
    case LossKind::kCosineSimilarity:
      return cosine_similarity(y, t, scale, gradient);
    case LossKind::kCategoricalFocal:
      return categorical_focal(formula, y, t, scale, gradient);
    case LossKind::kGaussianMixture:
      return gaussian_mixture(formula.components, y, t, scale, gradient);
    default:
      return elementwise_loss(formula, y, t, scale, gradient);
  }
}

void add_dice_sums(std::span<const float> y, std::span<const float> t, double weight,
                   DiceSums& sums) {
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double prediction = weight * static_cast<double>(y[i]);
    sums.overlap += prediction * static_cast<double>(t[i]);
    sums.target += weight * static_cast<double>(t[i]);
    sums.prediction += prediction;
  }
}

void dice_gradient(std::span<const float> t, float slope_overlap, float slope_total,
                   std::span<float> gradient) {
  map_to(
      gradient,
      [a = broadcast(slope_overlap), b = broadcast(slope_total)](Vector label) {
        return a * label + b;
      },
      t);
}

}  // namespace fovea
