// SPDX-License-Identifier: MIT
#include "tests/reference/update.h"

#include <algorithm>
#include <cmath>

namespace fovea::reference {

void sgd_step(const Sgd& sgd, double gradient, double& velocity, double& parameter) {
  velocity = sgd.momentum * velocity - sgd.rate * gradient;
  parameter += sgd.nesterov ? sgd.momentum * velocity - sgd.rate * gradient : velocity;
}

void adam_step(const Adam& adam, int t, double gradient, double& first_moment,
               double& second_moment, double& parameter) {
  first_moment = adam.beta1 * first_moment + (1 - adam.beta1) * gradient;
  second_moment = adam.beta2 * second_moment + (1 - adam.beta2) * gradient * gradient;
  const double correction1 = 1 - std::pow(adam.beta1, t);
  const double correction2 = 1 - std::pow(adam.beta2, t);
  if (adam.epsilon_after_correction) {
    const double corrected = std::sqrt(second_moment / correction2) + adam.epsilon;
    parameter -= adam.rate * (first_moment / correction1) / corrected;
  } else {
    const double rate = adam.rate * std::sqrt(correction2) / correction1;
    parameter -= rate * first_moment / (std::sqrt(second_moment) + adam.epsilon);
  }
}

void rule_step(const Rule& rule, int t, double g, RuleState& state, double& w) {
  using Kind = Rule::Kind;
  auto& [a, b, c, product] = state;
  const double correction1 = 1 - std::pow(rule.beta1, t);
  const double correction2 = 1 - std::pow(rule.beta2, t);
  w -= rule.rate * rule.weight_decay * w;
  switch (rule.kind) {
    case Kind::kSgd:
      w -= rule.rate * g;
      return;
    case Kind::kRmsprop: {
      a = rule.beta1 * a + (1 - rule.beta1) * g * g;
      b = rule.beta1 * b + (1 - rule.beta1) * g;
      const double square = rule.centered ? a - b * b : a;
      const double step = rule.rate * g / std::sqrt(square + rule.epsilon);
      c = rule.momentum * c + step;
      w -= c;
      return;
    }
    case Kind::kAdagrad:
      a += g * g;
      w -= rule.rate * g / std::sqrt(a + rule.epsilon);
      return;
    case Kind::kAdadelta: {
      a = rule.beta1 * a + (1 - rule.beta1) * g * g;
      const double step = -std::sqrt(b + rule.epsilon) * g / std::sqrt(a + rule.epsilon);
      b = rule.beta1 * b + (1 - rule.beta1) * step * step;
      w += rule.rate * step;
      return;
    }
    case Kind::kAdam:
      a += (g - a) * (1 - rule.beta1);
      b += (g * g - b) * (1 - rule.beta2);
      c = std::max(c, b);
      w -= a * rule.rate * std::sqrt(correction2) / correction1 /
           (std::sqrt(rule.amsgrad ? c : b) + rule.epsilon);
      return;
    case Kind::kAdamax:
      a += (g - a) * (1 - rule.beta1);
      b = std::max(rule.beta2 * b, std::fabs(g));
      w -= rule.rate * a / (correction1 * (b + rule.epsilon));
      return;
    case Kind::kNadam: {
      const double now = rule.beta1 * (1 - 0.5 * std::pow(0.96, t));
      const double next = rule.beta1 * (1 - 0.5 * std::pow(0.96, t + 1));
      product *= now;
      a += (g - a) * (1 - rule.beta1);
      b += (g * g - b) * (1 - rule.beta2);
      const double mean = next * a / (1 - product * next) + (1 - now) * g / (1 - product);
      w -= mean * rule.rate / (std::sqrt(b / correction2) + rule.epsilon);
      return;
    }
    case Kind::kLion: {
      const double way = rule.beta1 * a + (1 - rule.beta1) * g;
      w -= rule.rate * (way > 0 ? 1 : way < 0 ? -1 : 0);
      a = rule.beta2 * a + (1 - rule.beta2) * g;
    }
  }
}

}  // namespace fovea::reference
