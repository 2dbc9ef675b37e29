// SPDX-License-Identifier: MIT
// One image read at other places: each pixel of the output looks at a point of the input and takes
// the pixels around it. Resizing, up-sampling, flips, translations, rotations and zooms are all
// this.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/tensor_view.h"

namespace fovea {

/// What lies beyond an image's edge, for a row a b c d: reflect d c b a | a b c d | d c b a, wrap a
/// b c d | a b c d | a b c d, a constant, or the nearest pixel a a a a | a b c d | d d d d.
enum class FillMode : std::uint8_t { kReflect, kWrap, kConstant, kNearest };
inline constexpr std::array<std::string_view, 4> kFillModeNames = {"reflect", "wrap", "constant",
                                                                   "nearest"};

/// The mean of the four pixels around a point, weighted by nearness, or the one it lies in.
enum class Interpolation : bool { kBilinear, kNearest };
inline constexpr std::array<std::string_view, 2> kInterpolationNames = {"bilinear", "nearest"};

/// One coordinate of the point that output pixel (oh, ow) looks at: (column (ow + 1/2) + row (oh +
/// 1/2) + offset) / divisor. Pixel i covers i to i + 1: its centre is i + 1/2 (half-pixel centres).
struct Coordinate {
  double column = 0, row = 0, offset = 0, divisor = 1;
};

struct Sampling {
  Interpolation interpolation = Interpolation::kBilinear;
  FillMode fill_mode = FillMode::kReflect;
  float fill_value = 0;  // for kConstant
  Coordinate x, y;
};

/// output[oh, ow, c] = input[h, w, c] at its point. Both are single images. Overwrites output.
void sample_forward(const Sampling& sampling, ConstTensorView input, TensorView output);

/// Each pixel's gradient goes to the input pixels that it took, with the same weights. Overwrites
/// input_gradient.
void sample_backward(const Sampling& sampling, ConstTensorView output_gradient,
                     TensorView input_gradient);

}  // namespace fovea
