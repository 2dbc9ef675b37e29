// SPDX-License-Identifier: MIT
// What layers with trainable tensors share: how a tensor's initializer, regularizer and constraint
// are read, the two parameters kernel and bias that follow, and where a call finds them.
#pragma once

#include <string>
#include <vector>

#include "layers/layer.h"

namespace fovea {

/// How one tensor begins, what it costs and what it must satisfy: the options
/// `<word>Initializer`, `<word>Regularizer` and `<word>Constraint`.
struct WeightOptions {
  WeightOptions(Options& options, std::string_view word, std::string_view default_initializer);

  [[nodiscard]] ParameterSpec spec(std::string name, const Shape& shape, const Fans& fans) const {
    return {std::move(name), shape, initializer, fans, true, regularizer, constraint};
  }

  Initializer initializer;
  Regularizer regularizer;
  Constraint constraint;
};

class Weights {
 public:
  /// `word` begins the kernel's options: "kernel", "depthwise"; `name` is the kernel's own.
  explicit Weights(Options& options, std::string_view word = "kernel",
                   std::string_view name = "kernel")
      : use_bias_(options.flag_or("useBias", true)),
        name_(name),
        kernel_(options, word, "glorotUniform"),
        bias_(options, "bias", "zeros") {}

  /// A kernel of this shape and, unless it was declined, a bias for each output.
  [[nodiscard]] std::vector<ParameterSpec> parameters(const Shape& kernel, int outputs,
                                                      const Fans& fans) const {
    std::vector<ParameterSpec> specs = {kernel_.spec(std::string(name_), kernel, fans)};
    if (use_bias_) specs.push_back(bias_.spec("bias", {outputs}, fans));
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
  std::string_view name_;
  WeightOptions kernel_;
  WeightOptions bias_;
};

}  // namespace fovea
