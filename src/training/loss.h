// SPDX-License-Identifier: MIT
// What training makes small: one number for how wrong a batch is, and its gradient with respect to
// the predictions.
#pragma once

#include <memory>

#include "core/options.h"
#include "core/tensor_view.h"
#include "graph/compile.h"

namespace fovea {

struct LossCall {
  ConstTensorView prediction;
  ConstTensorView target;
  TensorView gradient;        // null when only the value is wanted
  bool reads_logits = false;  // the prediction is what softmax would turn into probabilities
};

/// Losses are means over the examples (and, within an example, over all positions), as in Keras.
class Loss {
 public:
  virtual ~Loss() = default;

  /// How it attaches to an output: what the compiler must know.
  [[nodiscard]] virtual LossPort port(int output) const = 0;
  /// The mean loss of the batch. Overwrites the gradient of that mean.
  [[nodiscard]] virtual double evaluate(const LossCall& call) const = 0;
  /// The loss's type, for sentences.
  [[nodiscard]] virtual std::string_view name() const = 0;
};

/// A loss from its type name and options. Unknown types are refused.
std::unique_ptr<Loss> make_loss(std::string_view type, Options& options);

}  // namespace fovea
