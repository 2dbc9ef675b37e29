// The two nouns of this folder: a grey image and a box in it.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fovea {

// One byte per pixel, row by row, 0 black to 255 white.
struct GreyImage {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;

  GreyImage() = default;
  GreyImage(int columns, int rows)
      : width(columns),
        height(rows),
        pixels(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows)) {}

  std::uint8_t* row(int y) {
    return pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
  }
  const std::uint8_t* row(int y) const {
    return pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
  }
};

// Pixels [x, x + width) by [y, y + height).
struct Box {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  int right() const { return x + width; }
  int bottom() const { return y + height; }
  int long_side() const { return std::max(width, height); }
};

// The smallest box that holds both.
inline Box united(const Box& a, const Box& b) {
  const int x = std::min(a.x, b.x);
  const int y = std::min(a.y, b.y);
  return {x, y, std::max(a.right(), b.right()) - x, std::max(a.bottom(), b.bottom()) - y};
}

// The box with `margin` pixels more on each side, cut off at the image's edges.
inline Box expanded(const Box& box, int margin, const GreyImage& image) {
  const int x = std::max(0, box.x - margin);
  const int y = std::max(0, box.y - margin);
  return {x, y, std::min(image.width, box.right() + margin) - x,
          std::min(image.height, box.bottom() + margin) - y};
}

}  // namespace fovea
