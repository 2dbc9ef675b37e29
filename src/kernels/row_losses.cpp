// SPDX-License-Identifier: MIT
// The losses of kernels/losses.h that look at a whole row, or at the whole batch. Rows are short:
// plain loops.
#include <algorithm>
#include <cmath>

#include "kernels/losses.h"
#include "kernels/scalar.h"

namespace fovea {

namespace {

constexpr float kEpsilon = 1e-7F;  // Keras's backend epsilon

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
    const float q = std::clamp(p, kEpsilon, 1 - kEpsilon);
    const float log_q = scalar_log(q);
    const float factor = f.alpha * label * scalar_exp(f.gamma * scalar_log(1 - q));
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
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    gradient[i] = slope_overlap * t[i] + slope_total;
  }
}

}  // namespace fovea
