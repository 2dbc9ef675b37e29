// SPDX-License-Identifier: MIT
// Normally distributed random numbers, the same bits everywhere (their logarithms and cosines are
// the library's own).
#pragma once

#include <span>

#include "core/random.h"

namespace fovea {

/// values[i] ~ N(0, deviation^2), drawn again where it lies beyond `limit` deviations. Box and
/// Muller (1958).
void limited_normal(const RandomStream& stream, float deviation, float limit,
                    std::span<float> values);

}  // namespace fovea
