// SPDX-License-Identifier: MIT
// depthwiseConv2d: filters for each channel by itself, `depthMultiplier` of them. Without a bias it
// is the first half of separableConv2d.
#include <optional>

#include "kernels/depthwise.h"
#include "layers/layer_options.h"
#include "layers/registry.h"
#include "layers/weights.h"

namespace fovea {

namespace {

class DepthwiseConv2d : public Layer {
 public:
  DepthwiseConv2d(Options& options, std::string_view kernel_name)
      : Layer(options.place()),
        window_(read_window(options, {.size_key = "kernelSize", .dilation = true})),
        multiplier_(options.integer_or("depthMultiplier", 1, 1)),
        kernel_name_(kernel_name),
        kernel_(options, "depthwise", "glorotUniform") {}

  void read_bias(Options& options) {
    const bool use_bias = options.flag_or("useBias", true);
    bias_.emplace(options, "bias", "zeros");
    if (!use_bias) bias_.reset();
  }

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int slots) const override {
    const DepthwiseGeometry g = geometry(only_input(place(), inputs));
    const Shape output = {g.batch, g.rows.output, g.columns.output, g.out_channels()};
    check_elements(place(), "an output", output.row());
    return {.output = output,
            .backward_reads_input = true,
            .forward_scratch = depthwise_forward_scratch(g, slots),
            .backward_scratch = depthwise_backward_scratch(g, slots)};
  }

  std::vector<ParameterSpec> parameters(std::span<const Shape> inputs) const override {
    const DepthwiseGeometry g = geometry(inputs[0]);
    const std::int64_t taps = std::int64_t{g.rows.size} * g.columns.size;
    std::vector<ParameterSpec> specs = {kernel_.spec(std::string(kernel_name_), g.filter_shape(),
                                                     {taps * g.channels, taps * g.multiplier})};
    if (bias_) specs.push_back(bias_->spec("bias", {g.out_channels()}, {}));
    return specs;
  }

  void forward(const ForwardCall& call) const override {
    depthwise_forward(geometry(call.inputs[0].shape),
                      {.input = call.inputs[0],
                       .filter = call.parameters[0],
                       .bias = bias_ ? call.parameters[1] : ConstTensorView(),
                       .output = call.output,
                       .scratch = call.scratch},
                      call.workers);
  }

  void backward(const BackwardCall& call) const override {
    depthwise_backward(geometry(call.inputs[0].shape),
                       {.input = call.inputs[0],
                        .filter = call.parameters[0],
                        .output_gradient = call.output_gradient,
                        .input_gradient = call.input_gradients[0],
                        .filter_gradient = call.parameter_gradients[0],
                        .bias_gradient = bias_ ? call.parameter_gradients[1] : TensorView(),
                        .scratch = call.scratch},
                       call.workers);
  }

 private:
  [[nodiscard]] DepthwiseGeometry geometry(const Shape& input) const {
    const DepthwiseGeometry g{window_geometry(place(), input, window_), multiplier_};
    check_elements(place(), "a kernel", {g.rows.size, g.columns.size, g.channels});
    check_elements(place(), "a kernel", g.filter_shape());
    check_elements(place(), "an image with repeated channels",
                   {g.rows.input, g.columns.input, g.channels, multiplier_});
    return g;
  }

  Window window_;
  int multiplier_;
  std::string_view kernel_name_;
  WeightOptions kernel_;
  std::optional<WeightOptions> bias_;
};

}  // namespace

std::unique_ptr<Layer> make_depthwise_step(Options& options, std::string_view kernel_name) {
  return std::make_unique<DepthwiseConv2d>(options, kernel_name);
}

LayerChain make_depthwise_conv2d(Options& options) {
  auto layer = std::make_unique<DepthwiseConv2d>(options, "kernel");
  layer->read_bias(options);
  LayerChain chain;
  chain.push_back(std::move(layer));
  add_steps(chain, options.place(), read_activation(options, false));
  return chain;
}

}  // namespace fovea
