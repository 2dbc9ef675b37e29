// SPDX-License-Identifier: MIT
#include "training/schedule.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/scalar.h"

namespace fovea {

namespace {

constexpr double kLargestRate = 1e6;
constexpr double kMostSteps = 4294967295.0;

/// x^exponent for a real exponent: whole powers by multiplying, the rest as exp(log) in float.
double real_power(double x, double exponent) {
  const double whole = std::floor(exponent);
  const double result = power(x, static_cast<std::uint32_t>(whole));
  if (exponent == whole || x == 0) return exponent == whole ? result : 0;
  const auto rest = static_cast<float>(exponent - whole);
  return result * static_cast<double>(scalar_exp(rest * scalar_log(static_cast<float>(x))));
}

/// From 1 at share 0 down to 0 at share 1 along half a cosine.
double half_cosine(double share) {
  constexpr double kPi = 3.14159265358979323846;
  return 0.5 * (1 + static_cast<double>(scalar_cos(static_cast<float>(kPi * share))));
}

}  // namespace

double power(double base, std::uint32_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1U, base *= base) {
    if ((exponent & 1U) != 0) result *= base;
  }
  return result;
}

Schedule::Schedule(Options& options, double fallback) {
  if (!options.has("learningRate.type")) {
    values_ = {options.number_or("learningRate", fallback, 0, kLargestRate)};
    return;
  }
  Options nested = options.nested("learningRate", "constant");
  read(nested);
  nested.finish();
  options.resolved("learningRate", nested.config());
}

void Schedule::read(Options& options) {
  constexpr std::array<std::string_view, 7> kNames = {
      "constant",    "piecewise", "exponentialDecay", "stepDecay",
      "cosineDecay", "oneCycle",  "polynomialDecay"};
  kind_ = static_cast<Kind>(options.choice_or("type", kNames, 0));
  const auto rate = [&](std::string_view key) { return options.number(key, 0, kLargestRate); };
  switch (kind_) {
    case Kind::kConstant:
      values_ = {rate("learningRate")};
      return;
    case Kind::kPiecewise:
      boundaries_ = options.numbers("boundaries", "a list of steps");
      values_ = options.numbers("values", "a list of learning rates");
      if (values_.size() != boundaries_.size() + 1 || !std::ranges::is_sorted(boundaries_)) {
        fail(ErrorCode::kBadOption, options.place(),
             ": needs rising boundaries and one value more than boundaries, but has ",
             boundaries_.size(), " and ", values_.size(), ".");
      }
      return;
    case Kind::kOneCycle:
      rate_ = rate("maxLearningRate");
      steps_ = options.number("totalSteps", 2, kMostSteps);
      warmup_steps_ = options.number_or("pctStart", 0.3, 0, 1) * steps_ - 1;
      initial_ = rate_ / options.number_or("divFactor", 25, 1, 1e9);
      end_ = initial_ / options.number_or("finalDivFactor", 1e4, 1, 1e9);
      return;
    default:
      break;
  }
  initial_ = rate("initialLearningRate");
  steps_ = options.number("decaySteps", 1, kMostSteps);
  if (kind_ == Kind::kExponentialDecay) {
    rate_ = options.number("decayRate", 0, 1e3);
    flag_ = options.flag_or("staircase", false);
  } else if (kind_ == Kind::kStepDecay) {
    rate_ = options.number_or("decayRate", 0.1, 0, 1e3);
    flag_ = true;
  } else if (kind_ == Kind::kCosineDecay) {
    end_ = options.number_or("alpha", 0, 0, 1);
    warmup_target_ = options.given("warmupTarget") ? rate("warmupTarget") : initial_;
    warmup_steps_ = options.number_or("warmupSteps", 0, 0, kMostSteps);
  } else {
    end_ = options.number_or("endLearningRate", 1e-4, 0, kLargestRate);
    rate_ = options.number_or("power", 1, 0, 100);
    flag_ = options.flag_or("cycle", false);
  }
}

double Schedule::at(std::uint32_t step) const {
  const double now = step;
  switch (kind_) {
    case Kind::kConstant:
      return values_[0];
    case Kind::kPiecewise: {
      const auto at = std::ranges::lower_bound(boundaries_, now);
      return values_[static_cast<std::size_t>(at - boundaries_.begin())];
    }
    case Kind::kExponentialDecay:
    case Kind::kStepDecay:
      return initial_ * real_power(rate_, flag_ ? std::floor(now / steps_) : now / steps_);
    case Kind::kCosineDecay:
      return cosine_decay(now);
    case Kind::kOneCycle:
      return one_cycle(now);
    case Kind::kPolynomialDecay:
      return polynomial_decay(now);
  }
  return 0;
}

double Schedule::cosine_decay(double step) const {
  if (step < warmup_steps_) {
    return initial_ + (warmup_target_ - initial_) * step / warmup_steps_;
  }
  const double share = std::min(step - warmup_steps_, steps_) / steps_;
  return warmup_target_ * ((1 - end_) * half_cosine(share) + end_);
}

/// Smith and Topin, "Super-Convergence" (2019), as PyTorch's OneCycleLR anneals it.
double Schedule::one_cycle(double step) const {
  if (step <= warmup_steps_) {
    return rate_ + (initial_ - rate_) * half_cosine(step / warmup_steps_);
  }
  const double last = steps_ - 1;
  const double share = std::min((step - warmup_steps_) / (last - warmup_steps_), 1.0);
  return end_ + (rate_ - end_) * half_cosine(share);
}

double Schedule::polynomial_decay(double step) const {
  const double steps = flag_ ? steps_ * std::max(std::ceil(step / steps_), 1.0) : steps_;
  const double left = 1 - std::min(step, steps) / steps;
  return (initial_ - end_) * real_power(left, rate_) + end_;
}

}  // namespace fovea
