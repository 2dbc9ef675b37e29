// Window maxima by doubling: the maximum over 2p pixels is that of two neighbouring maxima over p.
// Six passes for a window of 64, each a plain loop that the compiler turns into byte vectors.
// SPDX-License-Identifier: MIT
#include "vision/background.h"

#include "vision/grey.h"

namespace fovea {
namespace {

// values[i] = max(values[i], values[i + offset]) in place; i + offset reads what is not yet
// written.
void fold_maximum(std::uint8_t* values, std::size_t count, std::size_t offset) {
  for (std::size_t i = 0; i + offset < count; ++i) {
    values[i] = std::max(values[i], values[i + offset]);
  }
}

// Calls fold(offset) so that in the end each place holds the maximum of the `window` places from it
// on.
template <typename Fold>
void fold_window(int window, Fold fold) {
  int covered = 1;
  for (; covered * 2 <= window; covered *= 2) fold(covered);
  if (covered < window) fold(window - covered);
}

}  // namespace

GreyImage window_maximum(const GreyImage& image, int window) {
  // A zero border as wide as the window stands for "nothing here": windows are cut off at the
  // edges.
  const int before = (window - 1) / 2;
  GreyImage padded(image.width + window, image.height + window);
  const auto row_length = static_cast<std::size_t>(padded.width);
  for (int y = 0; y < image.height; ++y) {
    std::uint8_t* row = padded.row(y + before);
    std::copy_n(image.row(y), image.width, row + before);
    fold_window(window, [&](int offset) {
      fold_maximum(row, row_length, static_cast<std::size_t>(offset));
    });
  }
  fold_window(window, [&](int offset) {
    fold_maximum(padded.pixels.data(), padded.pixels.size(),
                 static_cast<std::size_t>(offset) * row_length);
  });
  GreyImage result(image.width, image.height);
  for (int y = 0; y < image.height; ++y) std::copy_n(padded.row(y), image.width, result.row(y));
  return result;
}

GreyImage window_minimum(const GreyImage& image, int window) {
  return inverted(window_maximum(inverted(image), window));
}

GreyImage dark_ink_contrast(const GreyImage& image, int window) {
  const int odd_window = window | 1;  // an even one would move the picture by half a pixel
  const GreyImage paper = window_minimum(window_maximum(image, odd_window), odd_window);
  GreyImage contrast(image.width, image.height);
  for (std::size_t i = 0; i < contrast.pixels.size(); ++i) {
    contrast.pixels[i] = static_cast<std::uint8_t>(paper.pixels[i] - image.pixels[i]);
  }
  return contrast;
}

}  // namespace fovea
