// SPDX-License-Identifier: MIT
// Local response normalisation across neighbouring channels, as in AlexNet:
//   y[c] = x[c] / (k + alpha * sum over j within radius of c of x[j]^2)^beta.
// Source: Krizhevsky, Sutskever and Hinton (2012).
#pragma once

#include "core/parallel.h"
#include "core/tensor_view.h"

namespace fovea {

struct LocalResponse {
  int radius = 2;
  float k = 2;
  float alpha = 1e-4F;
  float beta = 0.75F;
};

std::int64_t local_response_scratch(const LocalResponse& f, int channels, int slots);

/// Overwrites y.
void local_response_forward(const LocalResponse& f, ConstTensorView x, TensorView y,
                            std::span<float> scratch, Workers& workers);

/// With d the denominator's base: input_gradient[c] = output_gradient[c] d[c]^-beta - 2 alpha beta
/// x[c] * sum over j within radius of c of output_gradient[j] x[j] d[j]^(-beta - 1). Overwrites
/// input_gradient, which must not alias anything.
void local_response_backward(const LocalResponse& f, ConstTensorView x,
                             ConstTensorView output_gradient, TensorView input_gradient,
                             std::span<float> scratch, Workers& workers);

}  // namespace fovea
