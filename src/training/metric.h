// SPDX-License-Identifier: MIT
// Numbers for people: how good the predictions are. A metric counts over batches and forgets at the
// start of each epoch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/tensor_view.h"
#include "graph/compile.h"

namespace fovea {

/// The share of examples whose most probable class is the right one; with a single output, whether
/// it is on the target's side of 0.5.
class Metric {
 public:
  /// Refuses unknown types. "accuracy" follows the loss: class numbers where that takes class
  /// numbers, else one-hot.
  Metric(std::string_view type, const LossPort& port);

  [[nodiscard]] const std::string& name() const { return name_; }
  void reset();
  /// Counts a batch in. Softmax or not makes no difference: it keeps the order.
  void count(ConstTensorView prediction, ConstTensorView target);
  /// Of the last batch, and of all since reset. NaN before any.
  [[nodiscard]] double batch_value() const;
  [[nodiscard]] double value() const;

 private:
  std::string name_;
  bool sparse_;
  std::int64_t batch_right_ = 0, batch_total_ = 0;
  std::int64_t right_ = 0, total_ = 0;
};

}  // namespace fovea
