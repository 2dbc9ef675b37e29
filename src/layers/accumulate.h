// SPDX-License-Identifier: MIT
// What a fork is backwards: a value that several layers read receives a gradient from each, and its
// own is their sum.
#pragma once

#include <span>

#include "core/tensor_view.h"

namespace fovea {

/// total = parts[0] + parts[1] + ..., in this order; at least two parts of one size. total may be
/// parts[0].
void accumulate(std::span<const ConstTensorView> parts, TensorView total);

}  // namespace fovea
