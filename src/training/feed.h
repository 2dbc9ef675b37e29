// SPDX-License-Identifier: MIT
// Brings examples to a model: checks once that a data set fits, then fills the inputs and targets
// of each batch.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "data/dataset.h"
#include "graph/model.h"
#include "training/loss.h"

namespace fovea {

/// Rows [from, to) of a data set.
struct RowRange {
  int from = 0;
  int to = 0;
};

/// Shapes of the data's examples where the network's inputs can have any size: what
/// CompileRequest::rows wants. Empty where all sizes are known.
std::vector<Shape> free_rows(const Network& network, const Dataset& data);

/// Refuses data whose shapes do not fit the model's inputs. `task` ("fit", "predict") opens the
/// sentence.
void check_inputs(std::string_view task, const Network& network, const Dataset& data,
                  RowRange range);

/// Refuses targets that do not fit the losses, class numbers that are no class among them.
void check_targets(std::string_view task, const Network& network,
                   const std::vector<std::unique_ptr<Loss>>& losses, const Dataset& data,
                   RowRange range);

/// Refuses weights of examples that are not one number of 0 or more for each.
void check_weights(std::string_view task, const Network& network, const Dataset& data,
                   RowRange range);

/// Copies these rows into the plan's inputs: bytes as 0 to 1, or as 0 to 255 where the first layer
/// rescales them itself.
void feed_inputs(const Model& model, const Plan& plan, const Dataset& data,
                 std::span<const std::uint32_t> rows);

/// Copies these rows' targets to where the plan's losses read them.
void feed_targets(const Model& model, const Plan& plan, const Dataset& data,
                  std::span<const std::uint32_t> rows);

}  // namespace fovea
