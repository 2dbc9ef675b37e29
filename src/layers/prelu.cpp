// SPDX-License-Identifier: MIT
// prelu: y = x > 0 ? x : alpha * x with alphas that are learned, one for every place of an example
// or shared along some of its axes. Source: He, Zhang, Ren and Sun, "Delving Deep into Rectifiers"
// (2015).
#include <algorithm>

#include "layers/layer_options.h"
#include "layers/registry.h"
#include "layers/weights.h"

namespace fovea {

namespace {

class PRelu : public Layer {
 public:
  explicit PRelu(Options& options)
      : Layer(options.place()),
        shared_(options.integers_or("sharedAxes", {}, 1, "a list of dimensions, the first is 1")),
        alpha_(options, "alpha", "zeros") {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    const Shape& input = only_input(place(), inputs);
    for (const int axis : shared_) {
      if (axis < input.rank()) continue;
      fail(ErrorCode::kBadOption, place(), ": sharedAxes must be among the dimensions 1 to ",
           input.rank() - 1, " of ", batch_shape_text(input), '.');
    }
    return {.output = input, .backward_reads_input = true};
  }

  std::vector<ParameterSpec> parameters(std::span<const Shape> inputs) const override {
    Shape shape = inputs[0].row();
    for (const int axis : shared_) shape.set(axis - 1, 1);
    return {alpha_.spec("alpha", shape, {})};
  }

  void forward(const ForwardCall& call) const override {
    const std::span<const float> x = call.inputs[0].values();
    for_each_alpha(call.inputs[0].shape, call.parameters[0].shape,
                   [&](std::size_t i, std::size_t a) {
                     call.output.data[i] = x[i] > 0 ? x[i] : call.parameters[0].data[a] * x[i];
                   });
  }

  void backward(const BackwardCall& call) const override {
    const TensorView& alpha_gradient = call.parameter_gradients[0];
    const TensorView& input_gradient = call.input_gradients[0];
    std::ranges::fill(alpha_gradient.values(), 0.0F);
    for_each_alpha(call.inputs[0].shape, call.parameters[0].shape,
                   [&](std::size_t i, std::size_t a) {
                     const float x = call.inputs[0].data[i];
                     const float dy = call.output_gradient.data[i];
                     if (alpha_gradient && x <= 0) alpha_gradient.data[a] += dy * x;
                     if (input_gradient)
                       input_gradient.data[i] = x > 0 ? dy : call.parameters[0].data[a] * dy;
                   });
  }

 private:
  /// Calls f(i, place of its alpha) for every element in order.
  template <class Function>
  static void for_each_alpha(const Shape& input, const Shape& alpha, const Function& f) {
    std::array<int, Shape::kMaxRank> at{};
    const auto size = static_cast<std::size_t>(input.size());
    for (std::size_t i = 0; i < size; ++i) {
      std::size_t place = 0;
      for (int d = 0; d < alpha.rank(); ++d) {
        const int here = alpha[d] == 1 ? 0 : at[static_cast<std::size_t>(d) + 1];
        place = place * static_cast<std::size_t>(alpha[d]) + static_cast<std::size_t>(here);
      }
      f(i, place);
      for (int d = input.rank(); d-- > 0;) {
        int& position = at[static_cast<std::size_t>(d)];
        if (++position < input[d]) break;
        position = 0;
      }
    }
  }

  std::vector<int> shared_;
  WeightOptions alpha_;
};

}  // namespace

LayerChain make_prelu(Options& options) { return chain_of<PRelu>(options); }

}  // namespace fovea
