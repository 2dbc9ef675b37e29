// SPDX-License-Identifier: MIT
// Numbers for people: how good the predictions are. A metric counts over batches and forgets at the
// start of each epoch. Class metrics read class numbers and one-hot targets alike.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/options.h"
#include "core/tensor_view.h"
#include "graph/compile.h"
#include "training/loss.h"

namespace fovea {

class Metric {
 public:
  /// Refuses unknown types. "accuracy" follows the loss: class numbers where that takes class
  /// numbers, each number by itself where it is a binary one, else one-hot. Where the loss reads
  /// logits, those become probabilities first.
  Metric(std::string_view type, Options& options, const Loss& loss, const Shape& output);

  [[nodiscard]] const std::string& name() const { return name_; }
  void reset();
  /// Counts a batch in. `reads_logits`: the prediction is what a softmax layer reads.
  void count(ConstTensorView prediction, ConstTensorView target, bool reads_logits = false);
  /// Forgets the last batch.
  void take_back() { total_ = before_; }
  /// Of the last batch, and of all since reset. NaN before any.
  [[nodiscard]] double batch_value() const { return value_of(batch_); }
  [[nodiscard]] double value() const { return value_of(total_); }
  /// What has been counted since reset, to be kept and put back.
  [[nodiscard]] std::span<double> counts() { return total_; }

 private:
  enum class Kind : std::uint8_t {
    kAccuracy,             // becomes one of the next three
    kBinaryAccuracy,       // the share of numbers on their target's side of the threshold
    kCategoricalAccuracy,  // the share of rows whose largest number is the right class's
    kSparseAccuracy,
    kTopK,       // the share of rows where fewer than k numbers are larger than the right class's
    kPrecision,  // of what was said to be true, the share that is; over all classes together
    kRecall,     // of what is true, the share that was said to be
    kF1,         // their harmonic mean
    kAuc,        // area under the ROC curve through 200 thresholds, by trapezoids (Keras)
    kMeanIoU,    // the mean over classes of overlap / union
    kMse,
    kMae,
  };
  struct Row {
    std::span<const float> prediction;
    const float* target;
    std::size_t label;  // the class that is right
  };
  void read(Options& options, const Shape& output);
  void check(const Options& options, const Loss& loss) const;
  void count_classes(const Row& row);
  void count_numbers(const Row& row);
  void count_number(float y, float t);
  [[nodiscard]] std::span<const float> probabilities(std::span<const float> row, Squash squash);
  [[nodiscard]] double value_of(const std::vector<double>& counts) const;

  Kind kind_ = Kind::kAccuracy;
  std::string name_;
  bool sparse_;
  float ignored_;
  Squash squash_ = Squash::kNone;
  float threshold_ = 0.5F;
  std::size_t k_ = 5, classes_ = 2;
  std::vector<float> row_;  // a row as probabilities
  std::vector<double> batch_, total_,
      before_;  // counts, whose meaning the kind knows; before_: total_ without the last batch
};

}  // namespace fovea
