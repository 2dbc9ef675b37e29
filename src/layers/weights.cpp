// SPDX-License-Identifier: MIT
#include "layers/weights.h"

namespace fovea {

WeightOptions::WeightOptions(Options& options, std::string_view word,
                             std::string_view default_initializer)
    : initializer(read_initializer(options, concat(word, "Initializer"), default_initializer)),
      regularizer(read_regularizer(options, concat(word, "Regularizer"))),
      constraint(read_constraint(options, concat(word, "Constraint"))) {}

}  // namespace fovea
