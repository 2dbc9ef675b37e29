// SPDX-License-Identifier: MIT
// The sum of squared differences in double, and its gradient 2 (prediction - target).
#pragma once

#include "tests/reference/cross_entropy.h"

namespace fovea::reference {

Loss squared_error(const Values& prediction, const Values& target);

}  // namespace fovea::reference
