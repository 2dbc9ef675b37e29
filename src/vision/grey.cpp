// SPDX-License-Identifier: MIT
#include "vision/grey.h"

namespace fovea {
namespace {

// Rec. 601 luma in 1/256: the weights of red, green and blue add up to 256.
int luma(const std::uint8_t* rgb) { return (77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2] + 128) >> 8; }

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
  const int backdrop = channels == 4 ? backdrop_for(pixels) : 255;
  const std::uint8_t* source = pixels.data();
  for (std::uint8_t& value : grey.pixels) {
    const int light = luma(source);
    const int opacity = channels == 4 ? source[3] : 255;
    value = static_cast<std::uint8_t>((light * opacity + backdrop * (255 - opacity) + 127) / 255);
    source += channels;
  }
  return grey;
}

GreyImage inverted(const GreyImage& image) {
  GreyImage result(image.width, image.height);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    result.pixels[i] = static_cast<std::uint8_t>(255 - image.pixels[i]);
  }
  return result;
}

}  // namespace fovea
