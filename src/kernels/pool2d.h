// SPDX-License-Identifier: MIT
// Pooling over NHWC images, each channel by itself. Max pooling pads with minus infinity, average
// pooling does not count padding (Keras), and to a sum padding adds nothing.
#pragma once

#include "core/parallel.h"
#include "core/tensor_view.h"
#include "kernels/geometry.h"

namespace fovea {

/// output = the largest input of each window (NaN when it holds one). Overwrites output.
void max_pool2d_forward(const WindowGeometry& g, ConstTensorView input, TensorView output,
                        Workers& workers);

struct MaxPool2dBackward {
  ConstTensorView input, output, output_gradient;
  TensorView input_gradient;
};

/// Each window's gradient goes to its first largest input, found again by comparing input and
/// output: nothing is stored. Overwrites input_gradient, which must not alias anything.
void max_pool2d_backward(const WindowGeometry& g, const MaxPool2dBackward& call, Workers& workers);

/// What becomes of the sum of a window.
enum class PoolTotal : bool { kSum, kMean };

/// output = the sum of each window's inputs, or their mean. Overwrites output.
void total_pool2d_forward(PoolTotal total, const WindowGeometry& g, ConstTensorView input,
                          TensorView output, Workers& workers);

/// Each window's gradient goes to all of its inputs, or is shared equally by them. Overwrites
/// input_gradient.
void total_pool2d_backward(PoolTotal total, const WindowGeometry& g,
                           ConstTensorView output_gradient, TensorView input_gradient,
                           Workers& workers);

}  // namespace fovea
