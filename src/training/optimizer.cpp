// SPDX-License-Identifier: MIT
#include "training/optimizer.h"

#include <array>
#include <cmath>

#include "kernels/update.h"

namespace fovea {

namespace {

constexpr double kLargestRate = 1e6;

double read_learning_rate(Options& options, double fallback) {
  return options.number_or("learningRate", fallback, 0, kLargestRate);
}

/// base^exponent by squaring: only multiplications, so the same bits in every engine.
double power(double base, std::uint32_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1U, base *= base) {
    if ((exponent & 1U) != 0) result *= base;
  }
  return result;
}

class Sgd : public Optimizer {
 public:
  explicit Sgd(Options& options)
      : Optimizer(read_learning_rate(options, 0.01)),
        momentum_(options.number_or("momentum", 0, 0, 1)),
        nesterov_(options.flag_or("nesterov", false)) {}

  int slots() const override { return momentum_ > 0 ? 1 : 0; }
  void update(const OptimizerCall& call) const override {
    sgd_update({.learning_rate = static_cast<float>(learning_rate()),
                .momentum = static_cast<float>(momentum_),
                .nesterov = nesterov_},
               call.gradient, call.first_slot, call.parameter);
  }

 private:
  double momentum_;
  bool nesterov_;
};

/// Keras adds epsilon to sqrt(v) before the bias corrections, PyTorch and TensorFlow.js after them:
/// epsilonPlacement says which.
class Adam : public Optimizer {
 public:
  explicit Adam(Options& options)
      : Optimizer(read_learning_rate(options, 1e-3)),
        beta1_(options.number_or("beta1", 0.9, 0, kLargestBeta)),
        beta2_(options.number_or("beta2", 0.999, 0, kLargestBeta)),
        epsilon_(options.number_or("epsilon", 1e-7, 0, 1)),
        corrected_(options.choice_or("epsilonPlacement", kPlacements, 0) == 1) {}

  int slots() const override { return 2; }
  void update(const OptimizerCall& call) const override {
    const double correction1 = 1 - power(beta1_, call.step + 1);
    const double correction2 = 1 - power(beta2_, call.step + 1);
    AdamUpdate u{.beta1 = static_cast<float>(beta1_),
                 .beta2 = static_cast<float>(beta2_),
                 .epsilon = static_cast<float>(epsilon_)};
    if (corrected_) {
      u.rate = static_cast<float>(learning_rate() / correction1);
      u.second_moment_scale = static_cast<float>(1 / correction2);
    } else {
      u.rate = static_cast<float>(learning_rate() * std::sqrt(correction2) / correction1);
    }
    adam_update(u, call.gradient, call.first_slot, call.second_slot, call.parameter);
  }

 private:
  static constexpr double kLargestBeta = 0.9999999;
  static constexpr std::array<std::string_view, 2> kPlacements = {"keras", "corrected"};

  double beta1_, beta2_, epsilon_;
  bool corrected_;
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(std::string_view type, Options& options) {
  std::unique_ptr<Optimizer> optimizer;
  if (type == "sgd") {
    optimizer = std::make_unique<Sgd>(options);
  } else if (type == "adam") {
    optimizer = std::make_unique<Adam>(options);
  } else {
    fail(ErrorCode::kBadOption, "compile: unknown optimizer \"", type,
         "\". Known optimizers: adam and sgd.");
  }
  options.finish();
  return optimizer;
}

}  // namespace fovea
