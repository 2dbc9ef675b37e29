// SPDX-License-Identifier: MIT
// The learning rate as a function of the step, counted from 0: a number, or a rule. Keras's
// schedules, and two that Keras lacks: stepDecay and oneCycle (PyTorch's formula).
#pragma once

#include <cstdint>
#include <vector>

#include "core/options.h"

namespace fovea {

class Schedule {
 public:
  /// Reads "learningRate=0.1" or "learningRate.type=cosineDecay learningRate.decaySteps=1000 ...".
  Schedule(Options& options, double fallback);

  [[nodiscard]] double at(std::uint32_t step) const;
  /// Always the same rate: the only kind that may be set.
  [[nodiscard]] bool is_constant() const { return kind_ == Kind::kConstant; }
  void set(double rate) { values_ = {rate}; }

 private:
  enum class Kind : std::uint8_t {
    kConstant,          // values[0]
    kPiecewise,         // values[i] for the first boundary that is not below the step
    kExponentialDecay,  // initial * rate^(step / decaySteps), the exponent floored if staircase
    kStepDecay,         // the same floored: a tenth after every so many steps
    kCosineDecay,       // initial (or warmupTarget) down to alpha of it along half a cosine
    kOneCycle,          // up to the maximum and far down, both along half a cosine
    kPolynomialDecay,   // (initial - end) * (1 - step / decaySteps)^power + end
  };
  void read(Options& options);
  [[nodiscard]] double cosine_decay(double step) const;
  [[nodiscard]] double one_cycle(double step) const;
  [[nodiscard]] double polynomial_decay(double step) const;

  Kind kind_ = Kind::kConstant;
  bool flag_ = false;  // staircase, cycle
  double initial_ = 0, steps_ = 1, rate_ = 0, end_ = 0, warmup_target_ = 0, warmup_steps_ = 0;
  std::vector<double> boundaries_, values_;
};

/// base^exponent by squaring: only multiplications, so the same bits in every engine.
double power(double base, std::uint32_t exponent);

}  // namespace fovea
