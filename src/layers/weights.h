// SPDX-License-Identifier: MIT
// What layers with a kernel and a bias share: the options useBias, kernelInitializer and
// biasInitializer, the two parameters that follow from them, and where a call finds them.
#pragma once

#include <vector>

#include "layers/layer.h"

namespace fovea {

class Weights {
 public:
  explicit Weights(Options& options)
      : use_bias_(options.flag_or("useBias", true)),
        kernel_initializer_(read_initializer(options, "kernelInitializer", "glorotUniform")),
        bias_initializer_(read_initializer(options, "biasInitializer", "zeros")) {}

  /// A kernel of this shape and, unless it was declined, a bias for each output.
  [[nodiscard]] std::vector<ParameterSpec> parameters(const Shape& kernel, int outputs,
                                                      const Fans& fans) const {
    std::vector<ParameterSpec> specs = {{"kernel", kernel, kernel_initializer_, fans}};
    if (use_bias_) specs.push_back({"bias", {outputs}, bias_initializer_, fans});
    return specs;
  }

  /// The bias of a call; null without one.
  [[nodiscard]] ConstTensorView bias(const ForwardCall& call) const {
    return use_bias_ ? call.parameters[1] : ConstTensorView();
  }
  [[nodiscard]] TensorView bias_gradient(const BackwardCall& call) const {
    return use_bias_ ? call.parameter_gradients[1] : TensorView();
  }

 private:
  bool use_bias_;
  Initializer kernel_initializer_;
  Initializer bias_initializer_;
};

}  // namespace fovea
