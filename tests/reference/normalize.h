// SPDX-License-Identifier: MIT
// Normalisations in double, as their formulas stand in the papers, forward only.
#pragma once

#include <functional>

#include "tests/reference/values.h"

namespace fovea::reference {

struct Normalize {
  std::size_t groups = 1;                                // sets of elements with common statistics
  std::function<std::size_t(std::size_t)> group_of;      // of element i
  std::function<std::size_t(std::size_t)> parameter_of;  // gamma's and beta's place for element i
  double epsilon = 1e-3;
};

struct Moments {
  Values mean, variance;  // of each group
};
Moments moments(const Normalize& n, const Values& x);

/// (x - mean) / sqrt(variance + epsilon) * gamma + beta; empty gamma: 1, empty beta: 0.
Values normalize(const Normalize& n, const Values& x, const Moments& moments, const Values& gamma,
                 const Values& beta);

/// x[c] / (k + alpha * sum of squares of the channels within radius)^beta
struct LocalResponse {
  std::size_t channels = 1;
  std::size_t radius = 2;
  double k = 2, alpha = 1e-4, beta = 0.75;
};
Values local_response(const LocalResponse& f, const Values& x);

}  // namespace fovea::reference
