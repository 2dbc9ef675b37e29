// SPDX-License-Identifier: MIT
// What JavaScript learns of a model when it is made.
#pragma once

#include <string>

#include "graph/model.h"

namespace fovea {

/// { model, name, layers, inputs, outputs, values, parameters, countParams } as JSON.
std::string describe(const Model& model, int number);

/// Where numbers lie in the heap; pointer 0: nowhere, they are all 0.
std::string place_json(const ConstTensorView& view);

}  // namespace fovea
