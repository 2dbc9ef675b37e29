// SPDX-License-Identifier: MIT
// Several tensors become one, element by element. An input may have one element where the output
// has many: it then serves all of them (broadcasting), and its gradient is the sum of theirs.
#pragma once

#include <cstdint>
#include <span>

#include "core/tensor_view.h"

namespace fovea {

enum class MergeKind : std::uint8_t { kAdd, kSubtract, kMultiply, kAverage, kMaximum, kMinimum };

/// output = inputs[0] . inputs[1] . ..., in this order; an average is divided by their number.
/// Overwrites output.
void merge_forward(MergeKind kind, std::span<const ConstTensorView> inputs, TensorView output);

struct MergeBackward {
  std::span<const ConstTensorView> inputs;  // read by multiply, maximum and minimum
  ConstTensorView output;                   // read by maximum and minimum
  ConstTensorView output_gradient;
  std::span<const TensorView> input_gradients;  // null where not wanted
  std::span<float> scratch;                     // as large as the output where one is broadcast
};
/// Overwrites the gradients. The gradient of a maximum goes to the first of the largest inputs.
void merge_backward(MergeKind kind, const MergeBackward& call);

}  // namespace fovea
