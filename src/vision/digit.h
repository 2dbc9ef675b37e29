// A picture of a digit, from a canvas or a camera, made to look like the digits of MNIST.
// A network trained on MNIST fails on raw drawings: it has only seen white ink on black, scaled to
// fit 20x20 and centred by its centre of mass in 28x28.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

namespace fovea {

// Where in the picture the digit was found, in pixels; all zero when none was.
// `inverted` says that the ink was darker than the paper, so the polarity was turned round.
struct DigitResult {
  bool found = false;
  bool inverted = false;
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

// pixels: [height, width, channels] bytes, row by row; channels is 1 (grey), 3 (RGB) or 4 (RGBA,
// where what is transparent counts as paper). digit28: 784 bytes, overwritten with white ink on
// black; all zero when nothing is found. The picture needs some paper round the digit. Throws
// Error("bad-shape") when a size does not fit its span.
DigitResult digit_from_pixels(std::span<const std::uint8_t> pixels, int width, int height,
                              int channels, std::span<std::uint8_t> digit28);

}  // namespace fovea
