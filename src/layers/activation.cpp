// SPDX-License-Identifier: MIT
// activation: an element-wise function, or softmax over the last dimension, as a layer of its own.
#include "kernels/activation.h"

#include "kernels/softmax.h"
#include "layers/layer_options.h"
#include "layers/registry.h"

namespace fovea {

namespace {

class ElementwiseActivation : public Layer {
 public:
  ElementwiseActivation(const std::string& place, Activation kind) : Layer(place), kind_(kind) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    const bool linear = kind_ == Activation::kLinear;
    return {.output = only_input(place(), inputs),
            .aliases_input = linear,
            .backward_reads_output = !linear};
  }
  void forward(const ForwardCall& call) const override {
    activation_forward(kind_, call.inputs[0].values(), call.output.values());
  }
  void backward(const BackwardCall& call) const override {
    if (!call.input_gradients[0]) return;
    activation_backward(kind_, call.output.values(), call.output_gradient.values(),
                        call.input_gradients[0].values());
  }

 private:
  Activation kind_;
};

class Softmax : public Layer {
 public:
  using Layer::Layer;

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    return {.output = only_input(place(), inputs), .backward_reads_output = true};
  }
  void forward(const ForwardCall& call) const override {
    softmax_forward(call.inputs[0], call.output);
  }
  void backward(const BackwardCall& call) const override {
    if (!call.input_gradients[0]) return;
    softmax_backward(call.output, call.output_gradient, call.input_gradients[0]);
  }
  [[nodiscard]] bool is_softmax() const override { return true; }
};

}  // namespace

std::unique_ptr<Layer> make_softmax_step(const std::string& place) {
  return std::make_unique<Softmax>(place);
}

LayerChain make_activation(Options& options) {
  const ActivationOption activation = read_activation(options);
  LayerChain chain;
  if (activation.softmax_follows) {
    chain.push_back(make_softmax_step(options.place()));
  } else {
    chain.push_back(std::make_unique<ElementwiseActivation>(options.place(), activation.fused));
  }
  return chain;
}

}  // namespace fovea
