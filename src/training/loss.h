// SPDX-License-Identifier: MIT
// What training makes small: one number for how wrong a batch is, and its gradient with respect to
// the predictions.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "core/options.h"
#include "core/tensor_view.h"
#include "graph/compile.h"
#include "kernels/losses.h"

namespace fovea {

struct LossCall {
  ConstTensorView prediction;
  ConstTensorView target;
  TensorView gradient;        // null when only the value is wanted
  bool reads_logits = false;  // the prediction is what softmax would turn into probabilities
  std::span<const float> row_weights = {};  // of each example; empty: all 1
};

/// What a model's numbers become before they are probabilities.
enum class Squash : std::uint8_t { kNone, kSigmoid, kSoftmax };

/// Losses are means over the examples (and, within an example, over all positions), as in Keras:
/// weights of examples scale terms of the sum, which is divided by the number of examples.
class Loss {
 public:
  /// A loss from its type name and options for an output of this shape. Unknown types are refused.
  Loss(std::string_view type, Options& options, const Shape& output);

  /// How it attaches to an output: what the compiler must know.
  [[nodiscard]] LossPort port(int output) const;
  /// The mean loss of the batch times this loss's weight. Overwrites the gradient of that number.
  [[nodiscard]] double evaluate(const LossCall& call) const;
  /// The loss's type, for sentences.
  [[nodiscard]] std::string_view name() const { return name_; }

  /// Somebody else knows value and gradient.
  [[nodiscard]] bool is_custom() const { return formula_.kind == LossKind::kCustom; }
  /// How much it counts among the losses of several outputs.
  [[nodiscard]] double weight() const { return weight_; }
  void set_weight(double weight) { weight_ = weight; }
  /// A class number that stands for "do not count"; NaN: there is none.
  [[nodiscard]] float ignored_class() const { return ignored_; }
  /// Each output is a yes or no of its own.
  [[nodiscard]] bool is_binary() const;
  /// How predictions that the loss reads become probabilities.
  [[nodiscard]] Squash squash(bool reads_logits) const;

 private:
  [[nodiscard]] double cross_entropy_of(const LossCall& call, float scale) const;
  [[nodiscard]] double dice(const LossCall& call) const;

  std::string_view name_;
  LossFormula formula_;
  double weight_ = 1;
  float ignored_;
  int target_size_ = 0;  // last dimension of the target where it is not the prediction's
};

/// Unique, so that a recipe can be moved while trainers and evaluators point to its losses.
std::unique_ptr<Loss> make_loss(std::string_view type, Options& options, const Shape& output);

}  // namespace fovea
