// SPDX-License-Identifier: MIT
// What is asked of every convolution that takes fewer multiplications than the plain sum: that its
// float errors stay near that sum's, and that a gradient whose terms are all zero is zero.
#pragma once

#include <algorithm>
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <vector>

#include "kernels/conv2d.h"
#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/workers.h"

namespace fovea::test {

using Floats = std::vector<float>;

inline Floats numbers(RandomValues& random, const Shape& shape, bool positive = false) {
  Floats result(static_cast<std::size_t>(shape.size()));
  for (float& value : result) {
    value = static_cast<float>(random.next());
    if (positive) value = std::fabs(value);
  }
  return result;
}

inline Floats forward(const Conv2dGeometry& g, const Floats& input, const Floats& filter) {
  Floats output(static_cast<std::size_t>(g.output_shape().size()));
  Floats scratch(static_cast<std::size_t>(conv2d_forward_scratch(g, 1)));
  conv2d_forward(g,
                 {.input = {input.data(), g.input_shape()},
                  .filter = {filter.data(), g.filter_shape()},
                  .output = {output.data(), g.output_shape()},
                  .scratch = scratch},
                 one_thread());
  return output;
}

inline Floats filter_gradient(const Conv2dGeometry& g, const Floats& input,
                              const Floats& gradient) {
  Floats result(static_cast<std::size_t>(g.filter_shape().size()));
  Floats scratch(static_cast<std::size_t>(conv2d_backward_scratch(g, 1)));
  conv2d_backward(g,
                  {.input = {input.data(), g.input_shape()},
                   .output_gradient = {gradient.data(), g.output_shape()},
                   .filter_gradient = {result.data(), g.filter_shape()},
                   .scratch = scratch},
                  one_thread());
  return result;
}

/// Calls f(input, filter, output), each an index, for every product of a convolution with padding
/// "same".
template <class Function>
void for_each_product(const Conv2dGeometry& g, const Function& f) {
  const int taps = g.rows.size;
  const int rows = g.rows.input;
  const int columns = g.columns.input;
  for (int pixel = 0; pixel < g.batch * rows * columns; ++pixel) {
    const int row = pixel / columns % rows;
    const int column = pixel % columns;
    for (int tap = 0; tap < taps * taps; ++tap) {
      const int down = tap / taps - taps / 2;
      const int right = tap % taps - taps / 2;
      if (std::clamp(row + down, 0, rows - 1) != row + down) continue;
      if (std::clamp(column + right, 0, columns - 1) != column + right) continue;
      const int from = (pixel + down * columns + right) * g.channels;
      for (int ic = 0; ic < g.channels; ++ic) {
        for (int oc = 0; oc < g.out_channels; ++oc) {
          f(static_cast<std::size_t>(from + ic),
            static_cast<std::size_t>((tap * g.channels + ic) * g.out_channels + oc),
            static_cast<std::size_t>(pixel * g.out_channels + oc));
        }
      }
    }
  }
}

inline double root_mean_error(const Floats& values, const std::vector<double>& expected) {
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    squares += std::pow(static_cast<double>(values[i]) - expected[i], 2);
  }
  return std::sqrt(squares / static_cast<double>(values.size()));
}

/// A small gradient may have been taken for noise, 2^-17 of numbers up to 30 times as large as the
/// gradients, and be zero: then zero is expected.
template <class Results>
void expect_noise_as_zero(const Results& results, std::vector<double>& expected) {
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::fabs(value));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (results[i] == 0 && std::fabs(expected[i]) < 0x1p-12 * largest) expected[i] = 0;
  }
}

/// Outputs and filter gradient are at most four times as far off as those of a plain sum.
inline void check_float_errors(const Conv2dGeometry& g, std::uint32_t seed, bool positive = false) {
  RandomValues random(seed);
  const Floats input = numbers(random, g.input_shape(), positive);
  const Floats filter = numbers(random, g.filter_shape());
  const Floats gradient = numbers(random, g.output_shape());
  std::vector<double> output(gradient.size()), slope(filter.size());
  Floats plain_output(gradient.size()), plain_slope(filter.size());
  for_each_product(g, [&](std::size_t x, std::size_t w, std::size_t y) {
    output[y] += static_cast<double>(input[x]) * static_cast<double>(filter[w]);
    slope[w] += static_cast<double>(input[x]) * static_cast<double>(gradient[y]);
    plain_output[y] += input[x] * filter[w];
    plain_slope[w] += input[x] * gradient[y];
  });
  CHECK(root_mean_error(forward(g, input, filter), output) <
        4 * root_mean_error(plain_output, output));
  const double plain_error = root_mean_error(plain_slope, slope);
  const Floats result = filter_gradient(g, input, gradient);
  expect_noise_as_zero(result, slope);
  CHECK(root_mean_error(result, slope) < 4 * plain_error);
}

/// Adam divides a gradient by its size, so the rounding noise of a gradient that is zero would move
/// a weight as far as a true one. Inputs in the left half and gradients in the right one: only the
/// left taps see both.
inline void check_zero_gradients(const Conv2dGeometry& g, bool positive = false) {
  RandomValues random(3);
  Floats input = numbers(random, g.input_shape(), positive);
  Floats gradient = numbers(random, g.output_shape());
  const auto is_left = [&](std::size_t index, int channels) {
    return static_cast<int>(index) / channels % g.columns.input < g.columns.input / 2;
  };
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (!is_left(i, g.channels)) input[i] = 0;
  }
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    if (is_left(i, g.out_channels)) gradient[i] = 0;
  }
  const Floats slope = filter_gradient(g, input, gradient);
  const int taps = g.columns.size;
  for (std::size_t i = 0; i < slope.size(); ++i) {
    const int tap = static_cast<int>(i) / (g.channels * g.out_channels) % taps;
    INFO(i);
    CHECK((slope[i] != 0) == (tap < taps / 2));
  }
}

}  // namespace fovea::test
