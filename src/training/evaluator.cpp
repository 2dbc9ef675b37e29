// SPDX-License-Identifier: MIT
#include "training/evaluator.h"

#include <numeric>
#include <utility>

#include "training/feed.h"

namespace fovea {

Evaluator::Evaluator(Model& model, const Recipe& recipe, std::shared_ptr<const Dataset> data,
                     const EpochOrder& order)
    : model_(model),
      recipe_(recipe),
      data_(std::move(data)),
      batcher_(order),
      metrics_(recipe.metrics) {
  const RowRange range{order.from, order.to};
  check_inputs("evaluate", model_.network(), *data_, range);
  check_targets("evaluate", model_.network(), recipe_.losses, *data_, range);
  for (OutputMetric& metric : metrics_) metric.metric.reset();
}

bool Evaluator::step() {
  const std::span<const std::uint32_t> rows = batcher_.next();
  last_size_ = static_cast<int>(rows.size());
  Plan& plan =
      model_.prepare({.batch = last_size_, .losses = recipe_.ports(), .slots = model_.slots()});
  feed_inputs(model_, plan, *data_, rows);
  feed_targets(model_, plan, *data_, rows);
  model_.forward(plan, 0, 0);
  for (std::size_t i = 0; i < recipe_.losses.size(); ++i) {
    const LossViews views = model_.loss(plan, static_cast<int>(i));
    loss_total_ += last_size_ * recipe_.losses[i]->evaluate(
                                    {views.prediction, views.target, {}, views.reads_logits});
    for (OutputMetric& metric : metrics_) {
      if (metric.output == static_cast<int>(i)) metric.metric.count(views.prediction, views.target);
    }
  }
  seen_ += last_size_;
  return batcher_.done();
}

std::vector<ConstTensorView> predict(Model& model, const Dataset& data, int from, int count) {
  check_inputs("predict", model.network(), data, {from, from + count});
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(from));
  Plan& plan = model.prepare({.batch = count, .slots = model.slots()});
  feed_inputs(model, plan, data, rows);
  model.forward(plan, 0, 0);
  std::vector<ConstTensorView> outputs;
  for (std::size_t i = 0; i < model.network().outputs.size(); ++i) {
    outputs.push_back(model.output(plan, static_cast<int>(i)));
  }
  return outputs;
}

}  // namespace fovea
