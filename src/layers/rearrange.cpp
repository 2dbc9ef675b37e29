// SPDX-License-Identifier: MIT
// permute, zeroPadding2d and cropping2d: the same numbers at other places. Backwards they are the
// reverse copy.
#include "kernels/strided.h"

#include <algorithm>

#include "kernels/geometry.h"
#include "layers/layer_options.h"
#include "layers/registry.h"

namespace fovea {

namespace {

class Permute : public Layer {
 public:
  explicit Permute(Options& options)
      : Layer(options.place()), dims_(options.integers("dims", 1, kExpected)) {
    // Each of 1, 2, ... once: as many different bits as numbers, none beyond their count.
    unsigned named = 0;
    for (const int dim : dims_) named |= 1U << static_cast<unsigned>(std::min(dim, 31));
    if (dims_.size() >= Shape::kMaxRank || named + 2 != 2U << dims_.size()) {
      fail(ErrorCode::kBadOption, place(), ": dims must be ", kExpected, '.');
    }
  }

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    const Shape& input = only_input(place(), inputs);
    if (dims_.size() + 1 != input.extents().size()) {
      fail(ErrorCode::kBadShape, place(), ": orders ", dims_.size(), " dimensions but gets ",
           batch_shape_text(input), ". dims names every dimension but the batch once.");
    }
    Shape output = input;
    for (int i = 1; i < input.rank(); ++i) output.set(i, input[source(i)]);
    return {.output = output};
  }
  void forward(const ForwardCall& call) const override {
    copy_box(call.output.shape, {.from = call.inputs[0].data,
                                 .from_strides = permuted(call.inputs[0].shape),
                                 .to = call.output.data,
                                 .to_strides = strides_of(call.output.shape)});
  }
  void backward(const BackwardCall& call) const override {
    const TensorView& input_gradient = call.input_gradients[0];
    if (!input_gradient) return;
    const Shape& shape = call.output_gradient.shape;
    copy_box(shape, {.from = call.output_gradient.data,
                     .from_strides = strides_of(shape),
                     .to = input_gradient.data,
                     .to_strides = permuted(input_gradient.shape)});
  }

 private:
  static constexpr std::string_view kExpected =
      "the numbers of the dimensions in their new order, such as [2, 1], counted from 1 without "
      "the batch";

  [[nodiscard]] int source(int output) const { return dims_[static_cast<std::size_t>(output - 1)]; }
  /// The input's strides in the order of the output.
  [[nodiscard]] Strides permuted(const Shape& input) const {
    const Strides own = strides_of(input);
    Strides strides{own[0]};
    for (int i = 1; i < input.rank(); ++i) {
      strides[static_cast<std::size_t>(i)] = own[static_cast<std::size_t>(source(i))];
    }
    return strides;
  }

  std::vector<int> dims_;
};

struct Margins {
  int top, bottom, left, right;
};

/// A number, [height, width] or [[top, bottom], [left, right]].
Margins read_margins(Options& options, std::string_view key, int fallback) {
  constexpr std::array<std::size_t, 3> kCounts = {1, 2, 4};
  const std::vector<int> sides =
      options.integers_or(key, {fallback, fallback}, 0,
                          "a number, [height, width] or [[top, bottom], [left, right]]", kCounts);
  if (sides.size() == 4) return {sides[0], sides[1], sides[2], sides[3]};
  return {sides[0], sides[0], sides.back(), sides.back()};
}

/// Padding puts the input inside a larger image of zeros, cropping takes a smaller one out of it.
class Margin : public Layer {
 public:
  Margin(const std::string& place, const Margins& margins, bool pads)
      : Layer(place), margins_(margins), pads_(pads) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    const Shape& input = only_input(place(), inputs);
    check_image(place(), input);
    const int sign = pads_ ? 1 : -1;
    const Margins& m = margins_;
    const std::int64_t rows = input[1] + sign * (std::int64_t{m.top} + m.bottom);
    const std::int64_t columns = input[2] + sign * (std::int64_t{m.left} + m.right);
    if (rows < 1 || columns < 1) {
      fail(ErrorCode::kBadShape, place(), ": cropping leaves nothing of ", batch_shape_text(input),
           ". Crop less than its height and width.");
    }
    const auto extent = [](std::int64_t n) {
      return static_cast<int>(std::min<std::int64_t>(n, INT_MAX));
    };
    const Shape output{input[0], extent(rows), extent(columns), input[3]};
    check_elements(place(), "an output", output.row());
    return {.output = output, .aliases_input = output == input};
  }
  void forward(const ForwardCall& call) const override { move(call.inputs[0], call.output, pads_); }
  void backward(const BackwardCall& call) const override {
    if (call.input_gradients[0]) move(call.output_gradient, call.input_gradients[0], !pads_);
  }

 private:
  void move(ConstTensorView from, TensorView to, bool grows) const {
    const Shape& small = grows ? from.shape : to.shape;
    const Shape& large = grows ? to.shape : from.shape;
    const auto strides = [](const Shape& s) {
      const std::int64_t row = std::int64_t{s[2]} * s[3];
      return Strides{s[1] * row, row, 1};
    };
    const std::int64_t inside = (std::int64_t{margins_.top} * large[2] + margins_.left) * large[3];
    if (grows) std::ranges::fill(to.values(), 0.0F);
    copy_box({small[0], small[1], small[2] * small[3]}, {.from = from.data + (grows ? 0 : inside),
                                                         .from_strides = strides(from.shape),
                                                         .to = to.data + (grows ? inside : 0),
                                                         .to_strides = strides(to.shape)});
  }

  Margins margins_;
  bool pads_;
};

}  // namespace

LayerChain make_permute(Options& options) { return chain_of<Permute>(options); }

LayerChain make_zero_padding2d(Options& options) {
  return chain_of<Margin>(options.place(), read_margins(options, "padding", 1), true);
}

LayerChain make_cropping2d(Options& options) {
  return chain_of<Margin>(options.place(), read_margins(options, "cropping", 0), false);
}

}  // namespace fovea
