// SPDX-License-Identifier: MIT
#include "layers/regularizer.h"

#include <array>

namespace fovea {

Regularizer read_regularizer(Options& options, std::string_view key) {
  constexpr std::array<std::string_view, 4> kNames = {"none", "l1", "l2", "l1l2"};
  constexpr double kLargest = 1e6;
  Options nested = options.nested(key, "none");
  const int kind = nested.choice_or("type", kNames, 0);
  // Keras: L1 and L2 have 0.01, L1L2 nothing, unless it is given.
  const double fallback = kind == 3 ? 0 : 0.01;
  Regularizer regularizer;
  if ((kind & 1) != 0) {
    regularizer.l1 = static_cast<float>(nested.number_or("l1", fallback, 0, kLargest));
  }
  if ((kind & 2) != 0) {
    regularizer.l2 = static_cast<float>(nested.number_or("l2", fallback, 0, kLargest));
  }
  nested.finish();
  if (kind != 0) options.resolved(key, nested.config());
  return regularizer;
}

}  // namespace fovea
