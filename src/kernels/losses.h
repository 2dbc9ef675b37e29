// SPDX-License-Identifier: MIT
// The losses besides cross-entropy over classes: a value and its slope from a prediction and a
// target. Keras's formulas. The element-wise ones share one loop, the others work on one row.
#pragma once

#include <cstdint>
#include <span>

namespace fovea {

/// y is the prediction, t the target, e = 1e-7.
enum class LossKind : std::uint8_t {
  // Element by element.
  kSquaredError,        // (y - t)^2
  kAbsoluteError,       // |y - t|
  kPercentageError,     // 100 |y - t| / max(|t|, e)
  kSquaredLogError,     // (log(max(y, e) + 1) - log(max(t, e) + 1))^2
  kHuber,               // d = |y - t|: d^2 / 2 up to delta, beyond it delta d - delta^2 / 2
  kLogCosh,             // log(cosh(y - t))
  kHinge,               // max(0, 1 - t y); t = 0 counts as -1
  kSquaredHinge,        // its square
  kPoisson,             // y - t log(y + e)
  kBinaryCrossentropy,  // -t log y - (1 - t) log(1 - y), y clipped to [e, 1 - e]
  kBinaryFocal,         // the same times (1 - p)^gamma, p the probability of what is true
  kKullbackLeibler,     // t log(t / y), both clipped to [e, 1]
  // Row by row: the last dimension.
  kCategoricalHinge,  // max(0, 1 + max((1 - t) y) - sum(t y))
  kCosineSimilarity,  // -(y / |y|) . (t / |t|)
  kCategoricalFocal,  // -alpha sum(t (1 - p)^gamma log p), p = y / sum(y) or softmax(y)
  kGaussianMixture,   // -log sum of weight_k N(t; mean_k, deviation_k^2)
  // All at once.
  kDice,  // 1 - (2 sum(t y) + e) / (sum(t) + sum(y) + e)
  // Elsewhere: kernels/softmax.h, and JavaScript.
  kCrossentropy,
  kSparseCrossentropy,
  kCustom,
};

struct LossFormula {
  LossKind kind = LossKind::kSquaredError;
  bool from_logits = false;  // y is before its sigmoid or softmax
  bool balanced = false;     // binary focal: times alpha where t = 1, 1 - alpha where t = 0
  float smoothing = 0;       // binary: t becomes t (1 - smoothing) + smoothing / 2; else / classes
  float delta = 1;
  float alpha = 0.25F, gamma = 2;
  int components = 1;  // kGaussianMixture
};

/// The sum of an element-wise loss over y, and its slopes times `scale`. gradient may be empty:
/// only the value is wanted.
double elementwise_loss(const LossFormula& formula, std::span<const float> y,
                        std::span<const float> t, float scale, std::span<float> gradient);

/// The loss of one row, and its gradient times `scale`.
double row_loss(const LossFormula& formula, std::span<const float> y, std::span<const float> t,
                float scale, std::span<float> gradient);

/// The three sums that make kDice: sum(t y), sum(t), sum(y), and its gradient from them: that of
/// 1 - (2 overlap + e) / (total + e) is slope_overlap t + slope_total.
struct DiceSums {
  double overlap = 0, target = 0, prediction = 0;
};
void add_dice_sums(std::span<const float> y, std::span<const float> t, double weight,
                   DiceSums& sums);
void dice_gradient(std::span<const float> t, float slope_overlap, float slope_total,
                   std::span<float> gradient);

}  // namespace fovea
