// Bytes of any channel count to one grey byte per pixel.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "vision/image.h"

namespace fovea {

// channels: 1 grey, 3 RGB, 4 RGBA. Where an RGBA picture is transparent, it is laid over white if
// its opaque part is dark and over black if that is light, so that ink on an empty canvas stays
// visible.
GreyImage to_grey(std::span<const std::uint8_t> pixels, int width, int height, int channels);

// 255 - v: dark ink becomes light ink.
GreyImage inverted(const GreyImage& image);

}  // namespace fovea
