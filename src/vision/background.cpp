// SPDX-License-Identifier: MIT
// Window maxima by doubling: the maximum over 2p pixels is that of two neighbouring maxima over p.
// Six passes for a window of 64, each a plain loop that the compiler turns into byte vectors.
#include "vision/background.h"

#include "vision/grey.h"

namespace fovea {
namespace {

using Bytes = std::vector<std::uint8_t>;

// result[i] = max(values[i], values[i + offset]). Two buffers: in place the compiler would have to
// reckon with an offset that reads what was just written, and would not vectorise.
void fold_maximum(const std::uint8_t* values, std::uint8_t* __restrict result, std::size_t count,
                  std::size_t offset) {
  const std::size_t places = count - std::min(count, offset);
  // The modules are built for size. There Clang vectorises only what it is told to, and well only
  // where no places are left over. Otherwise this loop is two thirds of digit_from_pixels.
  const std::size_t whole_vectors = places / 16 * 16;
#if defined(__clang__)
#pragma clang loop vectorize(enable)
#endif
  for (std::size_t i = 0; i < whole_vectors; ++i) {
    result[i] = std::max(values[i], values[i + offset]);
  }
  for (std::size_t i = whole_vectors; i < places; ++i) {
    result[i] = std::max(values[i], values[i + offset]);
  }
}

// Afterwards each place holds the maximum of itself and the window - 1 places that follow at
// distances of `stride`. The last places, whose window would run over the end, are of no use.
void fold_window(Bytes& values, Bytes& spare, int window, std::size_t stride) {
  const auto fold = [&](int places) {
    const std::size_t offset = static_cast<std::size_t>(places) * stride;
    fold_maximum(values.data(), spare.data(), values.size(), offset);
    values.swap(spare);
  };
  int covered = 1;
  for (; covered * 2 <= window; covered *= 2) fold(covered);
  if (covered < window) fold(window - covered);
}

}  // namespace

GreyImage window_maximum(const GreyImage& image, int window) {
  // A border of zeros as wide as the window stands for "nothing here": windows are cut off at the
  // edges, and a window that runs over the end of a row meets only zeros.
  const int before = (window - 1) / 2;
  GreyImage padded(image.width + window, image.height + window);
  for (int y = 0; y < image.height; ++y) {
    std::copy_n(image.row(y), image.width, padded.row(y + before) + before);
  }
  Bytes spare(padded.pixels.size());
  fold_window(padded.pixels, spare, window, 1);
  fold_window(padded.pixels, spare, window, static_cast<std::size_t>(padded.width));
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
  std::transform(paper.pixels.begin(), paper.pixels.end(), image.pixels.begin(),
                 contrast.pixels.begin(),
                 [](std::uint8_t p, std::uint8_t v) { return static_cast<std::uint8_t>(p - v); });
  return contrast;
}

}  // namespace fovea
