// SPDX-License-Identifier: MIT
// Random changes of whole tensors while training. Numbers are made again in the backward pass, not
// stored.
#pragma once

#include "core/random.h"
#include "core/tensor_view.h"

namespace fovea {

/// y = factor * x, the factor of each example and channel (the last dimension) being 1 / (1 - rate)
/// or, with probability `rate`, 0: whole feature maps are dropped. The backward pass is the same
/// call on gradients.
void spatial_dropout(const RandomStream& stream, float rate, ConstTensorView x, TensorView y);

/// y = x + noise, or x + x * noise, the noise being N(0, deviation^2).
enum class NoiseUse : bool { kAdd, kMultiply };
void gaussian_noise(const RandomStream& stream, NoiseUse use, float deviation, ConstTensorView x,
                    TensorView y);

}  // namespace fovea
