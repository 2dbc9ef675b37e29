// SPDX-License-Identifier: MIT
#include "vision/grey.h"

namespace fovea {
namespace {

// Rec. 601 luma in 1/256: the weights of red, green and blue add up to 256.
int luma(const std::uint8_t* rgb) { return (77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2] + 128) >> 8; }

bool has_transparency(std::span<const std::uint8_t> rgba) {
  for (std::size_t i = 3; i < rgba.size(); i += 4) {
    if (rgba[i] != 255) return true;
  }
  return false;
}

// The grey level behind a picture's transparent parts: far from the ink that is there.
int backdrop_for(std::span<const std::uint8_t> rgba) {
  std::uint64_t opacity = 0;
  std::uint64_t light = 0;
  for (std::size_t i = 0; i < rgba.size(); i += 4) {
    opacity += rgba[i + 3];
    light += static_cast<std::uint64_t>(rgba[i + 3]) * static_cast<std::uint64_t>(luma(&rgba[i]));
  }
  return light > opacity * 127 ? 0 : 255;
}

}  // namespace

GreyImage to_grey(std::span<const std::uint8_t> pixels, int width, int height, int channels) {
  GreyImage grey(width, height);
  if (channels == 1) {
    std::copy(pixels.begin(), pixels.end(), grey.pixels.begin());
    return grey;
  }
  const bool see_through = channels == 4 && has_transparency(pixels);
  const int backdrop = see_through ? backdrop_for(pixels) : 255;
  const std::uint8_t* source = pixels.data();
  for (std::uint8_t& value : grey.pixels) {
    const int light = luma(source);
    const int opacity = see_through ? source[3] : 255;
    value = static_cast<std::uint8_t>((light * opacity + backdrop * (255 - opacity) + 127) / 255);
    source += channels;
  }
  return grey;
}

GreyImage inverted(const GreyImage& image) {
  GreyImage result(image.width, image.height);
  std::transform(image.pixels.begin(), image.pixels.end(), result.pixels.begin(),
                 [](std::uint8_t v) { return static_cast<std::uint8_t>(255 - v); });
  return result;
}

}  // namespace fovea
