// SPDX-License-Identifier: MIT
#include "kernels/scalar.h"

#include "kernels/simd.h"

namespace fovea {

float scalar_exp(float x) { return hn::GetLane(exponential(broadcast(x))); }
float scalar_log(float x) { return hn::GetLane(logarithm(broadcast(x))); }
float scalar_cos(float x) { return hn::GetLane(cosine(broadcast(x))); }

}  // namespace fovea
