// SPDX-License-Identifier: MIT
// dense: every output is a weighted sum of every input. Works on the last dimension, like Keras's
// Dense.
#include "kernels/dense.h"

#include "kernels/geometry.h"
#include "layers/layer_options.h"
#include "layers/registry.h"
#include "layers/weights.h"

namespace fovea {

namespace {

class Dense : public Layer {
 public:
  Dense(Options& options, Activation activation)
      : Layer(options.place()),
        units_(options.integer("units", 1)),
        activation_(activation),
        weights_(options) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode mode, int slots) const override {
    const Shape& input = only_input(place(), inputs);
    if (input.rank() != 2) {
      fail(ErrorCode::kBadShape, place(), ": needs a 2-D input [batch, features] but gets ",
           batch_shape_text(input), ". Put flatten() before it.");
    }
    check_elements(place(), "a kernel", {input[1], units_});
    const DenseGeometry g = geometry(input);
    return {.output = {input[0], units_},
            .kept = mode == Mode::kInference ? dense_forward_kept(g) : 0,
            .backward_reads_input = true,
            .backward_reads_output = activation_ != Activation::kLinear,
            .forward_scratch = dense_forward_scratch(g, slots),
            .backward_scratch = dense_backward_scratch(g, slots)};
  }

  std::vector<ParameterSpec> parameters(std::span<const Shape> inputs) const override {
    const Fans fans{inputs[0][1], units_};
    return weights_.parameters({inputs[0][1], units_}, units_, fans);
  }

  void forward(const ForwardCall& call) const override {
    dense_forward(geometry(call.inputs[0].shape),
                  {.input = call.inputs[0],
                   .weight = call.parameters[0],
                   .bias = weights_.bias(call),
                   .activation = activation_,
                   .output = call.output,
                   .scratch = call.scratch,
                   .kept = call.kept.values,
                   .kept_is_current = call.kept.current},
                  call.workers);
  }

  void backward(const BackwardCall& call) const override {
    dense_backward(geometry(call.inputs[0].shape),
                   {.input = call.inputs[0],
                    .weight = call.parameters[0],
                    .output = call.output,
                    .output_gradient = call.output_gradient,
                    .activation = activation_,
                    .input_gradient = call.input_gradients[0],
                    .weight_gradient = call.parameter_gradients[0],
                    .bias_gradient = weights_.bias_gradient(call),
                    .scratch = call.scratch},
                   call.workers);
  }

 private:
  [[nodiscard]] DenseGeometry geometry(const Shape& input) const {
    return {input[0], input[1], units_};
  }

  int units_;
  Activation activation_;
  Weights weights_;
};

}  // namespace

LayerChain make_dense(Options& options) {
  const ActivationOption activation = read_activation(options);
  LayerChain chain = chain_of<Dense>(options, activation.fused);
  add_steps(chain, options.place(), activation);
  return chain;
}

}  // namespace fovea
