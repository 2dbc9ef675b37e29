// SPDX-License-Identifier: MIT
// One way through a data set, batch by batch: what training and evaluation have in common. Brings
// examples to the model and measures what it made of them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "data/batcher.h"
#include "data/dataset.h"
#include "graph/model.h"
#include "training/recipe.h"

namespace fovea {

/// What is to be done with the data.
struct EpochTask {
  std::string_view name;  // "fit", "evaluate": opens every sentence
  std::shared_ptr<const Dataset> data;
  EpochOrder order;
  bool learns = false;
};

class Epoch {
 public:
  Epoch() = default;
  /// Refuses data that does not fit. Everything is made here; a step allocates nothing. Model and
  /// recipe must outlive the epoch.
  Epoch(Model& model, const Recipe& recipe, EpochTask task);

  [[nodiscard]] const Batcher& batcher() const { return batcher_; }
  [[nodiscard]] const std::shared_ptr<const Dataset>& data() const { return task_.data; }
  [[nodiscard]] const EpochOrder& order() const { return task_.order; }
  [[nodiscard]] bool has_next() const {
    return task_.data != nullptr && (state_ != State::kCounted || !batcher_.done());
  }
  void forget_data() { task_.data.reset(); }
  /// Every row was counted.
  [[nodiscard]] bool is_over() const { return state_ == State::kCounted && batcher_.done(); }
  /// The metrics know of the present batch, which was never counted: a step that failed.
  [[nodiscard]] bool is_measured() const { return state_ == State::kMeasured; }

  /// The plan for the next batch, its inputs and targets filled. A batch that was never counted is
  /// dealt again: a step that failed has not happened (core/rest.h).
  Plan& next();
  [[nodiscard]] Plan& plan() const { return *plan_; }
  /// The rows of the present batch.
  [[nodiscard]] std::span<const std::uint32_t> rows() const { return rows_; }
  [[nodiscard]] int size() const { return static_cast<int>(rows_.size()); }

  /// The loss of the present batch after forward, penalties included; counts it and the metrics,
  /// and writes the losses' gradients where the task learns. `custom_losses`: the values of those
  /// losses that somebody else computed, in order, whose gradients are already in place.
  double measure(std::span<OutputMetric> metrics, std::span<const double> custom_losses);
  /// Takes the present batch into the mean.
  void count(double loss) {
    state_ = State::kCounted;
    seen_ += size();
    loss_total_ += loss * size();
  }
  /// Examples counted, and the sum of their losses.
  [[nodiscard]] int seen() const { return seen_; }
  [[nodiscard]] double loss_total() const { return loss_total_; }
  /// Passes over batches, and goes on from what was counted elsewhere.
  void go_on_after(int batches, int seen, double loss_total);
  /// The mean loss of the examples counted.
  [[nodiscard]] double loss() const { return seen_ > 0 ? loss_total_ / seen_ : 0; }

 private:
  [[nodiscard]] std::span<const float> weights_of(std::size_t output) const;
  double custom_loss(const Loss& loss, const LossViews& views, double value) const;

  Model* model_ = nullptr;
  const Recipe* recipe_ = nullptr;
  EpochTask task_;
  Batcher batcher_;
  CompileRequest whole_, rest_;  // for full batches and for the last one
  Plan* plan_ = nullptr;
  std::span<const std::uint32_t> rows_;
  /// Of the present batch.
  enum class State : std::uint8_t { kCounted, kDealt, kMeasured };
  State state_ = State::kCounted;
  std::vector<float> weights_;  // of the present batch's examples, for each column of weights
  int seen_ = 0;
  double loss_total_ = 0;
};

}  // namespace fovea
