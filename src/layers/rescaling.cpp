// SPDX-License-Identifier: MIT
// rescaling: output = input * scale + offset. As a first layer it sees bytes as 0 to 255.
#include "kernels/elementwise.h"
#include "layers/layer_options.h"
#include "layers/registry.h"

namespace fovea {

namespace {

class Rescaling : public Layer {
 public:
  explicit Rescaling(Options& options)
      : Layer(options.place()),
        scale_(static_cast<float>(options.number_or("scale", 1, -kLargest, kLargest))),
        offset_(static_cast<float>(options.number_or("offset", 0, -kLargest, kLargest))) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    return {.output = only_input(place(), inputs)};
  }
  void forward(const ForwardCall& call) const override {
    scale(call.inputs[0].values(), scale_, offset_, call.output.values());
  }
  void backward(const BackwardCall& call) const override {
    if (!call.input_gradients[0]) return;
    scale(call.output_gradient.values(), scale_, 0, call.input_gradients[0].values());
  }
  [[nodiscard]] bool reads_raw_bytes() const override { return true; }

 private:
  static constexpr double kLargest = 1e30;

  float scale_;
  float offset_;
};

}  // namespace

LayerChain make_rescaling(Options& options) { return chain_of<Rescaling>(options); }

}  // namespace fovea
