// The paper without the ink, so that a shadow or a lamp does not count as writing.
// SPDX-License-Identifier: MIT
#pragma once

#include "vision/image.h"

namespace fovea {

// Each pixel becomes the largest (smallest) in the window by window pixels around it.
GreyImage window_maximum(const GreyImage& image, int window);
GreyImage window_minimum(const GreyImage& image, int window);

// How much darker a pixel is than the paper around it. The paper is the morphological closing: dark
// marks narrower than `window` are painted over, while slow changes of light and the straight edge
// of a sheet stay as they are, and so give no contrast.
GreyImage dark_ink_contrast(const GreyImage& image, int window);

}  // namespace fovea
