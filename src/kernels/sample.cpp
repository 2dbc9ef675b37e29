// SPDX-License-Identifier: MIT
// Points are computed in double: where a size is divided by a size, a point between two pixels is
// met exactly. A pixel of weight zero is not read, so that a move by whole pixels is a copy.
#include "kernels/sample.h"

#include <algorithm>
#include <cmath>

#include "kernels/simd.h"

namespace fovea {

namespace {

/// At most two neighbours along one axis.
struct AxisTaps {
  std::array<int, 2> index;  // -1: outside, where the fill value is
  std::array<float, 2> weight;
};

/// The pixel of [0, size) that stands at place i of the extended axis.
int extended(FillMode mode, int i, int size) {
  if (i >= 0 && i < size) return i;
  const auto modulo = [](int a, int n) { return (a % n + n) % n; };
  switch (mode) {
    case FillMode::kReflect: {
      const int place = modulo(i, 2 * size);
      return place < size ? place : 2 * size - 1 - place;
    }
    case FillMode::kWrap:
      return modulo(i, size);
    case FillMode::kConstant:
      return -1;
    case FillMode::kNearest:
      break;
  }
  return std::clamp(i, 0, size - 1);
}

AxisTaps axis_taps(const Sampling& s, const Coordinate& c, std::array<int, 2> pixel, int size) {
  const double place =
      (c.column * (pixel[1] + 0.5) + c.row * (pixel[0] + 0.5) + c.offset) / c.divisor;
  if (s.interpolation == Interpolation::kNearest) {
    const int i = static_cast<int>(std::floor(place));
    return {{extended(s.fill_mode, i, size), 0}, {1, 0}};
  }
  const double before = std::floor(place - 0.5);
  const int i = static_cast<int>(before);
  const auto share = static_cast<float>(place - 0.5 - before);
  return {{extended(s.fill_mode, i, size), extended(s.fill_mode, i + 1, size)}, {1 - share, share}};
}

/// What one output pixel is made of: sum of weight * input + fill.
struct Taps {
  std::array<std::ptrdiff_t, 4> at;  // offsets of the pixels' first channels
  std::array<float, 4> weight;
  std::size_t count = 0;
  float fill = 0;
};

Taps taps_of(const Sampling& s, std::array<int, 2> pixel, const Shape& input) {
  const AxisTaps rows = axis_taps(s, s.y, pixel, input[0]);
  const AxisTaps columns = axis_taps(s, s.x, pixel, input[1]);
  Taps taps;
  for (std::size_t r = 0; r < 2; ++r) {
    for (std::size_t c = 0; c < 2; ++c) {
      const float weight = rows.weight[r] * columns.weight[c];
      if (weight == 0) continue;
      if (rows.index[r] < 0 || columns.index[c] < 0) {
        taps.fill += weight * s.fill_value;
        continue;
      }
      taps.at[taps.count] =
          (std::ptrdiff_t{rows.index[r]} * input[1] + columns.index[c]) * input[2];
      taps.weight[taps.count++] = weight;
    }
  }
  return taps;
}

/// Calls body(taps, offset of the output pixel) for every pixel of the output, in order.
template <class Body>
void for_each_pixel(const Sampling& s, const Shape& input, const Shape& output, const Body& body) {
  std::ptrdiff_t at = 0;
  for (int oh = 0; oh < output[0]; ++oh) {
    for (int ow = 0; ow < output[1]; ++ow, at += output[2]) body(taps_of(s, {oh, ow}, input), at);
  }
}

}  // namespace

void sample_forward(const Sampling& sampling, ConstTensorView input, TensorView output) {
  const auto channels = static_cast<std::size_t>(output.shape[2]);
  for_each_pixel(sampling, input.shape, output.shape, [&](const Taps& taps, std::ptrdiff_t at) {
    for_each_vector(channels, [&](std::size_t c, std::size_t count) {
      Vector sum = broadcast(taps.fill);
      for (std::size_t t = 0; t < taps.count; ++t) {
        sum = multiply_add(broadcast(taps.weight[t]), load_some(input.data + taps.at[t] + c, count),
                           sum);
      }
      store_some(sum, output.data + at + c, count);
    });
  });
}

void sample_backward(const Sampling& sampling, ConstTensorView output_gradient,
                     TensorView input_gradient) {
  const auto channels = static_cast<std::size_t>(input_gradient.shape[2]);
  std::ranges::fill(input_gradient.values(), 0.0F);
  for_each_pixel(sampling, input_gradient.shape, output_gradient.shape,
                 [&](const Taps& taps, std::ptrdiff_t at) {
                   for_each_vector(channels, [&](std::size_t c, std::size_t count) {
                     const Vector dy = load_some(output_gradient.data + at + c, count);
                     for (std::size_t t = 0; t < taps.count; ++t) {
                       float* dx = input_gradient.data + taps.at[t] + c;
                       store_some(multiply_add(broadcast(taps.weight[t]), dy, load_some(dx, count)),
                                  dx, count);
                     }
                   });
                 });
}

}  // namespace fovea
