// SPDX-License-Identifier: MIT
// conv2d: a bank of filters slides over the image; one output channel per filter.
// separableConv2d: depthwise filters first, then a 1x1 convolution that mixes their outputs.
#include "kernels/conv2d.h"

#include "layers/layer_options.h"
#include "layers/registry.h"
#include "layers/weights.h"

namespace fovea {

namespace {

class Conv2d : public Layer {
 public:
  Conv2d(const std::string& place, int filters, int groups, const Window& window,
         Activation activation, const Weights& weights)
      : Layer(place),
        filters_(filters),
        groups_(groups),
        window_(window),
        activation_(activation),
        weights_(weights) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int slots) const override {
    return plan_of(geometry(only_input(place(), inputs)), slots);
  }

  LayerPlan plan_part(const Shape& wanted, std::span<const Shape> inputs, Mode /*mode*/,
                      int slots) const override {
    return plan_of(geometry(inputs[0], wanted), slots);
  }

  LayerPlan plan_of(const Conv2dGeometry& g, int slots) const {
    const std::int64_t kept = conv2d_forward_kept(g);
    return {.output = g.output_shape(),
            .kept = kept,
            .backward_reads_input = true,
            .backward_reads_output = activation_ != Activation::kLinear,
            .forward_scratch = conv2d_forward_scratch(g, slots) - kept,
            .backward_scratch = conv2d_backward_scratch(g, slots)};
  }

  std::vector<ParameterSpec> parameters(std::span<const Shape> inputs) const override {
    const Conv2dGeometry g = geometry(inputs[0]);
    const std::int64_t taps = std::int64_t{g.rows.size} * g.columns.size;
    const Fans fans{taps * g.group_channels(), taps * g.out_channels};
    return weights_.parameters(g.filter_shape(), filters_, fans);
  }

  void forward(const ForwardCall& call) const override {
    conv2d_forward(geometry(call.inputs[0].shape, call.output.shape),
                   {.input = call.inputs[0],
                    .filter = call.parameters[0],
                    .bias = weights_.bias(call),
                    .activation = activation_,
                    .output = call.output,
                    .scratch = call.scratch,
                    .kept = call.kept.values,
                    .kept_is_current = call.kept.current},
                   call.workers);
  }

  void backward(const BackwardCall& call) const override {
    conv2d_backward(geometry(call.inputs[0].shape, call.output_gradient.shape),
                    {.input = call.inputs[0],
                     .filter = call.parameters[0],
                     .output = call.output,
                     .output_gradient = call.output_gradient,
                     .activation = call.relu_done ? Activation::kLinear : activation_,
                     .input_gradient = call.input_gradients[0],
                     .filter_gradient = call.parameter_gradients[0],
                     .bias_gradient = weights_.bias_gradient(call),
                     .scratch = call.scratch},
                    call.workers);
  }

  [[nodiscard]] bool ends_in_relu() const override { return activation_ == Activation::kRelu; }

 private:
  [[nodiscard]] Conv2dGeometry geometry(const Shape& input) const {
    return conv2d_geometry(place(), input, window_, filters_, groups_);
  }
  /// For the first rows and columns of the output.
  [[nodiscard]] Conv2dGeometry geometry(const Shape& input, const Shape& output) const {
    Conv2dGeometry g = geometry(input);
    g.rows.output = output[1];
    g.columns.output = output[2];
    return g;
  }

  int filters_;
  int groups_;
  Window window_;
  Activation activation_;
  Weights weights_;
};

}  // namespace

LayerChain make_conv2d(Options& options) {
  const Window window = read_window(options, {.size_key = "kernelSize", .dilation = true});
  const ActivationOption activation = read_activation(options);
  const int filters = options.integer("filters", 1);
  const int groups = options.integer_or("groups", 1, 1);
  LayerChain chain = chain_of<Conv2d>(options.place(), filters, groups, window, activation.fused,
                                      Weights(options));
  add_steps(chain, options.place(), activation);
  return chain;
}

LayerChain make_separable_conv2d(Options& options) {
  LayerChain chain;
  chain.push_back(make_depthwise_step(options, "depthwise_kernel"));
  const ActivationOption activation = read_activation(options);
  const int filters = options.integer("filters", 1);
  chain.push_back(std::make_unique<Conv2d>(options.place(), filters, 1, Window{}, activation.fused,
                                           Weights(options, "pointwise", "pointwise_kernel")));
  add_steps(chain, options.place(), activation);
  return chain;
}

}  // namespace fovea
