// SPDX-License-Identifier: MIT
#include "training/epoch.h"

#include <algorithm>
#include <utility>

#include "kernels/elementwise.h"
#include "training/feed.h"
#include "training/upkeep.h"

namespace fovea {

Epoch::Epoch(Model& model, const Recipe& recipe, EpochTask task)
    : model_(&model), recipe_(&recipe), task_(std::move(task)), batcher_(task_.order) {
  const RowRange range{task_.order.from, task_.order.to};
  check_inputs(task_.name, model.network(), *task_.data, range);
  check_targets(task_.name, model.network(), recipe.losses, *task_.data, range);
  check_weights(task_.name, model.network(), *task_.data, range);
  if (task_.learns) model.prepare_gradients();
  whole_ = {.batch = std::min(task_.order.batch_size, batcher_.samples()),
            .mode = task_.learns ? Mode::kTraining : Mode::kInference,
            .backward = task_.learns,
            .losses = recipe.ports(),
            .slots = model.slots(),
            .rows = free_rows(model.network(), *task_.data)};
  rest_ = whole_;
  rest_.batch = batcher_.samples() % whole_.batch;
  model.prepare(whole_);
  if (rest_.batch > 0) model.prepare(rest_);
  weights_.resize(task_.data->weights.size() * static_cast<std::size_t>(whole_.batch));
}

Plan& Epoch::next() {
  if (state_ == State::kCounted) {
    rows_ = batcher_.next();
    state_ = State::kDealt;
  }
  plan_ = &model_->prepare(size() == whole_.batch ? whole_ : rest_);
  feed_inputs(*model_, *plan_, *task_.data, rows_);
  feed_targets(*model_, *plan_, *task_.data, rows_);
  for (std::size_t i = 0; i < task_.data->weights.size(); ++i) {
    task_.data->weights[i].gather(rows_, 1, weights_.data() + i * rows_.size());
  }
  return *plan_;
}

void Epoch::go_on_after(int batches, int seen, double loss_total) {
  for (int i = 0; i < batches && !batcher_.done(); ++i) batcher_.next();
  seen_ = seen;
  loss_total_ = loss_total;
}

/// One column of weights is for all outputs.
std::span<const float> Epoch::weights_of(std::size_t output) const {
  const std::size_t columns = task_.data->weights.size();
  if (columns == 0) return {};
  return std::span(weights_).subspan(std::min(output, columns - 1) * rows_.size(), rows_.size());
}

double Epoch::measure(std::span<OutputMetric> metrics, std::span<const double> custom_losses) {
  double total = model_->activity_penalty(*plan_) + weight_penalty(*model_);
  std::size_t next_custom = 0;
  const bool again = state_ == State::kMeasured;
  state_ = State::kMeasured;
  for (std::size_t i = 0; i < recipe_->losses.size(); ++i) {
    const Loss& loss = *recipe_->losses[i];
    const LossViews views = model_->loss(*plan_, static_cast<int>(i));
    for (OutputMetric& metric : metrics) {
      if (metric.output != static_cast<int>(i)) continue;
      if (again) metric.metric.take_back();
      metric.metric.count(views.prediction, views.target, views.reads_logits);
    }
    if (loss.is_custom()) {
      ensure(next_custom < custom_losses.size(), "a loss of one's own without its value");
      total += custom_loss(loss, views, custom_losses[next_custom++]);
    } else {
      total += loss.evaluate(
          {views.prediction, views.target, views.gradient, views.reads_logits, weights_of(i)});
    }
  }
  return total;
}

/// Value and gradient are there; what is left is the weight among the losses.
double Epoch::custom_loss(const Loss& loss, const LossViews& views, double value) const {
  if (views.gradient && loss.weight() != 1) {
    scale(views.gradient.values(), static_cast<float>(loss.weight()), 0, views.gradient.values());
  }
  return loss.weight() * value;
}

}  // namespace fovea
