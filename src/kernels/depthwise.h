// SPDX-License-Identifier: MIT
// Depthwise convolution: every channel has filters of its own and is never mixed with another.
//   output[n,oh,ow, ic * multiplier + j] = sum over kh,kw of input[n, oh*stride + kh*dilation -
//   before, ..., ic] * filter[kh,kw,ic,j]
#pragma once

#include "core/parallel.h"
#include "core/tensor_view.h"
#include "kernels/geometry.h"

namespace fovea {

struct DepthwiseGeometry : WindowGeometry {  // channels = ic
  int multiplier = 1;
  [[nodiscard]] int out_channels() const { return channels * multiplier; }
  [[nodiscard]] Shape filter_shape() const {
    return {rows.size, columns.size, channels, multiplier};
  }
};

struct DepthwiseForward {
  ConstTensorView input, filter;
  ConstTensorView bias;  // [ic * multiplier]; may be null
  TensorView output;
  std::span<float> scratch;
};

/// Overwrites output, which must not alias any input.
void depthwise_forward(const DepthwiseGeometry& g, const DepthwiseForward& call, Workers& workers);
std::int64_t depthwise_forward_scratch(const DepthwiseGeometry& g, int slots);

struct DepthwiseBackward {
  ConstTensorView input, filter, output_gradient;
  TensorView input_gradient, filter_gradient, bias_gradient;  // each may be null: not wanted
  std::span<float> scratch;
};

/// Overwrites all three gradients, which must not alias anything else.
void depthwise_backward(const DepthwiseGeometry& g, const DepthwiseBackward& call,
                        Workers& workers);
std::int64_t depthwise_backward_scratch(const DepthwiseGeometry& g, int slots);

}  // namespace fovea
