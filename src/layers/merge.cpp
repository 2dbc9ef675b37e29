// SPDX-License-Identifier: MIT
// Layers of several inputs: add, subtract, multiply, average, maximum, minimum (element by element,
// sizes of 1 are broadcast) and concatenate (one behind the other along an axis).
#include "kernels/merge.h"

#include "kernels/geometry.h"
#include "kernels/strided.h"
#include "layers/layer_options.h"
#include "layers/registry.h"

namespace fovea {

namespace {

void check_count(std::string_view place, std::span<const Shape> inputs) {
  if (inputs.size() >= 2) return;
  fail(ErrorCode::kBadShape, place, ": takes two or more inputs but gets ", inputs.size(),
       ". Apply it to an array: apply([a, b]).");
}

class Merge : public Layer {
 public:
  Merge(const Options& options, MergeKind kind) : Layer(options.place()), kind_(kind) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    check_count(place(), inputs);
    if (kind_ == MergeKind::kSubtract && inputs.size() > 2) {
      fail(ErrorCode::kBadShape, place(), ": takes two inputs but gets ", inputs.size(), ".");
    }
    Shape output = inputs[0];
    for (const Shape& input : inputs.subspan(1)) {
      bool fits = input.rank() == output.rank();
      for (int i = 0; fits && i < input.rank(); ++i) {
        fits = input[i] == output[i] || input[i] == 1 || output[i] == 1;
        if (output[i] == 1) output.set(i, input[i]);
      }
      if (!fits) {
        fail(ErrorCode::kBadShape, place(), ": cannot combine ", batch_shape_text(inputs[0]),
             " and ", batch_shape_text(input),
             ". Sizes must be equal, or 1 in one of them, which is then repeated.");
      }
    }
    check_elements(place(), "an output", output.row());
    bool broadcasts = false;
    for (const Shape& input : inputs) broadcasts = broadcasts || input != output;
    const bool selects = kind_ == MergeKind::kMaximum || kind_ == MergeKind::kMinimum;
    return {.output = output,
            .backward_reads_input = selects || kind_ == MergeKind::kMultiply,
            .backward_reads_output = selects,
            .backward_scratch = broadcasts ? output.size() : 0};
  }
  void forward(const ForwardCall& call) const override {
    merge_forward(kind_, call.inputs, call.output);
  }
  void backward(const BackwardCall& call) const override {
    merge_backward(kind_, {.inputs = call.inputs,
                           .output = call.output,
                           .output_gradient = call.output_gradient,
                           .input_gradients = call.input_gradients,
                           .scratch = call.scratch});
  }

 private:
  MergeKind kind_;
};

class Concatenate : public Layer {
 public:
  explicit Concatenate(Options& options)
      : Layer(options.place()),
        axis_(options.integer_or("axis", -1, -Shape::kMaxRank, Shape::kMaxRank - 1)) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    check_count(place(), inputs);
    Shape output = inputs[0];
    const int axis = axis_of(output);
    if (axis < 1 || axis >= output.rank()) {
      fail(ErrorCode::kBadOption, place(), ": axis ", axis_, " does not fit ",
           batch_shape_text(output),
           ". It must count one of its dimensions, the batch being 0 and not allowed; negative "
           "ones count from the last.");
    }
    std::int64_t total = output[axis];
    for (const Shape& input : inputs.subspan(1)) {
      Shape others = input;
      if (input.rank() == output.rank()) others.set(axis, output[axis]);
      if (others != inputs[0]) {
        fail(ErrorCode::kBadShape, place(), ": cannot join ", batch_shape_text(inputs[0]), " and ",
             batch_shape_text(input), " along axis ", axis, ". All other sizes must be equal.");
      }
      total += input[axis];
    }
    output.set(axis, static_cast<int>(std::min<std::int64_t>(total, INT_MAX)));
    check_elements(place(), "an output", output.row());
    return {.output = output};
  }

  void forward(const ForwardCall& call) const override {
    std::int64_t start = 0;
    for (const ConstTensorView& input : call.inputs) {
      const Piece piece = piece_of(input.shape, call.output.shape);
      copy_box(piece.box, {.from = input.data,
                           .from_strides = piece.own,
                           .to = call.output.data + start,
                           .to_strides = piece.joined});
      start += piece.box[1];
    }
  }
  void backward(const BackwardCall& call) const override {
    std::int64_t start = 0;
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
      const Piece piece = piece_of(call.inputs[i].shape, call.output_gradient.shape);
      if (call.input_gradients[i]) {
        copy_box(piece.box, {.from = call.output_gradient.data + start,
                             .from_strides = piece.joined,
                             .to = call.input_gradients[i].data,
                             .to_strides = piece.own});
      }
      start += piece.box[1];
    }
  }

 private:
  [[nodiscard]] int axis_of(const Shape& shape) const {
    return axis_ < 0 ? axis_ + shape.rank() : axis_;
  }

  /// An input as rows that lie behind one another in its own memory, and with the other inputs'
  /// rows between them in the joined tensor.
  struct Piece {
    Shape box;
    Strides own, joined;
  };
  [[nodiscard]] Piece piece_of(const Shape& input, const Shape& joined) const {
    const int axis = axis_of(input);
    int rows = 1;
    std::int64_t length = 1;
    for (int i = 0; i < axis; ++i) rows *= input[i];
    for (int i = axis; i < input.rank(); ++i) length *= input[i];
    const std::int64_t whole = length / input[axis] * joined[axis];
    return {{rows, static_cast<int>(length)}, {length, 1}, {whole, 1}};
  }

  int axis_;
};

}  // namespace

LayerChain make_add(Options& options) { return chain_of<Merge>(options, MergeKind::kAdd); }

LayerChain make_subtract(Options& options) {
  return chain_of<Merge>(options, MergeKind::kSubtract);
}

LayerChain make_multiply(Options& options) {
  return chain_of<Merge>(options, MergeKind::kMultiply);
}

LayerChain make_average(Options& options) { return chain_of<Merge>(options, MergeKind::kAverage); }

LayerChain make_maximum(Options& options) { return chain_of<Merge>(options, MergeKind::kMaximum); }

LayerChain make_minimum(Options& options) { return chain_of<Merge>(options, MergeKind::kMinimum); }

LayerChain make_concatenate(Options& options) { return chain_of<Concatenate>(options); }

}  // namespace fovea
