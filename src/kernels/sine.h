// SPDX-License-Identifier: MIT
// Sine and cosine of one angle, the same bits everywhere.
#pragma once

namespace fovea {

struct SineAndCosine {
  float sine, cosine;
};

/// Of a number of full turns.
SineAndCosine sine_and_cosine(double turns);

}  // namespace fovea
