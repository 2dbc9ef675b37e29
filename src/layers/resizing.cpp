// SPDX-License-Identifier: MIT
// resizing (to a height and width) and upSampling2d (by whole factors), with half-pixel centres as
// in Keras: output pixel o looks at (o + 1/2) input / output, beyond the edge at the nearest pixel.
#include "kernels/geometry.h"
#include "kernels/sample.h"
#include "layers/layer_options.h"
#include "layers/registry.h"

namespace fovea {

namespace {

class Resizing : public Layer {
 public:
  Resizing(Options& options, std::array<int, 2> size, bool is_factor)
      : Layer(options.place()),
        size_(size),
        is_factor_(is_factor),
        interpolation_(static_cast<Interpolation>(
            options.choice_or("interpolation", kInterpolationNames, is_factor ? 1 : 0))) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    const Shape& input = only_input(place(), inputs);
    check_image(place(), input);
    Shape output = input;
    for (int i = 0; i < 2; ++i) {
      const std::int64_t extent =
          std::int64_t{size_[static_cast<std::size_t>(i)]} * (is_factor_ ? input[1 + i] : 1);
      output.set(1 + i, static_cast<int>(std::min<std::int64_t>(extent, INT_MAX)));
    }
    check_elements(place(), "an output", output.row());
    return {.output = output, .aliases_input = output == input};
  }
  void forward(const ForwardCall& call) const override {
    const ConstTensorView& input = call.inputs[0];
    const Sampling s = sampling(input.shape, call.output.shape);
    call.workers.run(input.shape[0], [&](int n, int) {
      sample_forward(s, example(input, n), example(call.output, n));
    });
  }
  void backward(const BackwardCall& call) const override {
    const TensorView& input_gradient = call.input_gradients[0];
    if (!input_gradient) return;
    const Sampling s = sampling(input_gradient.shape, call.output_gradient.shape);
    call.workers.run(input_gradient.shape[0], [&](int n, int) {
      sample_backward(s, example(call.output_gradient, n), example(input_gradient, n));
    });
  }

 private:
  [[nodiscard]] Sampling sampling(const Shape& input, const Shape& output) const {
    return {
        .interpolation = interpolation_,
        .fill_mode = FillMode::kNearest,
        .x = {.column = static_cast<double>(input[2]), .divisor = static_cast<double>(output[2])},
        .y = {.row = static_cast<double>(input[1]), .divisor = static_cast<double>(output[1])}};
  }

  std::array<int, 2> size_;
  bool is_factor_;
  Interpolation interpolation_;
};

}  // namespace

LayerChain make_resizing(Options& options) {
  const int height = options.integer("height", 1);
  const int width = options.integer("width", 1);
  return chain_of<Resizing>(options, std::array{height, width}, false);
}

LayerChain make_up_sampling2d(Options& options) {
  return chain_of<Resizing>(options, options.pair_or("size", {2, 2}, 1), true);
}

}  // namespace fovea
