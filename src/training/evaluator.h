// SPDX-License-Identifier: MIT
// Measures a model batch by batch, and predicts. Neither disturbs a training that is under way.
#pragma once

#include <memory>
#include <vector>

#include "data/batcher.h"
#include "data/dataset.h"
#include "graph/model.h"
#include "training/recipe.h"

namespace fovea {

class Evaluator {
 public:
  /// `recipe` gives losses and metrics and must outlive the evaluator.
  Evaluator(Model& model, const Recipe& recipe, std::shared_ptr<const Dataset> data,
            const EpochOrder& order);

  [[nodiscard]] const Batcher& batcher() const { return batcher_; }
  /// One batch; true when it was the last one.
  bool step();
  [[nodiscard]] int last_size() const { return last_size_; }
  /// The mean loss of the examples seen.
  [[nodiscard]] double loss() const { return seen_ > 0 ? loss_total_ / seen_ : 0; }
  [[nodiscard]] const std::vector<OutputMetric>& metrics() const { return metrics_; }

 private:
  Model& model_;
  const Recipe& recipe_;
  std::shared_ptr<const Dataset> data_;
  Batcher batcher_;
  std::vector<OutputMetric> metrics_;  // counters of its own
  int seen_ = 0;
  int last_size_ = 0;
  double loss_total_ = 0;
};

/// The outputs for rows [from, from + count), valid until the model runs again.
std::vector<ConstTensorView> predict(Model& model, const Dataset& data, int from, int count);

}  // namespace fovea
