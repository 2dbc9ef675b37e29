// SPDX-License-Identifier: MIT
#include "training/recipe.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fovea {

namespace {

Options options_of(const DescriptionLine& line, std::string_view type) {
  return {concat(line.type, " \"", type, '"'), line.options};
}

Shape output_shape(const Network& network, std::size_t output) {
  return network.value_rows[static_cast<std::size_t>(network.outputs[output])].with_batch(1);
}

std::unique_ptr<Loss> read_loss(DescriptionLine line, const Shape& output) {
  const std::string type = line.take("type");
  const std::string weight = line.take("lossWeight");
  Options options = options_of(line, type);
  std::unique_ptr<Loss> loss = make_loss(type, options, output);
  if (weight.empty()) return loss;
  const double number = parse_number(weight);
  if (!(number >= 0) || !std::isfinite(number)) {
    fail(ErrorCode::kBadOption, "compile: lossWeights must be numbers of 0 or more but one is ",
         weight, ".");
  }
  loss->set_weight(number);
  return loss;
}

/// A metric of one output, or of each.
void read_metric(DescriptionLine line, const Network& network, Recipe& recipe) {
  const std::string type = line.take("type");
  const std::string wanted = line.take("output");
  for (std::size_t output = 0; output < network.outputs.size(); ++output) {
    const std::string& owner = network.output_names[output];
    if (!wanted.empty() && wanted != owner) continue;
    Options options = options_of(line, type);
    Metric metric(type, options, *recipe.losses[output], output_shape(network, output));
    std::string label =
        network.outputs.size() == 1 ? metric.name() : concat(owner, '_', metric.name());
    if (std::ranges::find(recipe.metrics, label, &OutputMetric::label) != recipe.metrics.end()) {
      fail(ErrorCode::kBadOption, options.place(), ": there are two metrics called \"", label,
           "\". Give one of them a name of its own.");
    }
    recipe.metrics.push_back({static_cast<int>(output), std::move(label), std::move(metric)});
  }
}

}  // namespace

std::vector<LossPort> Recipe::ports() const {
  std::vector<LossPort> ports;
  for (std::size_t i = 0; i < losses.size(); ++i)
    ports.push_back(losses[i]->port(static_cast<int>(i)));
  return ports;
}

bool Recipe::has_custom_loss() const {
  return std::ranges::any_of(losses, [](const auto& loss) { return loss->is_custom(); });
}

Recipe parse_recipe(std::string_view text, const Network& network) {
  Recipe recipe;
  std::vector<DescriptionLine> losses;
  std::vector<DescriptionLine> metrics;
  for (DescriptionLine& line : parse_description(text)) {
    if (line.type == "optimizer") {
      const std::string type = line.take("type");
      Options options = options_of(line, type);
      recipe.optimizer = make_optimizer(type, options);
    } else {
      (line.type == "loss" ? losses : metrics).push_back(std::move(line));
    }
  }
  if (recipe.optimizer == nullptr) {
    fail(ErrorCode::kBadOption,
         "compile: no optimizer is given. Use \"adam\" or fovea.optimizers.sgd({ ... }).");
  }
  if (losses.size() != network.outputs.size()) {
    fail(ErrorCode::kBadOption, "compile: model \"", network.name, "\" has ",
         network.outputs.size(), " output(s) but ", losses.size(),
         " loss(es) are given. Give one loss for each output.");
  }
  for (std::size_t i = 0; i < losses.size(); ++i) {
    recipe.losses.push_back(read_loss(std::move(losses[i]), output_shape(network, i)));
  }
  for (DescriptionLine& line : metrics) read_metric(std::move(line), network, recipe);
  // The metrics of one output stand together, as in Keras.
  std::ranges::stable_sort(recipe.metrics, {}, &OutputMetric::output);
  return recipe;
}

}  // namespace fovea
