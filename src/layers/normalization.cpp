// SPDX-License-Identifier: MIT
// normalization: (x - mean) / deviation with statistics of the data set that are given, one number
// or one for each channel. As a first layer it sees bytes as 0 to 255.
#include <algorithm>
#include <cmath>

#include "kernels/normalize.h"
#include "layers/layer_options.h"
#include "layers/registry.h"

namespace fovea {

namespace {

constexpr std::string_view kNumbers = "a number or a list of numbers, one for each channel";

class Normalization : public Layer {
 public:
  explicit Normalization(Options& options)
      : Layer(options.place()),
        axis_(options),
        mean_(options.numbers("mean", kNumbers, -kLargest, kLargest)),
        factor_(options.numbers("variance", kNumbers, 0, kLargest)) {
    // Keras: a deviation below 1e-7 counts as 1e-7.
    for (double& variance : factor_) variance = 1 / std::max(std::sqrt(variance), 1e-7);
  }

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    const Shape& input = only_input(place(), inputs);
    axis_.check(place(), input);
    check(input, "mean", mean_);
    check(input, "variance", factor_);
    const std::int64_t scratch = 2 * std::int64_t{input[-1]};
    return {.output = input, .forward_scratch = scratch, .backward_scratch = scratch};
  }
  void forward(const ForwardCall& call) const override {
    const Shape& shape = call.inputs[0].shape;
    const float* shift = spread(mean_, call.scratch.data(), shape[-1]);
    const float* factor = spread(factor_, call.scratch.data() + shape[-1], shape[-1]);
    affine_columns({.x = call.inputs[0].data, .shift = shift, .factor = factor},
                   shape.size() / shape[-1], shape[-1], call.output.data);
  }
  void backward(const BackwardCall& call) const override {
    if (!call.input_gradients[0]) return;
    const Shape& shape = call.output_gradient.shape;
    const float* factor = spread(factor_, call.scratch.data(), shape[-1]);
    affine_columns({.x = call.output_gradient.data, .factor = factor}, shape.size() / shape[-1],
                   shape[-1], call.input_gradients[0].data);
  }
  [[nodiscard]] bool reads_raw_bytes() const override { return true; }

 private:
  static constexpr double kLargest = 1e30;

  void check(const Shape& input, std::string_view name, const std::vector<double>& values) const {
    const std::size_t count = values.size();
    if (count == 1 || count == static_cast<std::size_t>(input[-1])) return;
    fail(ErrorCode::kBadShape, place(), ": ", name, " has ", count,
         " numbers, but needs one, or one for each of the ", input[-1], " channels of ",
         batch_shape_text(input), '.');
  }

  /// One number for each channel.
  static const float* spread(const std::vector<double>& values, float* to, int channels) {
    for (int c = 0; c < channels; ++c) {
      to[c] = static_cast<float>(values[values.size() == 1 ? 0 : static_cast<std::size_t>(c)]);
    }
    return to;
  }

  LastAxis axis_;
  std::vector<double> mean_;
  std::vector<double> factor_;
};

}  // namespace

LayerChain make_normalization(Options& options) { return chain_of<Normalization>(options); }

}  // namespace fovea
