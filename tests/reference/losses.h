// SPDX-License-Identifier: MIT
// Values of all losses in double, straight from their formulas (Keras 3). Gradients are left to
// central differences.
#pragma once

#include <cstddef>
#include <string>

#include "tests/reference/values.h"

namespace fovea::reference {

struct LossWords {
  std::string type;
  bool from_logits = false, balanced = false, several = false;
  double smoothing = 0, delta = 1, alpha = 0.25, gamma = 2;
  std::size_t components = 1;
};

/// The mean over examples and positions; y is [examples, ..., last], weights one for each example.
double mean_loss(const LossWords& words, const Values& y, const Values& t, std::size_t last,
                 const Values& weights);

}  // namespace fovea::reference
