// SPDX-License-Identifier: MIT
// flatten and reshape: the same numbers under another shape. Nothing is copied: the output is the
// input's memory.
#include "layers/layer_options.h"
#include "layers/registry.h"

namespace fovea {

namespace {

class Alias : public Layer {
 public:
  using Layer::Layer;
  void forward(const ForwardCall& /*call*/) const override {}
  void backward(const BackwardCall& /*call*/) const override {}
};

class Flatten : public Alias {
 public:
  explicit Flatten(const Options& options) : Alias(options.place()) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    const Shape& input = only_input(place(), inputs);
    const std::int64_t features = input.row().size();
    if (features > INT_MAX) {
      fail(ErrorCode::kBadShape, place(), ": ", batch_shape_text(input),
           " has more numbers than one row can hold (", with_separators(INT_MAX),
           "). Shrink the image before it.");
    }
    return {.output = {input[0], static_cast<int>(features)}, .aliases_input = true};
  }
};

class Reshape : public Alias {
 public:
  explicit Reshape(Options& options)
      : Alias(options.place()),
        target_(options.integers(
            "targetShape", -1,
            "a list of at most four sizes without the batch, one of them may be -1")) {
    int unknown = 0;
    for (const int extent : target_) unknown += extent == -1 ? 1 : 0;
    if (target_.size() >= Shape::kMaxRank || unknown > 1) {
      fail(ErrorCode::kBadOption, place(),
           ": targetShape must be a list of at most four sizes without the batch, one of them may "
           "be -1.");
    }
  }

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    const Shape& input = only_input(place(), inputs);
    Shape row = Shape(target_);
    int unknown = -1;
    for (int i = 0; i < row.rank(); ++i) {
      if (row[i] == -1) unknown = i;
    }
    if (unknown >= 0) row.set(unknown, 1);
    const std::int64_t known = row.size();
    const std::int64_t size = input.row().size();
    if (unknown >= 0 && known > 0) row.set(unknown, static_cast<int>(size / known));
    if (row.size() != size) {
      fail(ErrorCode::kBadShape, place(), ": cannot turn ", batch_shape_text(input), " (",
           with_separators(size), " numbers) into ", batch_shape_text(Shape(target_).with_batch(1)),
           ". Both must hold as many numbers.");
    }
    return {.output = row.with_batch(input[0]), .aliases_input = true};
  }

 private:
  std::vector<int> target_;
};

}  // namespace

LayerChain make_flatten(Options& options) { return chain_of<Flatten>(options); }

LayerChain make_reshape(Options& options) { return chain_of<Reshape>(options); }

}  // namespace fovea
