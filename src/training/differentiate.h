// SPDX-License-Identifier: MIT
// Looking inside a network: what it computes on the way, and how its loss or its outputs change
// with its inputs and weights. All rows of the data are one batch. Results lie in the model and
// are valid until it runs again.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "data/dataset.h"
#include "graph/model.h"
#include "training/recipe.h"

namespace fovea {

/// The outputs of layers (or inputs, or later applications of a layer) by their names. Refuses a
/// name that the model does not have.
std::vector<ConstTensorView> activations(Model& model, const Dataset& data,
                                         std::span<const std::string_view> names);

struct Gradients {
  double loss = 0;
  std::vector<ConstTensorView> inputs;  // null where nothing depends on the input
};

/// The gradients of the recipe's loss, penalties included, for the data's targets; without a recipe
/// those of the sum of outputs times targets, which then are any gradients at the outputs. Those of
/// trainable parameters are where Model::parameter_gradient says.
Gradients differentiate(Model& model, const Recipe* recipe, const Dataset& data, Mode mode);

}  // namespace fovea
