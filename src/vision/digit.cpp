// SPDX-License-Identifier: MIT
// The whole way in one screen: grey, locate, trace, scale to 20x20, centre in 28x28.
#include "vision/digit.h"

#include <cmath>

#include "core/error.h"
#include "vision/grey.h"
#include "vision/ink.h"
#include "vision/locate.h"
#include "vision/resample.h"

namespace fovea {
namespace {

constexpr int kFieldSide = 28;
constexpr int kDigitSide = 20;
constexpr double kMiddle = 14.0;  // where the centre of mass goes, counted in pixels from 0
constexpr int kLargestSide =
    640;  // larger pictures are shrunk: a phone's photo holds no more of a digit

void check(std::span<const std::uint8_t> pixels, int width, int height, int channels,
           std::span<const std::uint8_t> digit28) {
  if (width < 1 || height < 1 || (channels != 1 && channels != 3 && channels != 4)) {
    fail(
        ErrorCode::kBadShape,
        "digitFromPixels: needs a picture of at least 1x1 pixels with 1, 3 or 4 channels but gets ",
        width, "x", height, " with ", channels, ".");
  }
  const auto wanted = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                      static_cast<std::size_t>(channels);
  if (pixels.size() != wanted) {
    fail(ErrorCode::kBadShape, "digitFromPixels: a picture of ", width, "x", height, " with ",
         channels, " channels has ", wanted, " bytes but gets ", pixels.size(), ".");
  }
  if (digit28.size() != kFieldSide * kFieldSide) {
    fail(ErrorCode::kBadShape, "digitFromPixels: the result needs 784 bytes but has ",
         digit28.size(), ".");
  }
}

// The longer side becomes 20 pixels, the other follows.
GreyImage fitted(const Ink& ink) {
  const int longer = ink.box.long_side();
  const auto side = [&](int length) {
    return std::max(
        1, static_cast<int>(std::lround(static_cast<double>(length) * kDigitSide / longer)));
  };
  return resample_area(ink.coverage, ink.box, side(ink.box.width), side(ink.box.height));
}

// Puts the centre of mass at pixel (14, 14), rounded to whole pixels, as MNIST's makers did:
// shifting by fractions would blur what area averaging has just made.
void place_centred(const GreyImage& digit, std::span<std::uint8_t> field) {
  double mass = 0.0;
  double mass_x = 0.0;
  double mass_y = 0.0;
  for (int y = 0; y < digit.height; ++y) {
    for (int x = 0; x < digit.width; ++x) {
      mass += digit.row(y)[x];
      mass_x += static_cast<double>(x) * digit.row(y)[x];
      mass_y += static_cast<double>(y) * digit.row(y)[x];
    }
  }
  if (mass == 0.0) return;
  const int left = static_cast<int>(std::lround(kMiddle - mass_x / mass));
  const int top = static_cast<int>(std::lround(kMiddle - mass_y / mass));
  for (int y = 0; y < digit.height; ++y) {
    for (int x = 0; x < digit.width; ++x) {
      const int field_x = left + x;
      const int field_y = top + y;
      const bool inside =
          field_x >= 0 && field_y >= 0 && field_x < kFieldSide && field_y < kFieldSide;
      if (inside) field[static_cast<std::size_t>(field_y * kFieldSide + field_x)] = digit.row(y)[x];
    }
  }
}

}  // namespace

DigitResult digit_from_pixels(std::span<const std::uint8_t> pixels, int width, int height,
                              int channels, std::span<std::uint8_t> digit28) {
  check(pixels, width, height, channels, digit28);
  std::fill(digit28.begin(), digit28.end(), std::uint8_t{0});
  const GreyImage picture = shrunk_to(to_grey(pixels, width, height, channels), kLargestSide);
  const auto writing = locate_writing(picture);
  if (!writing) return {};
  const Ink ink = trace_ink(picture, *writing);
  if (ink.box.width == 0) return {};
  place_centred(fitted(ink), digit28);
  const double scale_x = static_cast<double>(width) / picture.width;
  const double scale_y = static_cast<double>(height) / picture.height;
  return {.found = true,
          .inverted = writing->dark_ink,
          .x = static_cast<int>(ink.source.x * scale_x),
          .y = static_cast<int>(ink.source.y * scale_y),
          .width = static_cast<int>(std::lround(ink.source.width * scale_x)),
          .height = static_cast<int>(std::lround(ink.source.height * scale_y))};
}

}  // namespace fovea
