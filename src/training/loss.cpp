// SPDX-License-Identifier: MIT
#include "training/loss.h"

#include <array>

#include "kernels/regression.h"
#include "kernels/softmax.h"

namespace fovea {

namespace {

/// -log of the probability of the right class. From logits, or from probabilities; where those come
/// from a softmax, from its logits.
class CategoricalCrossentropy : public Loss {
 public:
  CategoricalCrossentropy(std::string_view name, Labels labels, Options& options)
      : name_(name), labels_(labels), from_logits_(options.flag_or("fromLogits", false)) {}

  LossPort port(int output) const override {
    return {.output = output,
            .wants_logits = !from_logits_,
            .sparse_target = labels_ == Labels::kSparse};
  }
  double evaluate(const LossCall& call) const override {
    const std::int64_t rows = call.prediction.shape.size() / call.prediction.shape[-1];
    const auto scale = static_cast<float>(1 / static_cast<double>(rows));
    const auto& kernel = from_logits_ || call.reads_logits ? softmax_cross_entropy : cross_entropy;
    return kernel(call.prediction, call.target, labels_, scale, call.gradient) /
           static_cast<double>(rows);
  }
  std::string_view name() const override { return name_; }

 private:
  std::string_view name_;
  Labels labels_;
  bool from_logits_;
};

/// The mean of (prediction - target)^2.
class MeanSquaredError : public Loss {
 public:
  LossPort port(int output) const override { return {.output = output}; }
  double evaluate(const LossCall& call) const override {
    const auto count = static_cast<double>(call.prediction.size());
    return squared_error(call.prediction.values(), call.target.values(),
                         static_cast<float>(1 / count), call.gradient.values()) /
           count;
  }
  std::string_view name() const override { return "meanSquaredError"; }
};

struct Entry {
  std::string_view type;
  std::unique_ptr<Loss> (*make)(Options& options);
};

constexpr std::array kLosses = {
    Entry{"categoricalCrossentropy",
          [](Options& options) -> std::unique_ptr<Loss> {
            return std::make_unique<CategoricalCrossentropy>("categoricalCrossentropy",
                                                             Labels::kOneHot, options);
          }},
    Entry{"meanSquaredError",
          [](Options&) -> std::unique_ptr<Loss> { return std::make_unique<MeanSquaredError>(); }},
    Entry{"sparseCategoricalCrossentropy",
          [](Options& options) -> std::unique_ptr<Loss> {
            return std::make_unique<CategoricalCrossentropy>("sparseCategoricalCrossentropy",
                                                             Labels::kSparse, options);
          }},
};

}  // namespace

std::unique_ptr<Loss> make_loss(std::string_view type, Options& options) {
  std::array<std::string_view, kLosses.size()> names{};
  for (std::size_t i = 0; i < kLosses.size(); ++i) {
    if (kLosses[i].type == type) {
      std::unique_ptr<Loss> loss = kLosses[i].make(options);
      options.finish();
      return loss;
    }
    names[i] = kLosses[i].type;
  }
  fail(ErrorCode::kBadOption, "compile: unknown loss \"", type,
       "\". Known losses: ", listing(names, " and "), ".");
}

}  // namespace fovea
