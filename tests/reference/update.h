// SPDX-License-Identifier: MIT
// Optimizer steps in double, one parameter at a time.
// Sources: Keras 3's SGD and Adam; Kingma and Ba, "Adam" (2015); PyTorch's Adam for the corrected
// epsilon.
#pragma once

namespace fovea::reference {

struct Sgd {
  double rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
};
/// Steps one parameter and its velocity.
void sgd_step(const Sgd& sgd, double gradient, double& velocity, double& parameter);

struct Adam {
  double rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-7;
  bool epsilon_after_correction =
      false;  // PyTorch, TensorFlow.js and the paper's algorithm 1; Keras is false
};
/// Steps one parameter and its moments for the t-th time; t counts from 1.
void adam_step(const Adam& adam, int t, double gradient, double& first_moment,
               double& second_moment, double& parameter);

/// Keras 3's optimizers, straight from its source's formulas.
struct Rule {
  enum class Kind { kSgd, kRmsprop, kAdagrad, kAdadelta, kAdam, kAdamax, kNadam, kLion };
  Kind kind = Kind::kSgd;
  double rate = 0.001;
  double beta1 = 0.9, beta2 = 0.999;  // rho is beta1
  double epsilon = 1e-3;
  double momentum = 0;
  double initial = 0;
  double weight_decay = 0;
  bool centered = false, amsgrad = false;
};
struct RuleState {
  explicit RuleState(const Rule& rule) : a(rule.initial) {}
  double a = 0, b = 0, c = 0;
  double product = 1;  // nadam's
};
void rule_step(const Rule& rule, int t, double gradient, RuleState& state, double& parameter);

}  // namespace fovea::reference
