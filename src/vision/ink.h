// SPDX-License-Identifier: MIT
// From located writing to clean ink: how much of each pixel the pen covered, and nothing else.
#pragma once

#include "vision/image.h"
#include "vision/locate.h"

namespace fovea {

struct Ink {
  GreyImage coverage;  // 255 where the pen covered the pixel; only the digit's own strokes
  Box box;             // the inked part of `coverage`; empty when no ink is left
  Box source;          // the same part in the picture's pixels
};

// `picture` is the one the writing was located in.
Ink trace_ink(const GreyImage& picture, const Writing& writing);

}  // namespace fovea
