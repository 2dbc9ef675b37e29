// SPDX-License-Identifier: MIT
// Trains a model batch by batch. The caller owns the loop, so that it can report, pause and stop
// between steps.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/aligned_buffer.h"
#include "graph/model.h"
#include "training/epoch.h"
#include "training/recipe.h"

namespace fovea {

/// What a step did. Means are over examples.
struct StepReport {
  int batch = 0;  // counted from 1
  int size = 0;
  std::uint32_t step = 0;  // optimizer steps so far
  double loss = 0;         // of this batch
  double epoch_loss = 0;   // of the epoch so far
  bool done = false;       // the epoch is over
};

class Trainer {
 public:
  Trainer(Model& model, Recipe recipe);

  [[nodiscard]] Recipe& recipe() { return recipe_; }
  /// Of the next step.
  [[nodiscard]] double learning_rate() const { return recipe_.optimizer->learning_rate(steps_); }

  /// Begins an epoch. Refuses data that does not fit.
  void begin(std::shared_ptr<const Dataset> data, const EpochOrder& order);
  [[nodiscard]] const Batcher& batcher() const { return epoch_.batcher(); }
  /// Lets go of this data, which an epoch that was left early would keep in memory.
  void forget(const Dataset& data) {
    if (epoch_.data().get() == &data) epoch_.forget_data();
  }

  /// One batch: forward, loss, backward, update. A loss that is not finite is an error and leaves
  /// the parameters as they were.
  StepReport step();

  /// The same in two halves, for losses that somebody else computes. After begin_step, which gives
  /// the rows of the batch, the predictions are in `loss_views`; their gradients are to be written
  /// there too, and the values given to finish_step, one for each such loss.
  std::span<const std::uint32_t> begin_step();
  [[nodiscard]] LossViews loss_views(int output) const {
    return model_.loss(epoch_.plan(), output);
  }
  StepReport finish_step(std::span<const double> custom_losses);

  /// Puts the averages over the steps in the place of the parameters, if the optimizer keeps some:
  /// Keras, at the end of fit.
  void take_averages();

 private:
  void update_parameters();
  [[nodiscard]] std::span<float> slot(int number, int parameter);

  Model& model_;
  Recipe recipe_;
  AlignedBuffer state_;        // the optimizer's slots, each as large as the block of parameters
  std::vector<double> norms_;  // room for constraints
  Epoch epoch_;
  std::uint32_t seed_ = 0;
  std::uint32_t steps_ = 0;
  int batch_ = 0;
};

}  // namespace fovea
