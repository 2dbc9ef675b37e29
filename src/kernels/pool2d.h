// SPDX-License-Identifier: MIT
// Pooling over NHWC images, each channel by itself. Max pooling pads with minus infinity, average
// pooling does not count padding (Keras), and to a sum padding adds nothing.
#pragma once

#include "core/parallel.h"
#include "core/tensor_view.h"
#include "kernels/geometry.h"

namespace fovea {

struct MaxPool2dForward {
  ConstTensorView input;
  TensorView output;
  /// Where each window's winner is noted for the backward pass, max_pool2d_winners(g) floats; empty
  /// where none follows.
  std::span<float> winners;
  /// The input comes from a relu whose derivative the backward pass takes over.
  bool after_relu = false;
};

/// output = the largest input of each window (NaN when it holds one). Overwrites output.
void max_pool2d_forward(const WindowGeometry& g, const MaxPool2dForward& call, Workers& workers);

/// Windows of 2x2 side by side note their winner, a byte each, so that nobody keeps the input; 0
/// for all others.
std::int64_t max_pool2d_winners(const WindowGeometry& g);

struct MaxPool2dBackward {
  ConstTensorView input, output;  // not read where there are winners
  std::span<const float> winners;
  ConstTensorView output_gradient;
  TensorView input_gradient;
  bool after_relu = false;  // the gradient is that of the relu's input
};

/// Each window's gradient goes to its first largest input, which was noted or is found again by
/// comparing input and output. Overwrites input_gradient, which must not alias anything.
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
