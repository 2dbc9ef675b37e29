// SPDX-License-Identifier: MIT
#include "tests/reference/losses.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fovea::reference {

namespace {

constexpr double kEpsilon = 1e-7;

double clip(double x, double low, double high) { return std::min(std::max(x, low), high); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double binary(const LossWords& words, double y, double t) {
  t = t * (1 - words.smoothing) + words.smoothing / 2;
  const double p = words.from_logits ? sigmoid(y) : y;
  const double q = clip(p, words.from_logits ? 0 : kEpsilon, words.from_logits ? 1 : 1 - kEpsilon);
  const double cross_entropy = -(t * std::log(q) + (1 - t) * std::log(1 - q));
  if (words.type != "focal") return cross_entropy;
  const double right = t * p + (1 - t) * (1 - p);
  const double balance = words.balanced ? t * words.alpha + (1 - t) * (1 - words.alpha) : 1;
  return balance * std::pow(1 - right, words.gamma) * cross_entropy;
}

double element(const LossWords& words, double y, double t) {
  const std::string& type = words.type;
  const double d = y - t;
  const double side = t == 0 ? -1 : t;
  if (type == "meanSquaredError") return d * d;
  if (type == "meanAbsoluteError") return std::fabs(d);
  if (type == "meanAbsolutePercentageError") {
    return 100 * std::fabs(d) / std::max(std::fabs(t), kEpsilon);
  }
  if (type == "meanSquaredLogarithmicError") {
    return std::pow(std::log(std::max(y, kEpsilon) + 1) - std::log(std::max(t, kEpsilon) + 1), 2);
  }
  if (type == "huber") {
    return std::fabs(d) <= words.delta ? d * d / 2
                                       : words.delta * std::fabs(d) - words.delta * words.delta / 2;
  }
  if (type == "logCosh") return std::log(std::cosh(d));
  if (type == "hinge") return std::max(0.0, 1 - side * y);
  if (type == "squaredHinge") return std::pow(std::max(0.0, 1 - side * y), 2);
  if (type == "poisson") return y - t * std::log(y + kEpsilon);
  return binary(words, y, t);
}

/// Probabilities of a row.
Values distribution(const LossWords& words, Values y) {
  if (words.from_logits) {
    for (double& v : y) v = std::exp(v);
  }
  const double sum = std::accumulate(y.begin(), y.end(), 0.0);
  for (double& v : y) v /= sum;
  return y;
}

double mixture(std::size_t components, const Values& y, const Values& t) {
  const Values weights =
      distribution({.type = "", .from_logits = true},
                   Values(y.begin(), y.begin() + static_cast<std::ptrdiff_t>(components)));
  const std::size_t wide = components * t.size();
  double density = 0;
  for (std::size_t k = 0; k < components; ++k) {
    double product = weights[k];
    for (std::size_t d = 0; d < t.size(); ++d) {
      const std::size_t at = components + k * t.size() + d;
      const double deviation = std::exp(y[at + wide]);
      const double z = (t[d] - y[at]) / deviation;
      product *= std::exp(-z * z / 2) / (deviation * std::sqrt(2 * std::acos(-1.0)));
    }
    density += product;
  }
  return -std::log(density);
}

double row(const LossWords& words, const Values& y, const Values& t) {
  double sum = 0;
  if (words.type == "gaussianMixtureNLL") return mixture(words.components, y, t);
  if (words.type == "kullbackLeiblerDivergence") {
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double label = clip(t[i], kEpsilon, 1);
      sum += label * std::log(label / clip(y[i], kEpsilon, 1));
    }
    return sum;
  }
  if (words.type == "categoricalHinge") {
    double wrong = (1 - t[0]) * y[0];
    for (std::size_t i = 0; i < y.size(); ++i) {
      wrong = std::max(wrong, (1 - t[i]) * y[i]);
      sum += t[i] * y[i];
    }
    return std::max(0.0, wrong - sum + 1);
  }
  if (words.type == "cosineSimilarity") {
    const double lengths = std::inner_product(y.begin(), y.end(), y.begin(), 0.0) *
                           std::inner_product(t.begin(), t.end(), t.begin(), 0.0);
    return -std::inner_product(y.begin(), y.end(), t.begin(), 0.0) / std::sqrt(lengths);
  }
  const Values p = distribution(words, y);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double label = t[i] * (1 - words.smoothing) + words.smoothing / double(y.size());
    const double q = clip(p[i], kEpsilon, 1 - kEpsilon);
    const double focus = words.type == "focal" ? words.alpha * std::pow(1 - q, words.gamma) : 1;
    sum -= focus * label * std::log(q);
  }
  return sum;
}

double dice(const Values& y, const Values& t, const Values& weights) {
  const std::size_t size = y.size() / weights.size();
  double overlap = 0;
  double both = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    overlap += weights[i / size] * y[i] * t[i];
    both += weights[i / size] * (y[i] + t[i]);
  }
  return 1 - (2 * overlap + kEpsilon) / (both + kEpsilon);
}

}  // namespace

double mean_loss(const LossWords& words, const Values& y, const Values& t, std::size_t last,
                 const Values& weights) {
  static const std::vector<std::string> kByRow = {"gaussianMixtureNLL", "kullbackLeiblerDivergence",
                                                  "categoricalHinge", "cosineSimilarity",
                                                  "categoricalCrossentropy"};
  if (words.type == "dice") return dice(y, t, weights);
  const bool by_row = std::ranges::find(kByRow, words.type) != kByRow.end() ||
                      (words.type == "focal" && last > 1 && !words.several);
  const std::size_t size = by_row ? last : 1;
  const std::size_t count = y.size() / size;
  const std::size_t target_size = t.size() / count;
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto part = [i](const Values& all, std::size_t width) {
      const auto from = all.begin() + static_cast<std::ptrdiff_t>(i * width);
      return Values(from, from + static_cast<std::ptrdiff_t>(width));
    };
    const double value =
        by_row ? row(words, part(y, size), part(t, target_size)) : element(words, y[i], t[i]);
    sum += weights[i / (count / weights.size())] * value;
  }
  return sum / static_cast<double>(count);
}

}  // namespace fovea::reference
