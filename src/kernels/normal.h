// SPDX-License-Identifier: MIT
// Normally distributed random numbers, the same bits everywhere (their logarithms and cosines are
// the library's own).
#pragma once

#include <array>
#include <span>

#include "core/random.h"

namespace fovea {

/// Numbers 4 * index to 4 * index + 3 of a stream of N(0, 1). Box and Muller (1958).
std::array<float, 4> normal_block(const RandomStream& stream, std::uint64_t index);

/// values[i] ~ N(0, deviation^2), drawn again where it lies beyond `limit` deviations.
void limited_normal(const RandomStream& stream, float deviation, float limit,
                    std::span<float> values);

}  // namespace fovea
