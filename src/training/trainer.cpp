// SPDX-License-Identifier: MIT
#include "training/trainer.h"

#include <cmath>
#include <utility>

#include "training/feed.h"

namespace fovea {

Trainer::Trainer(Model& model, Recipe recipe) : model_(model), recipe_(std::move(recipe)) {
  const std::int64_t slots = recipe_.optimizer->slots();
  state_ = AlignedBuffer(slots * model_.network().parameter_floats,
                         concat("the optimizer state of model \"", model_.network().name, '"'));
}

void Trainer::begin(std::shared_ptr<const Dataset> data, const EpochOrder& order) {
  const RowRange range{order.from, order.to};
  check_inputs("fit", model_.network(), *data, range);
  check_targets("fit", model_.network(), recipe_.losses, *data, range);
  data_ = std::move(data);
  batcher_ = Batcher(order);
  seed_ = order.seed;
  batch_ = seen_ = 0;
  loss_total_ = 0;
  for (OutputMetric& metric : recipe_.metrics) metric.metric.reset();

  // Everything is made here; a step allocates nothing.
  model_.prepare_gradients();
  whole_ = {.batch = std::min(order.batch_size, batcher_.samples()),
            .mode = Mode::kTraining,
            .backward = true,
            .losses = recipe_.ports(),
            .slots = model_.slots()};
  rest_ = whole_;
  rest_.batch = batcher_.samples() % whole_.batch;
  model_.prepare(whole_);
  if (rest_.batch > 0) model_.prepare(rest_);
}

/// What learning is.
StepReport Trainer::step() {
  ensure(data_ != nullptr && !batcher_.done(), "a step without an epoch that has begun");
  const std::span<const std::uint32_t> rows = batcher_.next();
  const auto size = static_cast<int>(rows.size());
  Plan& plan = model_.prepare(size == whole_.batch ? whole_ : rest_);
  feed_inputs(model_, plan, *data_, rows);
  feed_targets(model_, plan, *data_, rows);
  model_.forward(plan, seed_, steps_);
  const double loss = compute_losses(plan);
  model_.backward(plan, seed_, steps_);
  update_parameters();
  model_.commit_statistics();
  ++steps_;

  seen_ += size;
  loss_total_ += loss * size;
  return {.batch = ++batch_,
          .size = size,
          .step = steps_,
          .loss = loss,
          .epoch_loss = loss_total_ / seen_,
          .done = batcher_.done()};
}

double Trainer::compute_losses(const Plan& plan) {
  double total = 0;
  for (std::size_t i = 0; i < recipe_.losses.size(); ++i) {
    const LossViews views = model_.loss(plan, static_cast<int>(i));
    // The metrics count first: the loss may leave its gradient where the prediction was.
    for (OutputMetric& metric : recipe_.metrics) {
      if (metric.output == static_cast<int>(i)) metric.metric.count(views.prediction, views.target);
    }
    total += recipe_.losses[i]->evaluate(
        {views.prediction, views.target, views.gradient, views.reads_logits});
  }
  if (!std::isfinite(total)) {
    fail(ErrorCode::kNonFiniteLoss, "fit: the loss became ", total, " at step ", steps_ + 1,
         ". The weights of the step before are kept. Try a smaller learning rate, and check the "
         "data.");
  }
  return total;
}

void Trainer::update_parameters() {
  const Network& network = model_.network();
  const auto block = static_cast<std::size_t>(network.parameter_floats);
  const int slots = recipe_.optimizer->slots();
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {
    const int index = static_cast<int>(i);
    if (!model_.trainable(index)) continue;
    const std::span<float> parameter = model_.parameter(index);
    const auto offset = static_cast<std::size_t>(network.parameters[i].offset);
    const auto slot = [&](int number) {
      return slots > number
                 ? state_.values().subspan(static_cast<std::size_t>(number) * block + offset,
                                           parameter.size())
                 : std::span<float>();
    };
    recipe_.optimizer->update({.gradient = model_.parameter_gradient(index),
                               .parameter = parameter,
                               .first_slot = slot(0),
                               .second_slot = slot(1),
                               .step = steps_});
  }
}

}  // namespace fovea
