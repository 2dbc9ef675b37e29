// SPDX-License-Identifier: MIT
// What a parameter must satisfy after every update. Norms are over the given axes, all others kept
// apart (Keras; its default is axis 0).
#pragma once

#include <cstdint>
#include <vector>

#include "core/options.h"

namespace fovea {

struct Constraint {
  enum class Kind : std::uint8_t {
    kNone,
    kMaxNorm,     // w * min(1, max_value / norm)
    kUnitNorm,    // w / norm
    kNonNeg,      // max(w, 0)
    kMinMaxNorm,  // the norm moved by `rate` of the way into [min_value, max_value]
  };
  Kind kind = Kind::kNone;
  float min_value = 0;
  float max_value = 1;
  float rate = 1;
  std::vector<int> axes = {0};
};

/// Reads "key=nonNeg" or "key.type=maxNorm key.maxValue=2 key.axis=0,1,2"; nothing given means
/// none.
Constraint read_constraint(Options& options, std::string_view key);

}  // namespace fovea
