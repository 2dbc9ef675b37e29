// SPDX-License-Identifier: MIT
#include "training/evaluator.h"

#include <numeric>
#include <utility>

#include "training/feed.h"

namespace fovea {

Evaluator::Evaluator(Model& model, const Recipe& recipe, std::shared_ptr<const Dataset> data,
                     const EpochOrder& order)
    : model_(model),
      epoch_(model, recipe, {"evaluate", std::move(data), order, false}),
      metrics_(recipe.metrics) {
  for (OutputMetric& metric : metrics_) metric.metric.reset();
}

bool Evaluator::step() {
  begin_step();
  return finish_step({});
}

std::span<const std::uint32_t> Evaluator::begin_step() {
  model_.forward(epoch_.next(), 0, 0);
  return epoch_.rows();
}

bool Evaluator::finish_step(std::span<const double> custom_losses) {
  epoch_.count(epoch_.measure(metrics_, custom_losses));
  return batcher().done();
}

void Evaluator::go_on_after(const Evaluator& before) {
  metrics_ = before.metrics_;
  epoch_.go_on_after(0, before.epoch_.seen(), before.epoch_.loss_total());
}

std::vector<ConstTensorView> predict(Model& model, const Dataset& data, int from, int count) {
  check_inputs("predict", model.network(), data, {from, from + count});
  for (const Column& column : data.inputs) column.refuse_non_finite(from, from + count);
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(from));
  Plan& plan = model.prepare(
      {.batch = count, .slots = model.slots(), .rows = free_rows(model.network(), data)});
  feed_inputs(model, plan, data, rows);
  model.forward(plan, 0, 0);
  std::vector<ConstTensorView> outputs;
  for (std::size_t i = 0; i < model.network().outputs.size(); ++i) {
    outputs.push_back(model.output(plan, static_cast<int>(i)));
  }
  return outputs;
}

}  // namespace fovea
