// SPDX-License-Identifier: MIT
// Initial weights as a function of the seed. Keras's formulas: He and Glorot scale by the number of
// terms that a weight meets. Sources: Glorot and Bengio (2010); He, Zhang, Ren and Sun (2015).
#pragma once

#include <cstdint>
#include <span>

#include "core/options.h"
#include "core/random.h"

namespace fovea {

/// Terms in the sums that a weight takes part in: forward (in) and backward (out).
struct Fans {
  std::int64_t in = 1;
  std::int64_t out = 1;
};

struct Initializer {
  enum class Kind : std::uint8_t {
    kZeros,
    kOnes,
    kConstant,
    kGlorotUniform,  // U(-a, a), a = sqrt(6 / (in + out))
    kGlorotNormal,   // N(0, 2 / (in + out)), cut at two standard deviations
    kHeUniform,      // U(-a, a), a = sqrt(6 / in)
    kHeNormal,       // N(0, 2 / in), cut at two standard deviations
  };
  Kind kind = Kind::kZeros;
  float value = 0;  // for kConstant
};

/// Reads "key=heNormal" or "key.type=constant key.value=0.1".
Initializer read_initializer(Options& options, std::string_view key, std::string_view default_type);

void initialize(const Initializer& initializer, const Fans& fans, const RandomStream& stream,
                std::span<float> values);

}  // namespace fovea
