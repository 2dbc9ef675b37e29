// SPDX-License-Identifier: MIT
// A fully connected layer in double: output[n,j] = bias[j] + sum over i of input[n,i] *
// weight[i,j].
#pragma once

#include <cstddef>

#include "tests/reference/values.h"

namespace fovea::reference {

struct Dense {
  std::size_t batch = 1;
  std::size_t inputs = 1;
  std::size_t outputs = 1;
};

/// An empty bias is none.
Values dense_forward(const Dense& d, const Values& input, const Values& weight, const Values& bias);

struct DenseGradients {
  Values input, weight, bias;
};
/// Of sum(output * output_gradient), with respect to input, weight and bias.
DenseGradients dense_backward(const Dense& d, const Values& input, const Values& weight,
                              const Values& output_gradient);

}  // namespace fovea::reference
