// SPDX-License-Identifier: MIT
// Depthwise and transposed convolution as nested loops in double, forward only: their gradients are
// tested against central differences of these.
#pragma once

#include "tests/reference/window.h"

namespace fovea::reference {

struct Depthwise {
  int batch = 1;
  int channels = 1;
  int multiplier = 1;
  Axis rows, columns;
};

/// output[n, oh, ow, ic * multiplier + j]; filter [kh, kw, ic, multiplier]; an empty bias is none.
Values depthwise_forward(const Depthwise& c, const Values& input, const Values& filter,
                         const Values& bias);

struct Transposed {
  int batch = 1;
  int in_channels = 1;
  int out_channels = 1;
  Axis rows, columns;  // input: what is given; before: cut off the result
  int out_rows = 1, out_columns = 1;
};

/// Every input pixel stamps its filters [kh, kw, oc, ic] onto the output.
Values transposed_forward(const Transposed& c, const Values& input, const Values& filter,
                          const Values& bias);

}  // namespace fovea::reference
