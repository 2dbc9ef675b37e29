// SPDX-License-Identifier: MIT
// What "activityRegularizer" stands for: a step that passes its input on and adds l1 * sum of |x| +
// l2 * sum of x^2 over the whole batch to the loss (Keras 3: not divided by the batch size).
#include "kernels/elementwise.h"
#include "layers/layer_options.h"

namespace fovea {

namespace {

class ActivityRegularization : public Layer {
 public:
  ActivityRegularization(const std::string& place, const Regularizer& price)
      : Layer(place), price_(price) {}

  // A copy, since the gradient changes here: an output that is its input has its input's gradient.
  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    return {.output = only_input(place(), inputs), .backward_reads_output = true};
  }
  void forward(const ForwardCall& call) const override {
    scale(call.inputs[0].values(), 1, 0, call.output.values());
  }
  void backward(const BackwardCall& call) const override {
    if (!call.input_gradients[0]) return;
    add_price_slope(call.output.values(), price_.l1, price_.l2, call.output_gradient.values(),
                    call.input_gradients[0].values());
  }
  [[nodiscard]] bool has_penalty() const override { return true; }
  [[nodiscard]] double penalty(ConstTensorView output) const override {
    double sizes = 0;
    double squares = 0;
    for (const float y : output.values()) {
      const auto value = static_cast<double>(y);
      sizes += value < 0 ? -value : value;
      squares += value * value;
    }
    return static_cast<double>(price_.l1) * sizes + static_cast<double>(price_.l2) * squares;
  }

 private:
  Regularizer price_;
};

}  // namespace

std::unique_ptr<Layer> make_activity_step(const std::string& place,
                                          const Regularizer& regularizer) {
  return std::make_unique<ActivityRegularization>(place, regularizer);
}

}  // namespace fovea
