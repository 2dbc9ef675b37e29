// SPDX-License-Identifier: MIT
#include "training/differentiate.h"

#include <algorithm>
#include <numeric>

#include "training/feed.h"
#include "training/upkeep.h"

namespace fovea {

namespace {

std::vector<std::uint32_t> all_rows(const Dataset& data) {
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(data.rows()));
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

void check_output_gradients(const Network& network, const Dataset& data) {
  const std::size_t wanted = network.outputs.size();
  if (data.targets.size() != wanted) {
    fail(ErrorCode::kBadShape, "gradients: model \"", network.name, "\" has ", wanted,
         " output(s) but outputGradients holds ", data.targets.size(),
         " tensor(s). Give one tensor for each output.");
  }
  const std::vector<Shape> rows = network.rows_for(free_rows(network, data));
  for (std::size_t i = 0; i < wanted; ++i) {
    const Column& column = data.targets[i];
    const Shape& output = rows[static_cast<std::size_t>(network.outputs[i])];
    if (column.row() == output) continue;
    fail(ErrorCode::kBadShape, "gradients: ", column.place(), " has examples of shape ",
         column.row(), " but the output \"", network.output_names[i], "\" is ", output,
         ". Give one number for each number of the output.");
  }
}

/// Loss ports whose gradients are given.
std::vector<LossPort> open_ports(const Network& network) {
  std::vector<LossPort> ports(network.outputs.size());
  for (std::size_t i = 0; i < ports.size(); ++i)
    ports[i] = {.output = static_cast<int>(i), .has_target = false};
  return ports;
}

}  // namespace

std::vector<ConstTensorView> activations(Model& model, const Dataset& data,
                                         std::span<const std::string_view> names) {
  const Network& network = model.network();
  check_inputs("activations", network, data, {0, data.rows()});
  CompileRequest request{
      .batch = data.rows(), .slots = model.slots(), .rows = free_rows(network, data)};
  for (const std::string_view name : names) {
    const int value = network.find_value(name);
    if (value < 0) {
      fail(ErrorCode::kBadOption, "activations: model \"", network.name, "\" has no layer \"", name,
           "\". Names are in model.layers.");
    }
    request.watched.push_back(value);
  }
  Plan& plan = model.prepare(request);
  feed_inputs(model, plan, data, all_rows(data));
  model.forward(plan, 0, 0);
  std::vector<ConstTensorView> values;
  for (std::size_t i = 0; i < names.size(); ++i)
    values.push_back(model.watched(plan, static_cast<int>(i)));
  return values;
}

Gradients differentiate(Model& model, const Recipe* recipe, const Dataset& data, Mode mode) {
  const Network& network = model.network();
  const std::vector<std::uint32_t> rows = all_rows(data);
  const RowRange range{0, data.rows()};
  check_inputs("gradients", network, data, range);
  if (recipe != nullptr) {
    check_targets("gradients", network, recipe->losses, data, range);
  } else {
    check_output_gradients(network, data);
  }
  Plan& plan = model.prepare({.batch = data.rows(),
                              .mode = mode,
                              .backward = true,
                              .losses = recipe != nullptr ? recipe->ports() : open_ports(network),
                              .slots = model.slots(),
                              .input_gradients = true,
                              .rows = free_rows(network, data)});
  model.prepare_gradients();
  // What no output depends on is not written.
  for (std::size_t i = 0; i < network.parameters.size(); ++i)
    std::ranges::fill(model.parameter_gradient(static_cast<int>(i)), 0.0F);
  feed_inputs(model, plan, data, rows);
  if (recipe != nullptr) feed_targets(model, plan, data, rows);
  model.forward(plan, 0, 0);
  Gradients result;
  for (std::size_t i = 0; i < network.outputs.size(); ++i) {
    const LossViews views = model.loss(plan, static_cast<int>(i));
    if (recipe != nullptr) {
      result.loss += recipe->losses[i]->evaluate(
          {views.prediction, views.target, views.gradient, views.reads_logits});
    } else {
      data.targets[i].gather(rows, 1, views.gradient.data);
    }
  }
  model.backward(plan, 0, 0);
  if (recipe != nullptr) {
    result.loss += model.activity_penalty(plan) + weight_penalty(model);
    add_penalty_gradients(model);
  }
  for (std::size_t i = 0; i < network.input_names.size(); ++i)
    result.inputs.emplace_back(model.input_gradient(plan, static_cast<int>(i)));
  return result;
}

}  // namespace fovea
