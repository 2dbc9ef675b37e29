// SPDX-License-Identifier: MIT
#include "kernels/sine.h"

#include "kernels/simd.h"

namespace fovea {

SineAndCosine sine_and_cosine(double turns) {
  constexpr double kTau = 6.28318530717958647692;
  const Vector angle = broadcast(static_cast<float>(turns * kTau));
  return {hn::GetLane(sine(angle)), hn::GetLane(cosine(angle))};
}

}  // namespace fovea
