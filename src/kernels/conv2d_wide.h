// SPDX-License-Identifier: MIT
// Winograd's method for filters that would take too much room, carried over as a whole (is_wide).
// conv2d_winograd.h's functions come here.
#pragma once

#include "kernels/conv2d.h"

namespace fovea {

void conv2d_wide_forward(const Conv2dGeometry& g, const Conv2dForward& call, Workers& workers);
std::int64_t conv2d_wide_forward_scratch(const Conv2dGeometry& g, int slots);

void conv2d_wide_backward(const Conv2dGeometry& g, const Conv2dBackward& call, Workers& workers);
std::int64_t conv2d_wide_backward_scratch(const Conv2dGeometry& g, int slots);

}  // namespace fovea
