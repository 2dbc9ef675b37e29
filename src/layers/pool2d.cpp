// SPDX-License-Identifier: MIT
// Pooling: each window of each channel becomes its largest number, its mean or its sum. The global
// kinds take the whole image for their only window.
#include "kernels/pool2d.h"

#include <algorithm>

#include "layers/layer_options.h"
#include "layers/registry.h"

namespace fovea {

namespace {

enum class PoolKind : std::uint8_t { kMax, kMean, kSum };

class Pool2d : public Layer {
 public:
  Pool2d(const std::string& place, PoolKind kind, const Window& window)
      : Layer(place), kind_(kind), window_(window) {}
  /// A global one: [n, h, w, c] to [n, c], or with keepdims to [n, 1, 1, c].
  Pool2d(Options& options, PoolKind kind)
      : Layer(options.place()),
        kind_(kind),
        global_(true),
        keeps_dimensions_(options.flag_or("keepdims", false)) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    const WindowGeometry g = geometry(only_input(place(), inputs));
    Shape output{g.batch, g.rows.output, g.columns.output, g.channels};
    if (global_ && !keeps_dimensions_) output = {g.batch, g.channels};
    const bool max = kind_ == PoolKind::kMax;
    const std::int64_t winners = max ? max_pool2d_winners(g) : 0;
    const bool compares = max && winners == 0;
    return {.output = output,
            .backward_reads_input = compares,
            .backward_reads_output = compares,
            .saved = winners};
  }

  [[nodiscard]] Shape reads(const Shape& input) const override {
    const WindowGeometry g = geometry(input);
    const auto read = [](const WindowAxis& a) { return std::min(a.input, a.covered() - a.before); };
    return {g.batch, read(g.rows), read(g.columns), g.channels};
  }

  void forward(const ForwardCall& call) const override {
    const WindowGeometry g = geometry(call.inputs[0].shape);
    if (kind_ == PoolKind::kMax) {
      max_pool2d_forward(g,
                         {.input = call.inputs[0],
                          .output = call.output,
                          .winners = call.saved,
                          .after_relu = call.after_relu},
                         call.workers);
    } else {
      total_pool2d_forward(total(), g, call.inputs[0], call.output, call.workers);
    }
  }

  void backward(const BackwardCall& call) const override {
    const TensorView& input_gradient = call.input_gradients[0];
    if (!input_gradient) return;
    const WindowGeometry g = geometry(input_gradient.shape);
    if (kind_ == PoolKind::kMax) {
      max_pool2d_backward(g,
                          {.input = call.inputs[0],
                           .output = call.output,
                           .winners = call.saved,
                           .output_gradient = call.output_gradient,
                           .input_gradient = input_gradient,
                           .after_relu = call.after_relu},
                          call.workers);
    } else {
      total_pool2d_backward(total(), g, call.output_gradient, input_gradient, call.workers);
    }
  }

  [[nodiscard]] bool takes_over_relu() const override { return kind_ == PoolKind::kMax; }

 private:
  [[nodiscard]] PoolTotal total() const {
    return kind_ == PoolKind::kMean ? PoolTotal::kMean : PoolTotal::kSum;
  }
  [[nodiscard]] WindowGeometry geometry(const Shape& input) const {
    Window window = window_;
    if (global_) {
      check_image(place(), input);
      window.height = input[1];
      window.width = input[2];
    }
    return window_geometry(place(), input, window);
  }

  PoolKind kind_;
  Window window_;
  bool global_ = false;
  bool keeps_dimensions_ = false;
};

LayerChain sliding(Options& options, PoolKind kind) {
  const Window window = read_window(options, {.size_key = "poolSize",
                                              .default_size = 2,
                                              .strides_default_to_size = true,
                                              .explicit_padding = false});
  return chain_of<Pool2d>(options.place(), kind, window);
}

}  // namespace

LayerChain make_max_pooling2d(Options& options) { return sliding(options, PoolKind::kMax); }

LayerChain make_average_pooling2d(Options& options) { return sliding(options, PoolKind::kMean); }

LayerChain make_sum_pooling2d(Options& options) { return sliding(options, PoolKind::kSum); }

LayerChain make_global_max_pooling2d(Options& options) {
  return chain_of<Pool2d>(options, PoolKind::kMax);
}

LayerChain make_global_average_pooling2d(Options& options) {
  return chain_of<Pool2d>(options, PoolKind::kMean);
}

}  // namespace fovea
