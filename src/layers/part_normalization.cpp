// SPDX-License-Identifier: MIT
// layerNormalization and groupNormalization: mean 0 and variance 1 within every example, over its
// last axes or over groups of channels, the same in training and inference. Sources: Ba, Kiros and
// Hinton, "Layer Normalization" (2016); Wu and He, "Group Normalization" (2018).
#include <algorithm>

#include "kernels/normalize.h"
#include "layers/layer_options.h"
#include "layers/registry.h"
#include "layers/scale_offset.h"

namespace fovea {

namespace {

/// What both share; they differ in their geometry.
class PartNormalization : public Layer {
 public:
  explicit PartNormalization(Options& options)
      : Layer(options.place()),
        epsilon_(static_cast<float>(options.number_or("epsilon", 1e-3, 0, 1))),
        scale_offset_(options) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int slots) const override {
    const Shape& input = only_input(place(), inputs);
    const NormGeometry g = geometry(input);
    const std::int64_t scratch = normalize_scratch(g, slots);
    const std::int64_t statistics = 2 * std::int64_t{g.images} * g.groups;
    return {.output = input,
            .backward_reads_input = true,
            .forward_scratch = scratch + statistics,
            .backward_scratch = scratch,
            .saved = statistics};
  }

  std::vector<ParameterSpec> parameters(std::span<const Shape> inputs) const override {
    return scale_offset_.parameters(parameter_shape(inputs[0]));
  }

  void forward(const ForwardCall& call) const override {
    const NormGeometry g = geometry(call.inputs[0].shape);
    const auto count = static_cast<std::size_t>(g.statistics());
    const std::span<float> own = call.scratch.last(2 * count);
    const std::span<float> statistics = call.saved.empty() ? own : call.saved;
    const std::span<float> scratch = call.scratch.first(call.scratch.size() - own.size());
    normalize_statistics(g, call.inputs[0].data, statistics.first(count),
                         statistics.subspan(count, count), scratch, call.workers);
    normalize_forward(g, formula(call.parameters, call.inputs[0], statistics, scratch),
                      call.output.data, call.workers);
  }

  void backward(const BackwardCall& call) const override {
    normalize_backward(geometry(call.inputs[0].shape),
                       formula(call.parameters, call.inputs[0], call.saved, call.scratch),
                       {.output_gradient = call.output_gradient.data,
                        .input_gradient = call.input_gradients[0].data,
                        .gamma_gradient = scale_offset_.gamma(call.parameter_gradients),
                        .beta_gradient = scale_offset_.beta(call.parameter_gradients)},
                       call.workers);
  }

 protected:
  [[nodiscard]] virtual NormGeometry geometry(const Shape& input) const = 0;
  [[nodiscard]] virtual Shape parameter_shape(const Shape& input) const = 0;

 private:
  [[nodiscard]] NormForward formula(std::span<const ConstTensorView> parameters, ConstTensorView x,
                                    std::span<const float> statistics,
                                    std::span<float> scratch) const {
    const auto count = static_cast<std::size_t>(geometry(x.shape).statistics());
    return {.x = x.data,
            .mean = statistics.data(),
            .variance = statistics.data() + count,
            .gamma = scale_offset_.gamma(parameters),
            .beta = scale_offset_.beta(parameters),
            .epsilon = epsilon_,
            .scratch = scratch};
  }

  float epsilon_;
  ScaleOffset scale_offset_;
};

class LayerNormalization : public PartNormalization {
 public:
  explicit LayerNormalization(Options& options)
      : PartNormalization(options),
        axes_(
            options.integers_or("axis", {-1}, -Shape::kMaxRank, "a dimension or a list of them")) {}

 protected:
  [[nodiscard]] NormGeometry geometry(const Shape& input) const override {
    const Shape shape = parameter_shape(input);
    const auto features = static_cast<int>(shape.size());
    return {.images = static_cast<int>(input.size() / features), .channels = features};
  }
  /// The last dimensions, as many as axes; refuses others.
  [[nodiscard]] Shape parameter_shape(const Shape& input) const override {
    std::vector<int> axes = axes_;
    for (int& axis : axes) axis += axis < 0 ? input.rank() : 0;
    std::ranges::sort(axes);
    bool fits = !axes.empty() && axes[0] > 0;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      fits = fits && axes[i] == input.rank() - static_cast<int>(axes.size() - i);
    }
    if (!fits) {
      fail(ErrorCode::kBadOption, place(), ": axis must be the last dimensions of ",
           batch_shape_text(input),
           ", without the batch: -1, [-2, -1], ... Put permute before it.");
    }
    return Shape(input.extents().last(axes.size()));
  }

 private:
  std::vector<int> axes_;
};

class GroupNormalization : public PartNormalization {
 public:
  explicit GroupNormalization(Options& options)
      : PartNormalization(options), axis_(options), groups_(options.integer_or("groups", 32, -1)) {}

 protected:
  [[nodiscard]] NormGeometry geometry(const Shape& input) const override {
    axis_.check(place(), input);
    const int channels = input[-1];
    const int groups = groups_ == -1 ? channels : groups_;
    if (groups == 0 || channels % groups != 0) {
      fail(ErrorCode::kBadOption, place(), ": groups must divide the ", channels,
           " channels of the input, or be -1 for a group for each channel, but is ", groups, '.');
    }
    return {.images = input[0],
            .pixels = input.row().size() / channels,
            .channels = channels,
            .groups = groups};
  }
  [[nodiscard]] Shape parameter_shape(const Shape& input) const override { return {input[-1]}; }

 private:
  LastAxis axis_;
  int groups_;
};

}  // namespace

LayerChain make_group_normalization(Options& options) {
  return chain_of<GroupNormalization>(options);
}

LayerChain make_layer_normalization(Options& options) {
  return chain_of<LayerNormalization>(options);
}

}  // namespace fovea
