// SPDX-License-Identifier: MIT
// Fully connected layer: output[n, j] = f(bias[j] + sum over i of input[n, i] * weight[i, j]). A
// matrix product whose rows are those of the batch.
#pragma once

#include "core/parallel.h"
#include "core/tensor_view.h"
#include "kernels/activation.h"

namespace fovea {

struct DenseGeometry {
  int batch = 0;
  int inputs = 0;
  int outputs = 0;
};

struct DenseForward {
  ConstTensorView input, weight;
  ConstTensorView bias;  // may be null
  Activation activation = Activation::kLinear;
  TensorView output;
  std::span<float> scratch;
  /// What zeros in the input make of the weights: filled, unless kept_is_current says that it was
  /// filled from the same weights before. Where empty, no weight is left out.
  std::span<float> kept = {};
  bool kept_is_current = false;
};

/// Overwrites output, which must not alias any input.
void dense_forward(const DenseGeometry& g, const DenseForward& call, Workers& workers);
std::int64_t dense_forward_scratch(const DenseGeometry& g, int slots);
/// Floats of `kept`; 0 where keeping would not pay.
std::int64_t dense_forward_kept(const DenseGeometry& g);

struct DenseBackward {
  ConstTensorView input, weight, output, output_gradient;
  Activation activation = Activation::kLinear;
  TensorView input_gradient, weight_gradient, bias_gradient;  // each may be null: not wanted
  std::span<float> scratch;
};

/// With d = output_gradient * f'(output): weight_gradient = input^T d, bias_gradient = column sums
/// of d, input_gradient = d weight^T. Overwrites all three, which must not alias anything else.
void dense_backward(const DenseGeometry& g, const DenseBackward& call, Workers& workers);
std::int64_t dense_backward_scratch(const DenseGeometry& g, int slots);

}  // namespace fovea
