// SPDX-License-Identifier: MIT
// The convolutions that suit winograd.h, forward and backward. conv2d.h's functions come here.
#pragma once

#include "kernels/conv2d.h"

namespace fovea {

void conv2d_winograd_forward(const Conv2dGeometry& g, const Conv2dForward& call, Workers& workers);
std::int64_t conv2d_winograd_forward_scratch(const Conv2dGeometry& g, int slots);

void conv2d_winograd_backward(const Conv2dGeometry& g, const Conv2dBackward& call,
                              Workers& workers);
std::int64_t conv2d_winograd_backward_scratch(const Conv2dGeometry& g, int slots);

/// What tiles' gradients are added to: zeros, or in each pixel the bias.
void begin_with(ConstTensorView bias, std::span<float> pixels);

}  // namespace fovea
