// SPDX-License-Identifier: MIT
// Contrast and brightness of one image [h, w, c]: a linear change of every channel, cut off at the
// ends of the range.
#pragma once

#include "core/tensor_view.h"

namespace fovea {

/// y = (x - m) factor + m + offset, clipped to [low, high]; m is the channel's mean, or 0.
struct Tone {
  bool about_mean = false;
  float factor = 1;
  float offset = 0;
  float low = 0, high = 1;
};

/// Overwrites output.
void tone_forward(const Tone& tone, ConstTensorView input, TensorView output);

/// With g the output's gradient where nothing was cut off, else 0: input_gradient = factor g + (1 -
/// factor) mean(g), the second part only about the mean. Overwrites input_gradient.
void tone_backward(const Tone& tone, ConstTensorView input, ConstTensorView output_gradient,
                   TensorView input_gradient);

}  // namespace fovea
