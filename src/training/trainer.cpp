// SPDX-License-Identifier: MIT
#include "training/trainer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/norm.h"
#include "training/upkeep.h"

namespace fovea {

Trainer::Trainer(Model& model, Recipe recipe) : model_(model), recipe_(std::move(recipe)) {
  const Optimizer& optimizer = *recipe_.optimizer;
  const Network& network = model_.network();
  state_ = AlignedBuffer(optimizer.slots() * network.parameter_floats,
                         concat("the optimizer state of model \"", network.name, '"'));
  norms_.resize(constraint_room(network));
  if (optimizer.initial_state() != 0) {
    std::ranges::fill(state_.values(), optimizer.initial_state());
  }
  for (int i = 0; optimizer.keeps_average() && i < static_cast<int>(network.parameters.size());
       ++i) {
    // A layer that is freed late averages from where it stood.
    std::ranges::copy(model_.parameter(i), slot(optimizer.slots() - 1, i).begin());
  }
}

void Trainer::begin(std::shared_ptr<const Dataset> data, const EpochOrder& order) {
  if (interruption_ != nullptr) return begin_otherwise(std::move(data), order);
  begin_fresh(std::move(data), order);
}

void Trainer::begin_fresh(std::shared_ptr<const Dataset> data, const EpochOrder& order) {
  epoch_ = Epoch(model_, recipe_, {"fit", std::move(data), order, true});
  seed_ = order.seed;
  batch_ = 0;
  for (OutputMetric& metric : recipe_.metrics) metric.metric.reset();
}

/// What learning is.
StepReport Trainer::step() {
  begin_step();
  return finish_step({});
}

std::span<const std::uint32_t> Trainer::begin_step() {
  ensure(epoch_.has_next(), "a step without an epoch that has begun");
  model_.forward(epoch_.next(), seed_, steps_);
  return epoch_.rows();
}

StepReport Trainer::finish_step(std::span<const double> custom_losses) {
  const double loss = epoch_.measure(recipe_.metrics, custom_losses);
  if (!std::isfinite(loss)) {
    fail(ErrorCode::kNonFiniteLoss, "fit: the loss became ", loss, " at step ", steps_ + 1,
         ". The weights of the step before are kept. Try a smaller learning rate, and check the "
         "data.");
  }
  model_.backward(epoch_.plan(), seed_, steps_);
  add_penalty_gradients(model_);
  update_parameters();
  model_.commit_statistics();
  ++steps_;

  epoch_.count(loss);
  return {.batch = ++batch_,
          .size = epoch_.size(),
          .step = steps_,
          .loss = loss,
          .epoch_loss = epoch_.loss(),
          .done = batcher().done()};
}

std::span<float> Trainer::slot(int number, int parameter) {
  const Network& network = model_.network();
  const Parameter& p = network.parameters[static_cast<std::size_t>(parameter)];
  return state_.values().subspan(
      static_cast<std::size_t>(number * network.parameter_floats + p.offset),
      static_cast<std::size_t>(p.spec.shape.size()));
}

void Trainer::update_parameters() {
  const int count = static_cast<int>(model_.network().parameters.size());
  const Optimizer& optimizer = *recipe_.optimizer;
  OptimizerCall call{.step = steps_, .workers = &model_.workers()};
  if (optimizer.global_clip_norm() > 0) {
    double squares = 0;
    for (int i = 0; i < count; ++i) {
      if (model_.trainable(i)) squares += sum_of_squares(model_.parameter_gradient(i));
    }
    const double most = optimizer.global_clip_norm();
    call.gradient_scale = static_cast<float>(most / std::max(std::sqrt(squares), most));
  }
  for (int i = 0; i < count; ++i) {
    if (!model_.trainable(i)) continue;
    call.gradient = model_.parameter_gradient(i);
    call.parameter = model_.parameter(i);
    for (int s = 0; s < optimizer.slots(); ++s) {
      call.slots[static_cast<std::size_t>(s)] = slot(s, i);
    }
    optimizer.update(call);
    constrain(model_, i, norms_);
  }
}

void Trainer::take_averages() {
  if (recipe_.optimizer->keeps_average() && steps_ > 0) put_averages_in_place();
}

}  // namespace fovea
