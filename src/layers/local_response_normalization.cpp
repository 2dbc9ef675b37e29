// SPDX-License-Identifier: MIT
// localResponseNormalization: divides by (k + alpha * sum of squares over `size` neighbouring
// channels)^beta. The defaults are AlexNet's. alpha is not divided by size, as PyTorch's is.
// TensorFlow's words are taken too: depthRadius (size = 2 depthRadius + 1) and bias (k).
#include "kernels/local_response.h"

#include "layers/layer_options.h"
#include "layers/registry.h"

namespace fovea {

namespace {

class LocalResponseNormalization : public Layer {
 public:
  explicit LocalResponseNormalization(Options& options)
      : Layer(options.place()),
        f_{.radius = read_radius(options),
           .k = number(options, options.given("bias") ? "bias" : "k", 2),
           .alpha = number(options, "alpha", 1e-4),
           .beta = number(options, "beta", 0.75)} {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int slots) const override {
    const Shape& input = only_input(place(), inputs);
    const std::int64_t scratch = local_response_scratch(f_, input[-1], slots);
    return {.output = input,
            .backward_reads_input = true,
            .forward_scratch = scratch,
            .backward_scratch = scratch};
  }
  void forward(const ForwardCall& call) const override {
    local_response_forward(f_, call.inputs[0], call.output, call.scratch, call.workers);
  }
  void backward(const BackwardCall& call) const override {
    if (!call.input_gradients[0]) return;
    local_response_backward(f_, call.inputs[0], call.output_gradient, call.input_gradients[0],
                            call.scratch, call.workers);
  }

 private:
  static float number(Options& options, std::string_view key, double fallback) {
    return static_cast<float>(options.number_or(key, fallback, 0, 1e6));
  }
  static int read_radius(Options& options) {
    constexpr int kLargest = 1 << 16;
    if (options.given("depthRadius")) return options.integer("depthRadius", 0, kLargest);
    const int size = options.integer_or("size", 5, 1, kLargest);
    if (size % 2 == 0) {
      fail(ErrorCode::kBadOption, options.place(),
           ": size must be odd, so that a channel stands in the middle of its neighbours, but is ",
           size, '.');
    }
    return size / 2;
  }

  LocalResponse f_;
};

}  // namespace

LayerChain make_local_response_normalization(Options& options) {
  return chain_of<LocalResponseNormalization>(options);
}

}  // namespace fovea
