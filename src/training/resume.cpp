// SPDX-License-Identifier: MIT
// The part of the trainer that a training needs which was interrupted: what to keep, and how to go
// on from it, bit for bit. Also epochs whose rows come in several data sets, one after the other.
#include <algorithm>
#include <utility>

#include "training/trainer.h"

namespace fovea {

void Trainer::Forget::operator()(Interruption* interruption) const { delete interruption; }

Interruption& Trainer::interruption() {
  if (interruption_ == nullptr) interruption_.reset(new Interruption());
  return *interruption_;
}

Progress Trainer::progress() {
  const Interruption& between = interruption();
  Progress now = between.stood;
  if (epoch_.batcher().samples() > 0) {
    const EpochOrder& order = epoch_.order();
    now = {.epoch = order.epoch, .seed = order.seed};
    if (!between.streamed && epoch_.is_over()) {
      ++now.epoch;
    } else if (batch_ > 0) {
      now.batch = batch_;
      now.batch_size = between.streamed ? 0 : order.batch_size;
      now.rows = between.streamed ? 0 : epoch_.batcher().samples();
      now.shuffle = order.shuffle;
      now.seen = epoch_.seen();
      now.loss_total = epoch_.loss_total();
      for (OutputMetric& metric : recipe_.metrics) {
        if (epoch_.is_measured()) metric.metric.take_back();
        const std::span<const double> counts = metric.metric.counts();
        now.metrics.insert(now.metrics.end(), counts.begin(), counts.end());
      }
    }
  }
  now.step = steps_;
  now.learning_rate = learning_rate();
  now.averaged = between.averaged;
  return now;
}

void Trainer::restore(Progress progress) {
  std::size_t counts = 0;
  for (OutputMetric& metric : recipe_.metrics) counts += metric.metric.counts().size();
  const std::size_t parameters = model_.network().parameters.size();
  const bool counted = progress.metrics.size() == (progress.batch > 0 ? counts : 0);
  const bool averaged = progress.averaged.empty() || (progress.averaged.size() == parameters &&
                                                      recipe_.optimizer->keeps_average());
  if (!counted || !averaged) {
    fail(ErrorCode::kBadShape, "the state of the training of model \"", model_.network().name,
         "\" is that of other metrics, another optimizer or another model.");
  }
  if (recipe_.optimizer->has_constant_rate()) {
    recipe_.optimizer->set_learning_rate(progress.learning_rate);
  }
  epoch_ = Epoch();
  steps_ = progress.step;
  interruption() = {};
  interruption().averaged = progress.averaged;
  interruption().stood = std::move(progress);
}

void Trainer::begin_next(EpochStart start, bool streamed) {
  Interruption& between = interruption();
  if (start == EpochStart::kOver) {
    const Progress now = progress();
    between.stood = {.epoch = now.epoch + (now.batch > 0 ? 1 : 0), .seed = now.seed};
    between.streamed = false;
    epoch_ = Epoch();
    return;
  }
  between.next = start;
  between.next_streamed = streamed;
}

void Trainer::check_same_epoch(const Progress& stood, const EpochOrder& order,
                               bool streamed) const {
  const int rows = streamed ? 0 : order.to - order.from;
  const int batch_size = streamed ? 0 : order.batch_size;
  const bool same = stood.epoch == order.epoch && stood.seed == order.seed &&
                    stood.batch_size == batch_size && stood.rows == rows &&
                    stood.shuffle == order.shuffle;
  if (same) return;
  const auto words = [](int count, int batch, bool shuffle) {
    if (count == 0) return std::string("a stream of batches");
    return concat(count, " examples ", shuffle ? "shuffled" : "in order", ", ", batch,
                  " at a time");
  };
  fail(ErrorCode::kBadOption, "fit: the training of model \"", model_.network().name,
       "\" stands after batch ", stood.batch, " of epoch ", stood.epoch, " of ",
       words(stood.rows, stood.batch_size, stood.shuffle), ", seed ", stood.seed,
       ", but is to go on in epoch ", order.epoch, " of ", words(rows, batch_size, order.shuffle),
       ", seed ", order.seed, ". Give the same data and options, or leave resume out.");
}

void Trainer::begin_more_rows(std::shared_ptr<const Dataset> data, const EpochOrder& order) {
  const int seen = epoch_.seen();
  const double loss_total = epoch_.loss_total();
  epoch_ = Epoch(model_, recipe_, {"fit", std::move(data), order, true});
  epoch_.go_on_after(0, seen, loss_total);
}

void Trainer::begin_otherwise(std::shared_ptr<const Dataset> data, const EpochOrder& order) {
  Interruption& between = interruption();
  // Asked for anew each time, also after a refusal.
  const EpochStart start = std::exchange(between.next, EpochStart::kFresh);
  const bool streamed = std::exchange(between.next_streamed, false);
  if (start == EpochStart::kMoreRows) return begin_more_rows(std::move(data), order);
  const Progress stood = progress();
  const bool goes_on = start == EpochStart::kWhereItStood;
  const bool amid = goes_on && stood.batch > 0;
  if (amid) check_same_epoch(stood, order, streamed);
  leave_averages(goes_on);
  begin_fresh(std::move(data), order);
  between.streamed = streamed;
  if (!amid) return;
  batch_ = stood.batch;
  epoch_.go_on_after(between.streamed ? 0 : stood.batch, stood.seen, stood.loss_total);
  auto next = stood.metrics.begin();
  for (OutputMetric& metric : recipe_.metrics) {
    for (double& count : metric.metric.counts()) count = *next++;
  }
}

void Trainer::put_averages_in_place() {
  std::vector<bool>& averaged = interruption().averaged;
  if (!averaged.empty()) return;
  const int last = recipe_.optimizer->slots() - 1;
  for (int i = 0; i < static_cast<int>(model_.network().parameters.size()); ++i) {
    averaged.push_back(model_.trainable(i));
    if (averaged.back()) std::ranges::swap_ranges(slot(last, i), model_.parameter(i));
  }
}

/// `take_back`: the training goes on as if it had not ended. Else it begins at the averages, and
/// these go on from themselves.
void Trainer::leave_averages(bool take_back) {
  std::vector<bool>& averaged = interruption().averaged;
  const int last = recipe_.optimizer->slots() - 1;
  for (int i = 0; i < static_cast<int>(averaged.size()); ++i) {
    if (!averaged[static_cast<std::size_t>(i)]) continue;
    if (take_back) {
      std::ranges::swap_ranges(slot(last, i), model_.parameter(i));
    } else {
      std::ranges::copy(model_.parameter(i), slot(last, i).begin());
    }
  }
  averaged.clear();
}

}  // namespace fovea
