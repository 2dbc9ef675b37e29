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

/// Where a training stands, besides the numbers in parameters and slots.
struct Progress {
  std::uint32_t step = 0;    // optimizer steps so far
  double learning_rate = 0;  // of the next step; put back only where no schedule decides
  std::uint32_t epoch = 0;   // the one that is under way, or that comes next
  int batch = 0;             // batches of it that are done
  // Of an epoch that is under way: how its rows are dealt, and what was counted.
  std::uint32_t seed = 0;
  int batch_size = 0;
  int rows = 0;  // 0: they came as a stream
  bool shuffle = false;
  int seen = 0;
  double loss_total = 0;
  std::vector<double> metrics;
  /// For each parameter: its average stands in its place, and it in the average's.
  std::vector<bool> averaged;
};

/// How an epoch begins: from nothing, in its middle where the training stood, or with further rows
/// after those of the data sets before; kOver: there are no further rows.
enum class EpochStart : std::uint8_t { kFresh, kWhereItStood, kMoreRows, kOver };

/// What only an interrupted training has, or one whose epochs come in several data sets.
struct Interruption {
  Progress stood;  // until an epoch begins: what was put back
  EpochStart next = EpochStart::kFresh;
  bool next_streamed = false;  // its rows come in several data sets
  bool streamed = false;       // the epoch that is under way
  std::vector<bool> averaged;  // as in Progress; empty: nowhere
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
  /// Keras, at the end of fit. A training that goes on where it stood takes them back.
  void take_averages();

  /// With the parameters and the slots all that it takes to go on later as if nothing had been
  /// between.
  [[nodiscard]] Progress progress();
  void restore(Progress progress);
  /// How the next epoch begins. One that goes on in its middle is refused other rows or batches.
  void begin_next(EpochStart start, bool streamed);
  /// One parameter's part of a slot of the optimizer.
  [[nodiscard]] std::span<float> slot(int number, int parameter);

 private:
  void begin_fresh(std::shared_ptr<const Dataset> data, const EpochOrder& order);
  Interruption& interruption();
  void begin_otherwise(std::shared_ptr<const Dataset> data, const EpochOrder& order);
  void check_same_epoch(const Progress& stood, const EpochOrder& order, bool streamed) const;
  void begin_more_rows(std::shared_ptr<const Dataset> data, const EpochOrder& order);
  void put_averages_in_place();
  void leave_averages(bool take_back);
  void update_parameters();

  Model& model_;
  Recipe recipe_;
  AlignedBuffer state_;        // the optimizer's slots, each as large as the block of parameters
  std::vector<double> norms_;  // room for constraints
  Epoch epoch_;
  std::uint32_t seed_ = 0;
  std::uint32_t steps_ = 0;
  int batch_ = 0;
  struct Forget {
    void operator()(Interruption* interruption) const;
  };
  std::unique_ptr<Interruption, Forget> interruption_;  // null in nearly every training
};

}  // namespace fovea
