// SPDX-License-Identifier: MIT
#include "training/recipe.h"

namespace fovea {

std::vector<LossPort> Recipe::ports() const {
  std::vector<LossPort> ports;
  for (std::size_t i = 0; i < losses.size(); ++i)
    ports.push_back(losses[i]->port(static_cast<int>(i)));
  return ports;
}

Recipe parse_recipe(std::string_view text, const Network& network) {
  Recipe recipe;
  std::vector<std::string> metric_types;
  for (DescriptionLine& line : parse_description(text)) {
    const std::string type = line.take("type");
    Options options(concat(line.type, " \"", type, '"'), std::move(line.options));
    if (line.type == "optimizer") {
      recipe.optimizer = make_optimizer(type, options);
    } else if (line.type == "loss") {
      recipe.losses.push_back(make_loss(type, options));
    } else {
      options.finish();
      metric_types.push_back(type);
    }
  }
  if (recipe.optimizer == nullptr) {
    fail(ErrorCode::kBadOption,
         "compile: no optimizer is given. Use \"adam\" or fovea.optimizers.sgd({ ... }).");
  }
  if (recipe.losses.size() != network.outputs.size()) {
    fail(ErrorCode::kBadOption, "compile: model \"", network.name, "\" has ",
         network.outputs.size(), " output(s) but ", recipe.losses.size(),
         " loss(es) are given. Give one loss for each output.");
  }
  for (std::size_t output = 0; output < network.outputs.size(); ++output) {
    const LossPort port = recipe.losses[output]->port(static_cast<int>(output));
    for (const std::string& type : metric_types) {
      const std::string label =
          network.outputs.size() == 1 ? type : concat(network.output_names[output], '_', type);
      recipe.metrics.push_back({static_cast<int>(output), label, Metric(type, port)});
    }
  }
  return recipe;
}

}  // namespace fovea
