// SPDX-License-Identifier: MIT
// Losses of continuous values.
#pragma once

#include <span>

namespace fovea {

/// The sum over all elements of (prediction - target)^2; gradient = 2 * scale * (prediction -
/// target). gradient may be empty: only the value is wanted.
double squared_error(std::span<const float> prediction, std::span<const float> target, float scale,
                     std::span<float> gradient);

}  // namespace fovea
