// SPDX-License-Identifier: MIT
// maxPooling2d and averagePooling2d: each window of each channel becomes one number.
#include "kernels/pool2d.h"

#include "layers/layer_options.h"
#include "layers/registry.h"

namespace fovea {

namespace {

/// What both kinds of pooling share: options and shape rule.
class Pool2d : public Layer {
 public:
  Pool2d(Options& options, bool backward_reads_values)
      : Layer(options.place()),
        window_(read_window(options, {.size_key = "poolSize",
                                      .default_size = 2,
                                      .strides_default_to_size = true,
                                      .explicit_padding = false})),
        backward_reads_values_(backward_reads_values) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    const WindowGeometry g = geometry(only_input(place(), inputs));
    return {.output = {g.batch, g.rows.output, g.columns.output, g.channels},
            .backward_reads_input = backward_reads_values_,
            .backward_reads_output = backward_reads_values_};
  }

 protected:
  [[nodiscard]] WindowGeometry geometry(const Shape& input) const {
    return window_geometry(place(), input, window_);
  }

 private:
  Window window_;
  bool backward_reads_values_;
};

class MaxPool2d : public Pool2d {
 public:
  explicit MaxPool2d(Options& options) : Pool2d(options, true) {}

  void forward(const ForwardCall& call) const override {
    max_pool2d_forward(geometry(call.inputs[0].shape), call.inputs[0], call.output, call.workers);
  }
  void backward(const BackwardCall& call) const override {
    if (!call.input_gradients[0]) return;
    max_pool2d_backward(geometry(call.inputs[0].shape),
                        {.input = call.inputs[0],
                         .output = call.output,
                         .output_gradient = call.output_gradient,
                         .input_gradient = call.input_gradients[0]},
                        call.workers);
  }
};

class AveragePool2d : public Pool2d {
 public:
  explicit AveragePool2d(Options& options) : Pool2d(options, false) {}

  void forward(const ForwardCall& call) const override {
    average_pool2d_forward(geometry(call.inputs[0].shape), call.inputs[0], call.output,
                           call.workers);
  }
  void backward(const BackwardCall& call) const override {
    const TensorView& input_gradient = call.input_gradients[0];
    if (!input_gradient) return;
    average_pool2d_backward(geometry(input_gradient.shape), call.output_gradient, input_gradient,
                            call.workers);
  }
};

}  // namespace

LayerChain make_max_pooling2d(Options& options) { return chain_of<MaxPool2d>(options); }

LayerChain make_average_pooling2d(Options& options) { return chain_of<AveragePool2d>(options); }

}  // namespace fovea
