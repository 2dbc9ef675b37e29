// SPDX-License-Identifier: MIT
// Normally distributed random numbers, the same bits everywhere (their logarithms and cosines are
// the library's own).
#pragma once

#include <span>

#include "core/random.h"

namespace fovea {

/// values[i] ~ N(0, deviation^2), drawn again where it lies beyond two deviations. Box and Muller
/// (1958).
void truncated_normal(const RandomStream& stream, float deviation, std::span<float> values);

}  // namespace fovea
