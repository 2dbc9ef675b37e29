// SPDX-License-Identifier: MIT
// batchNormalization: in training every channel gets mean 0 and variance 1 over the batch and its
// pixels; moving averages of both are what inference (and a frozen layer) uses instead. Source:
// Ioffe and Szegedy, "Batch Normalization" (2015).
#include <algorithm>

#include "kernels/normalize.h"
#include "layers/layer_options.h"
#include "layers/registry.h"
#include "layers/scale_offset.h"

namespace fovea {

namespace {

class BatchNormalization : public Layer {
 public:
  explicit BatchNormalization(Options& options)
      : Layer(options.place()),
        axis_(options),
        momentum_(static_cast<float>(options.number_or("momentum", 0.99, 0, 1))),
        epsilon_(static_cast<float>(options.number_or("epsilon", 1e-3, 0, 1))),
        scale_offset_(options),
        mean_initializer_(read_initializer(options, "movingMeanInitializer", "zeros")),
        variance_initializer_(read_initializer(options, "movingVarianceInitializer", "ones")) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode mode, int slots) const override {
    const Shape& input = only_input(place(), inputs);
    axis_.check(place(), input);
    const std::int64_t statistics = mode == Mode::kTraining ? 2 * std::int64_t{input[-1]} : 0;
    const std::int64_t scratch = normalize_scratch(geometry(input), slots);
    return {.output = input,
            .backward_reads_input = true,
            .forward_scratch = scratch + statistics,
            .backward_scratch = scratch,
            .saved = statistics};
  }

  std::vector<ParameterSpec> parameters(std::span<const Shape> inputs) const override {
    const Shape shape = {inputs[0][-1]};
    std::vector<ParameterSpec> specs = scale_offset_.parameters(shape);
    specs.push_back({"moving_mean", shape, mean_initializer_, {}, false, {}, {}});
    specs.push_back({"moving_variance", shape, variance_initializer_, {}, false, {}, {}});
    return specs;
  }

  void forward(const ForwardCall& call) const override {
    const NormGeometry g = geometry(call.inputs[0].shape);
    NormForward norm = formula(call.parameters, call.inputs[0], {});
    norm.scratch = call.scratch;
    if (call.mode == Mode::kTraining) {
      const auto channels = static_cast<std::size_t>(g.channels);
      const std::span<float> own = call.scratch.last(2 * channels);
      norm.scratch = call.scratch.first(call.scratch.size() - own.size());
      const std::span<float> statistics = call.saved.empty() ? own : call.saved;
      const std::span<float> mean = statistics.first(channels);
      const std::span<float> variance = statistics.subspan(channels, channels);
      normalize_statistics(g, norm.x, mean, variance, norm.scratch, call.workers);
      norm.mean = mean.data();
      norm.variance = variance.data();
      const std::size_t first = scale_offset_.count();
      move(mean, call.statistics[first]);
      move(variance, call.statistics[first + 1]);
    }
    normalize_forward(g, norm, call.output.data, call.workers);
  }

  void backward(const BackwardCall& call) const override {
    NormForward norm =
        formula(call.parameters, call.inputs[0],
                call.mode == Mode::kTraining ? call.saved : std::span<const float>());
    norm.scratch = call.scratch;
    normalize_backward(geometry(call.inputs[0].shape), norm,
                       {.output_gradient = call.output_gradient.data,
                        .fixed = call.mode == Mode::kInference,
                        .input_gradient = call.input_gradients[0].data,
                        .gamma_gradient = scale_offset_.gamma(call.parameter_gradients),
                        .beta_gradient = scale_offset_.beta(call.parameter_gradients)},
                       call.workers);
  }

  [[nodiscard]] bool infers_when_frozen() const override { return true; }

 private:
  static NormGeometry geometry(const Shape& input) {
    return {.pixels = input.size() / input[-1], .channels = input[-1], .groups = input[-1]};
  }

  /// `statistics`: of the batch; empty: the moving ones.
  [[nodiscard]] NormForward formula(std::span<const ConstTensorView> parameters, ConstTensorView x,
                                    std::span<const float> statistics) const {
    const std::size_t first = scale_offset_.count();
    const bool moving = statistics.empty();
    return {.x = x.data,
            .mean = moving ? parameters[first].data : statistics.data(),
            .variance = moving ? parameters[first + 1].data : statistics.data() + x.shape[-1],
            .gamma = scale_offset_.gamma(parameters),
            .beta = scale_offset_.beta(parameters),
            .epsilon = epsilon_,
            .scratch = {}};
  }

  /// moving = momentum * moving + (1 - momentum) * batch
  void move(std::span<const float> batch, const TensorView& moving) const {
    const std::span<float> values = moving.values();
    for (std::size_t c = 0; c < values.size(); ++c) {
      values[c] = momentum_ * values[c] + (1 - momentum_) * batch[c];
    }
  }

  LastAxis axis_;
  float momentum_;
  float epsilon_;
  ScaleOffset scale_offset_;
  Initializer mean_initializer_;
  Initializer variance_initializer_;
};

}  // namespace

LayerChain make_batch_normalization(Options& options) {
  return chain_of<BatchNormalization>(options);
}

}  // namespace fovea
