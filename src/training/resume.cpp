// SPDX-License-Identifier: MIT
// The part of the trainer that a training needs which was interrupted: what to keep, and how to go
// on from it, bit for bit. Also epochs whose rows come in several data sets, one after the other.
#include <algorithm>
#include <utility>

#include "training/trainer.h"

namespace fovea {

Progress Trainer::progress() {
  Progress now = stood_;
  const EpochOrder& order = epoch_.order();
  if (epoch_.batcher().samples() > 0) {
    now = {.epoch = order.epoch};
    if (!order.streamed && epoch_.is_over()) {
      ++now.epoch;
    } else if (batch_ > 0) {
      now.batch = batch_;
      now.batch_size = order.streamed ? 0 : order.batch_size;
      now.rows = order.streamed ? 0 : epoch_.batcher().samples();
      now.shuffle = order.shuffle;
      now.seen = epoch_.seen();
      now.loss_total = epoch_.loss_total();
      for (OutputMetric& metric : recipe_.metrics) {
        if (epoch_.is_measured()) metric.metric.take_back();
        const std::span<const double> counts = metric.metric.counts();
        now.metrics.insert(now.metrics.end(), counts.begin(), counts.end());
      }
    }
    now.seed = order.seed;
  }
  now.step = steps_;
  now.learning_rate = learning_rate();
  now.averaged = averaged_;
  return now;
}

void Trainer::restore(Progress progress) {
  std::size_t counts = 0;
  for (OutputMetric& metric : recipe_.metrics) counts += metric.metric.counts().size();
  const std::size_t parameters = model_.network().parameters.size();
  const bool fits = (progress.metrics.empty() || progress.metrics.size() == counts) &&
                    (progress.averaged.empty() || (progress.averaged.size() == parameters &&
                                                   recipe_.optimizer->keeps_average()));
  if (!fits) {
    fail(ErrorCode::kBadShape, "the state of the training of model \"", model_.network().name,
         "\" is that of other metrics, another optimizer or another model.");
  }
  if (recipe_.optimizer->has_constant_rate()) {
    recipe_.optimizer->set_learning_rate(progress.learning_rate);
  }
  epoch_ = Epoch();
  steps_ = progress.step;
  averaged_ = progress.averaged;
  stood_ = std::move(progress);
}

void Trainer::check_same_epoch(const Progress& stood, const EpochOrder& order) const {
  const int rows = order.streamed ? 0 : order.to - order.from;
  const int batch_size = order.streamed ? 0 : order.batch_size;
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
  if (order.from == order.to) {  // there are no more: the epoch is over
    stood_ = {.epoch = order.epoch + 1, .seed = order.seed};
    epoch_ = Epoch();
    return;
  }
  const int seen = epoch_.seen();
  const double loss_total = epoch_.loss_total();
  epoch_ = Epoch(model_, recipe_, {"fit", std::move(data), order, true});
  epoch_.go_on_after(0, seen, loss_total);
}

void Trainer::begin_otherwise(std::shared_ptr<const Dataset> data, EpochOrder order) {
  if (order.start == EpochStart::kMoreRows) return begin_more_rows(std::move(data), order);
  const Progress stood = progress();
  const bool goes_on = order.start == EpochStart::kWhereItStood;
  const bool amid = goes_on && stood.batch > 0;
  if (amid) check_same_epoch(stood, order);
  leave_averages(goes_on);
  order.start = EpochStart::kFresh;
  begin(std::move(data), order);
  if (!amid) return;
  batch_ = stood.batch;
  epoch_.go_on_after(order.streamed ? 0 : stood.batch, stood.seen, stood.loss_total);
  auto next = stood.metrics.begin();
  for (OutputMetric& metric : recipe_.metrics) {
    for (double& count : metric.metric.counts()) count = *next++;
  }
}

void Trainer::put_averages_in_place() {
  const int last = recipe_.optimizer->slots() - 1;
  for (int i = 0; i < static_cast<int>(model_.network().parameters.size()); ++i) {
    averaged_.push_back(model_.trainable(i));
    if (averaged_.back()) std::ranges::swap_ranges(slot(last, i), model_.parameter(i));
  }
}

/// `take_back`: the training goes on as if it had not ended. Else it begins at the averages, and
/// these go on from themselves.
void Trainer::leave_averages(bool take_back) {
  const int last = recipe_.optimizer->slots() - 1;
  for (int i = 0; i < static_cast<int>(averaged_.size()); ++i) {
    if (!averaged_[static_cast<std::size_t>(i)]) continue;
    if (take_back) {
      std::ranges::swap_ranges(slot(last, i), model_.parameter(i));
    } else {
      std::ranges::copy(model_.parameter(i), slot(last, i).begin());
    }
  }
  averaged_.clear();
}

}  // namespace fovea
