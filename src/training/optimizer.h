// SPDX-License-Identifier: MIT
// How parameters follow their gradients. Keeps no state of its own: moments and step number are
// arguments.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/options.h"

namespace fovea {

struct OptimizerCall {
  std::span<const float> gradient;
  std::span<float> parameter;
  std::span<float> first_slot, second_slot;  // state, as many as slots() says; zero at first
  std::uint32_t step = 0;                    // 0 for the first step
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  [[nodiscard]] double learning_rate() const { return learning_rate_; }
  void set_learning_rate(double rate) { learning_rate_ = rate; }

  /// Floats of state for each parameter: 0, 1 or 2.
  [[nodiscard]] virtual int slots() const = 0;
  virtual void update(const OptimizerCall& call) const = 0;

 protected:
  explicit Optimizer(double learning_rate) : learning_rate_(learning_rate) {}

 private:
  double learning_rate_;
};

/// An optimizer from its type name and options (Keras's defaults). Unknown types are refused.
std::unique_ptr<Optimizer> make_optimizer(std::string_view type, Options& options);

}  // namespace fovea
