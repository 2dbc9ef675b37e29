// SPDX-License-Identifier: MIT
// A price on large numbers that is added to the loss: l1 * sum of |x| + l2 * sum of x^2. Keras's
// formula: no half, so a weight decay of 5e-4 as papers write it is l2 = 2.5e-4.
#pragma once

#include "core/options.h"

namespace fovea {

struct Regularizer {
  float l1 = 0;
  float l2 = 0;
  [[nodiscard]] bool exists() const { return l1 != 0 || l2 != 0; }
};

/// Reads "key=l2" or "key.type=l1l2 key.l1=0.01 key.l2=0.01"; nothing given means none.
Regularizer read_regularizer(Options& options, std::string_view key);

}  // namespace fovea
