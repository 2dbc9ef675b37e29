// SPDX-License-Identifier: MIT
// Measures a model batch by batch, and predicts. Neither disturbs a training that is under way.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/dataset.h"
#include "graph/model.h"
#include "training/epoch.h"

namespace fovea {

class Evaluator {
 public:
  /// `recipe` gives losses and metrics and must outlive the evaluator.
  Evaluator(Model& model, const Recipe& recipe, std::shared_ptr<const Dataset> data,
            const EpochOrder& order);

  [[nodiscard]] const Batcher& batcher() const { return epoch_.batcher(); }
  /// One batch; true when it was the last one.
  bool step();
  /// The same in two halves, as in Trainer: values of losses that somebody else computes.
  std::span<const std::uint32_t> begin_step();
  [[nodiscard]] LossViews loss_views(int output) const {
    return model_.loss(epoch_.plan(), output);
  }
  bool finish_step(std::span<const double> custom_losses);

  /// Adds up with what this one has seen.
  void go_on_after(const Evaluator& before);
  void forget_data() { epoch_.forget_data(); }

  [[nodiscard]] int last_size() const { return epoch_.size(); }
  /// The mean loss of the examples seen.
  [[nodiscard]] double loss() const { return epoch_.loss(); }
  [[nodiscard]] const std::vector<OutputMetric>& metrics() const { return metrics_; }

 private:
  Model& model_;
  Epoch epoch_;
  std::vector<OutputMetric> metrics_;  // counters of its own
};

/// The outputs for rows [from, from + count), valid until the model runs again.
std::vector<ConstTensorView> predict(Model& model, const Dataset& data, int from, int count);

}  // namespace fovea
