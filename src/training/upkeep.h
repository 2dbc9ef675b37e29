// SPDX-License-Identifier: MIT
// What the descriptions of parameters ask for beyond the loss: penalties on large weights, and
// constraints after every update. Frozen parameters have neither (Keras).
#pragma once

#include <span>

#include "graph/model.h"

namespace fovea {

/// What the weights add to the loss: the sum of their regularizers.
double weight_penalty(Model& model);
/// Adds the penalties' gradients to those of the loss.
void add_penalty_gradients(Model& model);
/// Makes one parameter obey its constraint. `norms` is room as large as constraint_room says.
void constrain(Model& model, int parameter, std::span<double> norms);
/// Numbers that constrain needs at most. Refuses axes that a parameter does not have.
std::size_t constraint_room(const Network& network);

}  // namespace fovea
