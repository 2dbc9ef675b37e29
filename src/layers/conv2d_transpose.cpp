// SPDX-License-Identifier: MIT
// conv2dTranspose: every input pixel stamps its filters onto a larger image. It is the input
// gradient of the convolution that would shrink that image again, and its own gradients are that
// convolution's output and filter gradient: no kernel of its own. Source: Zeiler, Krishnan, Taylor
// and Fergus, "Deconvolutional Networks" (2010).
#include <algorithm>

#include "kernels/conv2d.h"
#include "kernels/elementwise.h"
#include "layers/layer_options.h"
#include "layers/registry.h"
#include "layers/weights.h"

namespace fovea {

namespace {

class Conv2dTranspose : public Layer {
 public:
  Conv2dTranspose(Options& options, const Window& window)
      : Layer(options.place()),
        window_(window),
        filters_(options.integer("filters", 1)),
        output_padding_(read_output_padding(options)),
        weights_(options) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int slots) const override {
    const Conv2dGeometry g = geometry(only_input(place(), inputs));
    return {.output = g.input_shape(),
            .backward_reads_input = true,
            .forward_scratch = conv2d_backward_scratch(g, slots),
            .backward_scratch =
                std::max(conv2d_backward_scratch(g, slots), conv2d_forward_scratch(g, slots))};
  }

  std::vector<ParameterSpec> parameters(std::span<const Shape> inputs) const override {
    const Conv2dGeometry g = geometry(inputs[0]);
    const std::int64_t taps = std::int64_t{g.rows.size} * g.columns.size;
    // Keras reads the fans off the shape [kh, kw, out, in], where the output stands third.
    return weights_.parameters(g.filter_shape(), filters_,
                               {taps * g.channels, taps * g.out_channels});
  }

  void forward(const ForwardCall& call) const override {
    conv2d_backward(geometry(call.inputs[0].shape),
                    {.filter = call.parameters[0],
                     .output_gradient = call.inputs[0],
                     .input_gradient = call.output,
                     .transposed_bias = weights_.bias(call),
                     .scratch = call.scratch},
                    call.workers);
  }

  void backward(const BackwardCall& call) const override {
    const Conv2dGeometry g = geometry(call.inputs[0].shape);
    if (call.parameter_gradients[0]) {
      conv2d_backward(g,
                      {.input = call.output_gradient,
                       .output_gradient = call.inputs[0],
                       .filter_gradient = call.parameter_gradients[0],
                       .scratch = call.scratch},
                      call.workers);
    }
    if (const TensorView bias = weights_.bias_gradient(call)) {
      const auto pixels = static_cast<int>(call.output_gradient.shape.size() / filters_);
      add_column_sums(call.output_gradient.data, pixels, filters_, bias.data, false);
    }
    if (call.input_gradients[0]) {
      conv2d_forward(g,
                     {.input = call.output_gradient,
                      .filter = call.parameters[0],
                      .output = call.input_gradients[0],
                      .scratch = call.scratch},
                     call.workers);
    }
  }

 private:
  static OutputPadding read_output_padding(Options& options) {
    if (!is_given(options, "outputPadding")) return {};
    const std::array<int, 2> padding = options.pair("outputPadding", 0);
    return {padding[0], padding[1]};
  }
  [[nodiscard]] Conv2dGeometry geometry(const Shape& input) const {
    return transposed_conv2d_geometry(place(), input, window_, output_padding_, filters_);
  }

  Window window_;
  int filters_;
  OutputPadding output_padding_;
  Weights weights_;
};

}  // namespace

LayerChain make_conv2d_transpose(Options& options) {
  const Window window = read_window(options, {.size_key = "kernelSize", .dilation = true});
  const ActivationOption activation = read_activation(options, false);
  LayerChain chain = chain_of<Conv2dTranspose>(options, window);
  add_steps(chain, options.place(), activation);
  return chain;
}

}  // namespace fovea
