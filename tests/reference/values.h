// SPDX-License-Identifier: MIT
// What the slow twins compute with.
#pragma once

#include <vector>

namespace fovea::reference {

using Values = std::vector<double>;

}  // namespace fovea::reference
