// SPDX-License-Identifier: MIT
// Functions of single numbers with the library's own bits, for code that is not a loop over many:
// schedules, metrics.
#pragma once

namespace fovea {

float scalar_exp(float x);
/// NaN unless x is positive.
float scalar_log(float x);
float scalar_cos(float x);

}  // namespace fovea
