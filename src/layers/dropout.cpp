// SPDX-License-Identifier: MIT
// dropout: while training, each input is zero with probability `rate` and the others grow by 1 / (1
// - rate); nothing otherwise. Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov
// (2014).
#include "kernels/elementwise.h"
#include "layers/layer_options.h"
#include "layers/registry.h"

namespace fovea {

namespace {

class Dropout : public Layer {
 public:
  explicit Dropout(Options& options)
      : Layer(options.place()),
        rate_(static_cast<float>(options.number_or("rate", 0.5, 0, kLargestRate))) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode mode, int /*slots*/) const override {
    return {.output = only_input(place(), inputs),
            .aliases_input = mode == Mode::kInference || rate_ == 0};
  }

  void forward(const ForwardCall& call) const override {
    dropout(stream(call.moment), rate_, call.inputs[0].values(), call.output.values());
  }
  void backward(const BackwardCall& call) const override {
    if (!call.input_gradients[0]) return;
    dropout(stream(call.moment), rate_, call.output_gradient.values(),
            call.input_gradients[0].values());
  }

 private:
  static constexpr double kLargestRate = 0.999999;  // at 1 nothing would be left to scale up

  static RandomStream stream(const Moment& moment) {
    return {moment.seed, RandomUse::kDropout, moment.step, moment.layer};
  }

  float rate_;
};

}  // namespace

LayerChain make_dropout(Options& options) { return chain_of<Dropout>(options); }

}  // namespace fovea
