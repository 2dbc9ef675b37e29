// Area averaging: each new pixel is the mean of the part of the picture that it covers. The only
// scaling here, because it neither drops thin strokes nor makes jagged edges.
// SPDX-License-Identifier: MIT
#pragma once

#include "vision/image.h"

namespace fovea {

// The part `source` of the image at a new size, at least 1x1. Works for shrinking and enlarging.
GreyImage resample_area(const GreyImage& image, const Box& source, int width, int height);

// The whole image, shrunk so that no side exceeds `longest`; returned as it is where it already
// fits.
GreyImage shrunk_to(const GreyImage& image, int longest);

}  // namespace fovea
