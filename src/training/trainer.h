// SPDX-License-Identifier: MIT
// Trains a model batch by batch. The caller owns the loop, so that it can report, pause and stop
// between steps.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/aligned_buffer.h"
#include "data/batcher.h"
#include "data/dataset.h"
#include "graph/model.h"
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

  /// Begins an epoch. Refuses data that does not fit.
  void begin(std::shared_ptr<const Dataset> data, const EpochOrder& order);
  [[nodiscard]] const Batcher& batcher() const { return batcher_; }
  /// Lets go of this data, which an epoch that was left early would keep in memory.
  void forget(const Dataset& data) {
    if (data_.get() == &data) data_.reset();
  }

  /// One batch: forward, loss, backward, update. A loss that is not finite is an error and leaves
  /// the parameters as they were.
  StepReport step();

 private:
  double compute_losses(const Plan& plan);
  void update_parameters();

  Model& model_;
  Recipe recipe_;
  AlignedBuffer state_;  // the optimizer's slots, each as large as the block of parameters
  std::shared_ptr<const Dataset> data_;
  Batcher batcher_;
  CompileRequest whole_, rest_;  // for full batches and for the last one
  std::uint32_t seed_ = 0;
  std::uint32_t steps_ = 0;
  int batch_ = 0;
  int seen_ = 0;           // examples of this epoch
  double loss_total_ = 0;  // sum over examples of this epoch
};

}  // namespace fovea
