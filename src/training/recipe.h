// SPDX-License-Identifier: MIT
// How a model is trained, from the lines of its description: `optimizer type=adam ...`, one `loss
// type=... lossWeight=...` for each output, `metric type=... output=...`, without `output` for
// each.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "graph/network.h"
#include "training/loss.h"
#include "training/metric.h"
#include "training/optimizer.h"

namespace fovea {

struct OutputMetric {
  int output = 0;
  std::string label;  // "accuracy"; with several outputs "dense_1_accuracy"
  Metric metric;
};

struct Recipe {
  std::unique_ptr<Optimizer> optimizer;
  std::vector<std::unique_ptr<Loss>> losses;  // one for each output
  std::vector<OutputMetric> metrics;

  [[nodiscard]] std::vector<LossPort> ports() const;
  /// Somebody else must give some loss and its gradient: see Trainer::begin_step.
  [[nodiscard]] bool has_custom_loss() const;
};

Recipe parse_recipe(std::string_view text, const Network& network);

}  // namespace fovea
