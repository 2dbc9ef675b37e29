// SPDX-License-Identifier: MIT
#include "tests/reference/update.h"

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

}  // namespace fovea::reference
