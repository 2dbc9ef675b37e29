// SPDX-License-Identifier: MIT
// Two-dimensional convolution (cross-correlation, as in every framework) over NHWC images with HWIO
// filters.
//   output[n,oh,ow,oc] = f(bias[oc] + sum over kh,kw,ic of input[n, oh*stride + kh*dilation -
//   before, ..., ic] * filter[kh,kw,ic,oc])
// With groups, ic runs over the channels of oc's group only.
#pragma once

#include "core/parallel.h"
#include "core/tensor_view.h"
#include "kernels/activation.h"
#include "kernels/geometry.h"

namespace fovea {

struct Conv2dForward {
  ConstTensorView input, filter;
  ConstTensorView bias;  // may be null
  Activation activation = Activation::kLinear;
  TensorView output;
  std::span<float> scratch;
  /// The filter in the form that the kernel reads: filled, unless kept_is_current says that it was
  /// filled from the same filter before. Where empty, scratch holds it.
  std::span<float> kept = {};
  bool kept_is_current = false;
};

/// Overwrites output, which must not alias any input.
void conv2d_forward(const Conv2dGeometry& g, const Conv2dForward& call, Workers& workers);
/// Whoever gives `kept` needs that much less.
std::int64_t conv2d_forward_scratch(const Conv2dGeometry& g, int slots);
/// Floats of `kept`; 0 where keeping would not pay.
std::int64_t conv2d_forward_kept(const Conv2dGeometry& g);

struct Conv2dBackward {
  ConstTensorView input, filter;
  ConstTensorView output;  // not read by a linear activation
  ConstTensorView output_gradient;
  Activation activation = Activation::kLinear;
  TensorView input_gradient, filter_gradient, bias_gradient;  // each may be null: not wanted
  /// Added to the input gradient, channel by channel: the bias of a transposed convolution, whose
  /// output that is. Without groups; may be null.
  ConstTensorView transposed_bias = {};
  std::span<float> scratch;
};

/// With d = output_gradient * f'(output):
///   filter_gradient[kh,kw,ic,oc] = sum over n,oh,ow of input[...] * d[n,oh,ow,oc];
///   bias_gradient[oc] = sum of d input_gradient[n,h,w,ic]     = sum over the taps that read this
///   input of d[...] * filter[kh,kw,ic,oc]
/// Overwrites all three, which must not alias anything else.
void conv2d_backward(const Conv2dGeometry& g, const Conv2dBackward& call, Workers& workers);
std::int64_t conv2d_backward_scratch(const Conv2dGeometry& g, int slots);

}  // namespace fovea
