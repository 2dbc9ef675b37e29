// SPDX-License-Identifier: MIT
#include "tests/reference/dense.h"

namespace fovea::reference {

Values dense_forward(const Dense& d, const Values& input, const Values& weight,
                     const Values& bias) {
  Values output(d.batch * d.outputs);
  for (std::size_t n = 0; n < d.batch; ++n) {
    for (std::size_t j = 0; j < d.outputs; ++j) {
      double sum = bias.empty() ? 0.0 : bias[j];
      for (std::size_t i = 0; i < d.inputs; ++i)
        sum += input[n * d.inputs + i] * weight[i * d.outputs + j];
      output[n * d.outputs + j] = sum;
    }
  }
  return output;
}

DenseGradients dense_backward(const Dense& d, const Values& input, const Values& weight,
                              const Values& output_gradient) {
  DenseGradients gradient{Values(d.batch * d.inputs), Values(d.inputs * d.outputs),
                          Values(d.outputs)};
  for (std::size_t n = 0; n < d.batch; ++n) {
    for (std::size_t j = 0; j < d.outputs; ++j) {
      const double dy = output_gradient[n * d.outputs + j];
      gradient.bias[j] += dy;
      for (std::size_t i = 0; i < d.inputs; ++i) {
        gradient.input[n * d.inputs + i] += dy * weight[i * d.outputs + j];
        gradient.weight[i * d.outputs + j] += dy * input[n * d.inputs + i];
      }
    }
  }
  return gradient;
}

}  // namespace fovea::reference
