// SPDX-License-Identifier: MIT
// Where ink ends and paper begins, read from a histogram of contrasts.
#pragma once

#include <array>
#include <cstdint>

#include "vision/image.h"

namespace fovea {

using Histogram = std::array<std::uint32_t, 256>;

// How often each value occurs in the part `box` of the image.
Histogram histogram_of(const GreyImage& image, const Box& box);

// The smallest v such that at least half of the values in [first, last] are <= v; `first` when none
// is.
int median_of(const Histogram& histogram, int first = 0, int last = 255);

// Otsu's threshold: values above it are one class, the rest the other, and the two means lie as far
// apart as possible for their sizes. 0 when all values are equal.
int otsu_threshold(const Histogram& histogram);

}  // namespace fovea
