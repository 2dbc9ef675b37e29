// SPDX-License-Identifier: MIT
// Initial weights as a function of the seed. Keras's formulas: He and Glorot scale by the number of
// terms that a weight meets. Sources: Glorot and Bengio (2010); He, Zhang, Ren and Sun (2015).
#pragma once

#include <cstdint>
#include <span>

#include "core/options.h"
#include "core/random.h"
#include "core/shape.h"

namespace fovea {

/// Terms in the sums that a weight takes part in: forward (in) and backward (out).
struct Fans {
  std::int64_t in = 1;
  std::int64_t out = 1;
};

struct Initializer {
  enum class Kind : std::uint8_t {
    kConstant,         // value
    kUniform,          // U(value, top)
    kNormal,           // N(value, deviation^2)
    kTruncatedNormal,  // the same, cut at two standard deviations
    kVarianceScaling,  // mean 0 and variance scale / n, n the fan of `mode`
    kOrthogonal,       // value * a matrix whose rows or columns are orthonormal
    kIdentity,         // value * the identity
  };
  enum class Mode : std::uint8_t { kFanIn, kFanOut, kFanAverage };
  /// For kVarianceScaling: cut at two deviations and corrected for it, not cut, or uniform.
  enum class Distribution : std::uint8_t { kTruncated, kNormal, kUniform };

  Kind kind = Kind::kConstant;
  Mode mode = Mode::kFanIn;
  Distribution distribution = Distribution::kTruncated;
  double value = 0, top = 0, deviation = 0, scale = 1;
};

/// Reads "key=heNormal" or "key.type=constant key.value=0.1". Glorot, He and LeCun are variance
/// scalings: 1 / fanAvg, 2 / fanIn, 1 / fanIn.
Initializer read_initializer(Options& options, std::string_view key, std::string_view default_type);

/// What is to be initialized.
struct InitializerCall {
  std::string_view place;  // "conv2d_1/kernel": opens the sentence when the shape does not fit
  Shape shape;
  Fans fans;
  RandomStream stream;
  std::span<float> values;
};
void initialize(const Initializer& initializer, const InitializerCall& call);

}  // namespace fovea
