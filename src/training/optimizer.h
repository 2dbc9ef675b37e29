// SPDX-License-Identifier: MIT
// How parameters follow their gradients: Keras's optimizers and what all of them share (clipping,
// decay of the weights, averages). Keeps no state of its own: slots and step number are arguments.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/options.h"
#include "core/parallel.h"
#include "training/schedule.h"

namespace fovea {

struct OptimizerCall {
  static constexpr int kMostSlots = 4;
  std::span<float> gradient;  // clipped in place
  std::span<float> parameter;
  std::array<std::span<float>, kMostSlots> slots;  // state, as many as slots() says
  std::uint32_t step = 0;                          // 0 for the first step
  float gradient_scale = 1;                        // what clipping the global norm asks for
  Workers* workers = nullptr;                      // none: runs inline

  /// The same for `count` numbers from `first` on.
  [[nodiscard]] OptimizerCall part(std::size_t first, std::size_t count) const;
};

class Optimizer {
 public:
  /// From its type name and options (Keras's defaults). Unknown types are refused.
  Optimizer(std::string_view type, Options& options);

  /// Of the step with this number.
  [[nodiscard]] double learning_rate(std::uint32_t step) const { return schedule_.at(step); }
  /// Refused while a schedule decides (Keras does the same).
  void set_learning_rate(double rate);

  /// Floats of state for each parameter, an average included.
  [[nodiscard]] int slots() const { return state_slots_ + (keeps_average() ? 1 : 0); }
  /// What Keras calls a slot: "momentum", "velocity"; "average" where one is kept.
  [[nodiscard]] std::string_view slot_name(int slot) const;
  /// No schedule decides the rate.
  [[nodiscard]] bool has_constant_rate() const { return schedule_.is_constant(); }
  /// What the slots of state begin with.
  [[nodiscard]] float initial_state() const { return initial_state_; }
  /// Its last slot is an average of the parameter over the steps.
  [[nodiscard]] bool keeps_average() const { return average_ >= 0; }
  /// 0: the norm of all gradients together is not limited.
  [[nodiscard]] double global_clip_norm() const { return global_clip_norm_; }

  void update(const OptimizerCall& call) const;

 private:
  enum class Kind : std::uint8_t {
    kSgd,
    kRmsprop,
    kAdagrad,
    kAdadelta,
    kAdam,
    kAdamax,
    kAdamw,
    kNadam,
    kLion,
  };
  void read_rule(Options& options);
  void read_common(Options& options);
  void clip(const OptimizerCall& call) const;
  void change(const OptimizerCall& call) const;
  void apply_rule(const OptimizerCall& call) const;
  void apply_adam(const OptimizerCall& call) const;

  Kind kind_;
  Schedule schedule_;
  double beta1_ = 0, beta2_ = 0, epsilon_ = 0, momentum_ = 0;
  bool nesterov_ = false, centered_ = false, amsgrad_ = false, corrected_ = false;
  int state_slots_ = 0;
  float initial_state_ = 0;
  double clip_norm_ = 0, global_clip_norm_ = 0, clip_value_ = 0;
  double weight_decay_ = 0;
  double average_ = -1;  // momentum of the average; below 0: none is kept
};

std::unique_ptr<Optimizer> make_optimizer(std::string_view type, Options& options);

}  // namespace fovea
