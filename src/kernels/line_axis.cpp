// SPDX-License-Identifier: MIT
#include "kernels/line_axis.h"

namespace fovea {

const float line::kFactors[] = {0.125F, 0.25F, 0.5F, 2, 4, 8, 5, 4.25F, 1.25F, 5.25F};

}  // namespace fovea
