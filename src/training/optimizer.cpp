// SPDX-License-Identifier: MIT
#include "training/optimizer.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/rest.h"
#include "kernels/elementwise.h"
#include "kernels/norm.h"
#include "kernels/update.h"

namespace fovea {

namespace {

/// In the order of Optimizer::Kind.
constexpr std::array<std::string_view, 9> kNames = {
    "sgd", "rmsprop", "adagrad", "adadelta", "adam", "adamax", "adamw", "nadam", "lion"};
constexpr double kLargestBeta = 0.9999999;
constexpr double kLargest = 1e30;

std::uint8_t find_optimizer(std::string_view type) {
  const auto at = std::ranges::find(kNames, type);
  if (at == kNames.end()) {
    fail(ErrorCode::kBadOption, "compile: unknown optimizer \"", type,
         "\". Known optimizers: ", listing(kNames, " and "), ".");
  }
  return static_cast<std::uint8_t>(at - kNames.begin());
}

/// Dozat, "Incorporating Nesterov Momentum into Adam" (2016), as Keras has it: momentum
/// u_t = beta1 (1 - 0.96^t / 2), and the products u_1 ... u_t, which fade to nothing.
struct NadamMomentum {
  NadamMomentum(double beta1, std::uint32_t t) {
    constexpr double kNothing = 1e-20;
    double decay = 1;
    for (std::uint32_t i = 1; i <= t && product > kNothing; ++i) {
      decay *= 0.96;
      product *= beta1 * (1 - 0.5 * decay);
    }
    now = beta1 * (1 - 0.5 * power(0.96, t));
    next = beta1 * (1 - 0.5 * power(0.96, t + 1));
  }
  double now = 0, next = 0, product = 1;
};

}  // namespace

Optimizer::Optimizer(std::string_view type, Options& options)
    : kind_(static_cast<Kind>(find_optimizer(type))),
      schedule_(options, kind_ == Kind::kSgd ? 0.01 : 1e-3) {
  read_rule(options);
  read_common(options);
  options.finish();
  // A step that has changed a parameter cannot be begun again: what it may need is fetched now.
  const bool usual = kind_ == Kind::kSgd || (kind_ == Kind::kAdam && !amsgrad_);
  if (!usual || weight_decay_ > 0 || keeps_average()) need_rest();
}

void Optimizer::read_rule(Options& options) {
  const bool adam = kind_ == Kind::kAdam || kind_ == Kind::kAdamw;
  if (kind_ == Kind::kSgd) {
    momentum_ = options.number_or("momentum", 0, 0, 1);
    nesterov_ = options.flag_or("nesterov", false);
    state_slots_ = momentum_ > 0 ? 1 : 0;
    return;
  }
  if (kind_ == Kind::kAdagrad) {
    initial_state_ =
        static_cast<float>(options.number_or("initialAccumulatorValue", 0.1, 0, kLargest));
    state_slots_ = 1;
  } else if (kind_ == Kind::kRmsprop || kind_ == Kind::kAdadelta) {
    beta1_ = options.number_or("rho", kind_ == Kind::kRmsprop ? 0.9 : 0.95, 0, kLargestBeta);
    state_slots_ = kind_ == Kind::kRmsprop ? 1 : 2;
  } else {
    beta1_ = options.number_or("beta1", 0.9, 0, kLargestBeta);
    beta2_ = options.number_or("beta2", kind_ == Kind::kLion ? 0.99 : 0.999, 0, kLargestBeta);
    state_slots_ = kind_ == Kind::kLion ? 1 : 2;
  }
  if (kind_ == Kind::kRmsprop) {
    momentum_ = options.number_or("momentum", 0, 0, 1);
    centered_ = options.flag_or("centered", false);
    state_slots_ = 1 + (centered_ ? 1 : 0) + (momentum_ > 0 ? 1 : 0);
  }
  if (kind_ != Kind::kLion) epsilon_ = options.number_or("epsilon", 1e-7, 0, 1);
  if (!adam) return;
  // Keras adds epsilon to sqrt(v) before the bias corrections, PyTorch and TensorFlow.js after
  // them.
  constexpr std::array<std::string_view, 2> kPlacements = {"keras", "corrected"};
  corrected_ = options.choice_or("epsilonPlacement", kPlacements, 0) == 1;
  amsgrad_ = options.flag_or("amsgrad", false);
  state_slots_ = amsgrad_ ? 3 : 2;
}

void Optimizer::read_common(Options& options) {
  clip_norm_ = options.number_or("clipNorm", 0, 0, kLargest);
  global_clip_norm_ = options.number_or("globalClipNorm", 0, 0, kLargest);
  clip_value_ = options.number_or("clipValue", 0, 0, kLargest);
  if ((clip_norm_ > 0) + (global_clip_norm_ > 0) + (clip_value_ > 0) > 1) {
    fail(ErrorCode::kBadOption, options.place(),
         ": only one of clipNorm, globalClipNorm and clipValue can be set. Choose one.");
  }
  weight_decay_ = options.number_or("weightDecay", kind_ == Kind::kAdamw ? 0.004 : 0, 0, 1e6);
  const std::string_view average = options.text("ema");
  if (average.empty() || average == "true" || average == "false") {
    if (options.flag_or("ema", false)) average_ = 0.99;
  } else {
    average_ = options.number_or("ema", 0.99, 0, 1);
  }
}

void Optimizer::set_learning_rate(double rate) {
  if (!schedule_.is_constant()) {
    fail(ErrorCode::kBadOption,
         "setLearningRate: the optimizer follows a schedule, which decides the rate of every step. "
         "Compile with a number as learningRate to set it by hand.");
  }
  schedule_.set(rate);
}

std::string_view Optimizer::slot_name(int slot) const {
  if (slot == state_slots_) return "average";
  using Names = std::array<std::string_view, 3>;
  const auto names = [&]() -> Names {
    switch (kind_) {
      case Kind::kRmsprop:
        if (!centered_) return {"velocity", "momentum"};
        return {"velocity", "average_gradient", "momentum"};
      case Kind::kAdagrad:
        return {"accumulator"};
      case Kind::kAdadelta:
        return {"accumulated_grad", "accumulated_delta_var"};
      case Kind::kAdamax:
      case Kind::kNadam:
        return {"m", "u"};
      default:
        return {"momentum", "velocity", "velocity_hat"};
    }
  }();
  return names[static_cast<std::size_t>(slot)];
}

OptimizerCall OptimizerCall::part(std::size_t first, std::size_t count) const {
  OptimizerCall some = *this;
  some.gradient = gradient.subspan(first, count);
  some.parameter = parameter.subspan(first, count);
  for (std::span<float>& slot : some.slots) {
    if (!slot.empty()) slot = slot.subspan(first, count);
  }
  return some;
}

/// After clipping every number is on its own: large parameters are shared out among the threads.
void Optimizer::update(const OptimizerCall& call) const {
  constexpr std::size_t kPart = std::size_t{1} << 15U;
  clip(call);
  const std::size_t size = call.parameter.size();
  if (call.workers == nullptr || size <= kPart) return change(call);
  call.workers->run(static_cast<int>((size + kPart - 1) / kPart), [&](int part, int) {
    const std::size_t first = static_cast<std::size_t>(part) * kPart;
    change(call.part(first, std::min(kPart, size - first)));
  });
}

void Optimizer::change(const OptimizerCall& call) const {
  if (weight_decay_ > 0) {
    const double kept = 1 - learning_rate(call.step) * weight_decay_;
    scale(call.parameter, static_cast<float>(kept), 0, call.parameter);
  }
  apply_rule(call);
  if (!keeps_average()) return;
  // Keras: the average begins as the first step's result.
  const double momentum = call.step == 0 ? 0 : average_;
  move_average(static_cast<float>(momentum), call.parameter,
               call.slots[static_cast<std::size_t>(state_slots_)]);
}

void Optimizer::clip(const OptimizerCall& call) const {
  double factor = static_cast<double>(call.gradient_scale);
  if (clip_norm_ > 0) {
    factor = clip_norm_ / std::max(std::sqrt(sum_of_squares(call.gradient)), clip_norm_);
  }
  if (factor != 1) scale(call.gradient, static_cast<float>(factor), 0, call.gradient);
  if (clip_value_ > 0) clip_values(static_cast<float>(clip_value_), call.gradient);
}

void Optimizer::apply_rule(const OptimizerCall& call) const {
  const double rate = learning_rate(call.step);
  const std::uint32_t t = call.step + 1;
  if (kind_ == Kind::kSgd) {
    return sgd_update({.learning_rate = static_cast<float>(rate),
                       .momentum = static_cast<float>(momentum_),
                       .nesterov = nesterov_},
                      call.gradient, momentum_ > 0 ? call.slots[0] : std::span<float>(),
                      call.parameter);
  }
  if (kind_ == Kind::kAdam || kind_ == Kind::kAdamw) return apply_adam(call);
  RuleUpdate u{.rate = static_cast<float>(rate),
               .beta1 = static_cast<float>(beta1_),
               .beta2 = static_cast<float>(beta2_),
               .epsilon = static_cast<float>(epsilon_),
               .momentum = static_cast<float>(momentum_)};
  std::array<std::span<float>, 3> slots = {call.slots[0], call.slots[1], call.slots[2]};
  for (int i = state_slots_; i < 3; ++i) slots[static_cast<std::size_t>(i)] = {};
  switch (kind_) {
    case Kind::kRmsprop:
      u.rule = UpdateRule::kRmsprop;
      // The kernel's places are mean square, mean, momentum.
      if (!centered_) std::swap(slots[1], slots[2]);
      break;
    case Kind::kAdagrad:
      u.rule = UpdateRule::kAdagrad;
      break;
    case Kind::kAdadelta:
      u.rule = UpdateRule::kAdadelta;
      break;
    case Kind::kAdamax:
      u.rule = UpdateRule::kAdamax;
      u.rate = static_cast<float>(rate / (1 - power(beta1_, t)));
      break;
    case Kind::kLion:
      u.rule = UpdateRule::kLion;
      break;
    default: {
      u.rule = UpdateRule::kNadam;
      const NadamMomentum u_t(beta1_, t);
      u.rate = static_cast<float>(rate * u_t.next / (1 - u_t.product * u_t.next));
      u.gradient_rate = static_cast<float>(rate * (1 - u_t.now) / (1 - u_t.product));
      u.second_moment_scale = static_cast<float>(1 / (1 - power(beta2_, t)));
    }
  }
  rule_update(u, call.gradient, slots, call.parameter);
}

void Optimizer::apply_adam(const OptimizerCall& call) const {
  const double rate = learning_rate(call.step);
  const double correction1 = 1 - power(beta1_, call.step + 1);
  const double correction2 = 1 - power(beta2_, call.step + 1);
  AdamUpdate u{.beta1 = static_cast<float>(beta1_),
               .beta2 = static_cast<float>(beta2_),
               .epsilon = static_cast<float>(epsilon_)};
  if (corrected_) {
    u.rate = static_cast<float>(rate / correction1);
    u.second_moment_scale = static_cast<float>(1 / correction2);
  } else {
    u.rate = static_cast<float>(rate * std::sqrt(correction2) / correction1);
  }
  if (!amsgrad_) {
    return adam_update(u, call.gradient, call.slots[0], call.slots[1], call.parameter);
  }
  rule_update({.rule = UpdateRule::kAmsgrad,
               .rate = u.rate,
               .beta1 = u.beta1,
               .beta2 = u.beta2,
               .epsilon = u.epsilon,
               .second_moment_scale = u.second_moment_scale},
              call.gradient, {call.slots[0], call.slots[1], call.slots[2]}, call.parameter);
}

std::unique_ptr<Optimizer> make_optimizer(std::string_view type, Options& options) {
  return std::make_unique<Optimizer>(type, options);
}

}  // namespace fovea
