// SPDX-License-Identifier: MIT
#include "training/loss.h"

#include <algorithm>
#include <array>
#include <limits>

#include "kernels/softmax.h"

namespace fovea {

namespace {

struct Entry {
  std::string_view type;
  LossKind kind;
};

// "focal" stands for kBinaryFocal until its output is known.
constexpr std::array kLosses = {
    Entry{"binaryCrossentropy", LossKind::kBinaryCrossentropy},
    Entry{"categoricalCrossentropy", LossKind::kCrossentropy},
    Entry{"categoricalHinge", LossKind::kCategoricalHinge},
    Entry{"cosineSimilarity", LossKind::kCosineSimilarity},
    Entry{"custom", LossKind::kCustom},
    Entry{"dice", LossKind::kDice},
    Entry{"focal", LossKind::kBinaryFocal},
    Entry{"gaussianMixtureNLL", LossKind::kGaussianMixture},
    Entry{"hinge", LossKind::kHinge},
    Entry{"huber", LossKind::kHuber},
    Entry{"kullbackLeiblerDivergence", LossKind::kKullbackLeibler},
    Entry{"logCosh", LossKind::kLogCosh},
    Entry{"meanAbsoluteError", LossKind::kAbsoluteError},
    Entry{"meanAbsolutePercentageError", LossKind::kPercentageError},
    Entry{"meanSquaredError", LossKind::kSquaredError},
    Entry{"meanSquaredLogarithmicError", LossKind::kSquaredLogError},
    Entry{"poisson", LossKind::kPoisson},
    Entry{"sparseCategoricalCrossentropy", LossKind::kSparseCrossentropy},
    Entry{"squaredHinge", LossKind::kSquaredHinge},
};

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
constexpr int kLargestClass = 1 << 24;  // class numbers are exact in float

Entry find_loss(std::string_view type) {
  std::array<std::string_view, kLosses.size()> names{};
  for (std::size_t i = 0; i < kLosses.size(); ++i) {
    if (kLosses[i].type == type) return kLosses[i];
    names[i] = kLosses[i].type;
  }
  fail(ErrorCode::kBadOption, "compile: unknown loss \"", type,
       "\". Known losses: ", listing(names, " and "), ".");
}

/// One value per row of the last dimension, not one per element.
bool by_rows(LossKind kind) { return kind >= LossKind::kKullbackLeibler; }

}  // namespace

Loss::Loss(std::string_view type, Options& options, const Shape& output) : ignored_(kNone) {
  const Entry entry = find_loss(type);
  name_ = entry.type;
  LossKind& kind = formula_.kind;
  kind = entry.kind;
  const bool focal = kind == LossKind::kBinaryFocal;
  if (focal || kind == LossKind::kBinaryCrossentropy || kind == LossKind::kCrossentropy ||
      kind == LossKind::kSparseCrossentropy) {
    formula_.from_logits = options.flag_or("fromLogits", false);
    formula_.smoothing = static_cast<float>(options.number_or("labelSmoothing", 0, 0, 1));
  }
  if (focal) {
    formula_.alpha = static_cast<float>(options.number_or("alpha", 0.25, 0, 1));
    formula_.gamma = static_cast<float>(options.number_or("gamma", 2, 0, 100));
    formula_.balanced = options.flag_or("applyClassBalancing", false);
    const bool several = options.flag_or("multiLabel", false);
    if (!several && output[-1] > 1) kind = LossKind::kCategoricalFocal;
  }
  if (kind == LossKind::kSparseCrossentropy && options.given("ignoreClass")) {
    ignored_ = static_cast<float>(options.integer("ignoreClass", -kLargestClass, kLargestClass));
  }
  if (kind == LossKind::kHuber) {
    formula_.delta = static_cast<float>(options.number_or("delta", 1, 0, 1e30));
  }
  if (kind == LossKind::kGaussianMixture) {
    formula_.components = options.integer("components", 1);
    target_size_ = (output[-1] / formula_.components - 1) / 2;
    if (target_size_ < 1 || output[-1] != formula_.components * (1 + 2 * target_size_)) {
      fail(ErrorCode::kBadShape, options.place(), ": ", formula_.components,
           " components need an output of components * (1 + 2 * d) numbers (a weight, d means and "
           "d log standard deviations each) for targets of d numbers, but it has ",
           output[-1], ". Give the last layer ", 3 * formula_.components, " units for d = 1.");
    }
  }
  options.finish();
}

LossPort Loss::port(int output) const {
  const LossKind kind = formula_.kind;
  const bool classes = kind == LossKind::kCrossentropy || kind == LossKind::kSparseCrossentropy ||
                       kind == LossKind::kCategoricalFocal;
  return {.output = output,
          .wants_logits = classes && !formula_.from_logits,
          .sparse_target = kind == LossKind::kSparseCrossentropy,
          .has_target = !is_custom(),
          .target_size = target_size_};
}

bool Loss::is_binary() const {
  return formula_.kind == LossKind::kBinaryCrossentropy || formula_.kind == LossKind::kBinaryFocal;
}

Squash Loss::squash(bool reads_logits) const {
  if (!formula_.from_logits && !reads_logits) return Squash::kNone;
  return is_binary() ? Squash::kSigmoid : Squash::kSoftmax;
}

double Loss::evaluate(const LossCall& call) const {
  if (formula_.kind == LossKind::kDice) return dice(call);
  // Where examples weigh the same, the batch is one long example.
  const auto examples = static_cast<std::size_t>(call.prediction.shape[0]);
  const std::size_t parts = call.row_weights.empty() ? 1 : examples;
  const auto last = static_cast<std::size_t>(call.prediction.shape[-1]);
  const std::size_t size = call.prediction.size() / parts;
  const std::size_t target_size = call.target.size() / parts;
  auto count = static_cast<double>(by_rows(formula_.kind) ? call.prediction.size() / last
                                                          : call.prediction.size());
  if (ignored_ == ignored_) {
    count -= static_cast<double>(std::ranges::count(call.target.values(), ignored_));
    count = std::max(count, 1.0);  // all ignored: nothing is wrong
  }
  LossFormula formula = formula_;
  formula.from_logits = formula.from_logits || call.reads_logits;
  double total = 0;
  for (std::size_t part = 0; part < parts; ++part) {
    const double weight =
        weight_ * (call.row_weights.empty() ? 1 : static_cast<double>(call.row_weights[part]));
    const auto scale = static_cast<float>(weight / count);
    LossCall one = call;
    one.prediction.data += part * size;
    one.target.data += part * target_size;
    if (one.gradient) one.gradient.data += part * size;
    if (parts > 1) {
      one.prediction.shape.set(0, 1);
      one.target.shape.set(0, 1);
      one.gradient.shape.set(0, 1);
    }
    if (formula.kind >= LossKind::kCrossentropy) {
      total += weight * cross_entropy_of(one, scale);
      continue;
    }
    // Element-wise losses take all at once, the others row by row.
    const std::size_t step = formula.kind > LossKind::kKullbackLeibler ? last : size;
    const std::size_t target_step = target_size / (size / step);
    double sum = 0;
    for (std::size_t row = 0; row < size / step; ++row) {
      sum += row_loss(
          formula, one.prediction.values().subspan(row * step, step),
          one.target.values().subspan(row * target_step, target_step), scale,
          one.gradient ? one.gradient.values().subspan(row * step, step) : std::span<float>());
    }
    total += weight * sum;
  }
  return total / count;
}

double Loss::cross_entropy_of(const LossCall& call, float scale) const {
  LabelFormat format(formula_.kind == LossKind::kSparseCrossentropy ? Labels::kSparse
                                                                    : Labels::kOneHot);
  format.smoothing = formula_.smoothing;
  format.ignored = ignored_;
  const bool logits = formula_.from_logits || call.reads_logits;
  return (logits ? softmax_cross_entropy : cross_entropy)(call.prediction, call.target, format,
                                                          scale, call.gradient);
}

/// Sudre et al. (2017), as in Keras: over the whole batch. Weights of examples count inside the
/// sums.
double Loss::dice(const LossCall& call) const {
  constexpr double kEpsilon = 1e-7;
  const auto examples = static_cast<std::size_t>(call.prediction.shape[0]);
  const std::size_t size = call.prediction.size() / examples;
  const auto weight_of = [&](std::size_t n) {
    return call.row_weights.empty() ? 1 : static_cast<double>(call.row_weights[n]);
  };
  DiceSums sums;
  for (std::size_t n = 0; n < examples; ++n) {
    add_dice_sums(call.prediction.values().subspan(n * size, size),
                  call.target.values().subspan(n * size, size), weight_of(n), sums);
  }
  const double upper = 2 * sums.overlap + kEpsilon;
  const double lower = sums.target + sums.prediction + kEpsilon;
  for (std::size_t n = 0; call.gradient && n < examples; ++n) {
    const double scale = weight_ * weight_of(n);
    dice_gradient(call.target.values().subspan(n * size, size),
                  static_cast<float>(-2 * scale / lower),
                  static_cast<float>(scale * upper / lower / lower),
                  call.gradient.values().subspan(n * size, size));
  }
  return weight_ * (1 - upper / lower);
}

std::unique_ptr<Loss> make_loss(std::string_view type, Options& options, const Shape& output) {
  return std::make_unique<Loss>(type, options, output);
}

}  // namespace fovea
