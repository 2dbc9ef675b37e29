// SPDX-License-Identifier: MIT
// What is peculiar to convolutions by Winograd's method: how much larger than a plain sum's their
// float errors are, and that zeros stay zeros and NaN stays near. That they are right is
// conv2d_test.cpp's matter.
#include "kernels/winograd.h"

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>

#include "kernels/conv2d.h"
#include "tests/cpp/support/buffers.h"
#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/window_cases.h"
#include "tests/cpp/support/workers.h"

namespace fovea {
namespace {

using Floats = std::vector<float>;

constexpr int kSide = 12;

Conv2dGeometry geometry(int batch, int channels, int filters, int taps) {
  const Conv2dGeometry g =
      conv2d_geometry("conv2d", {batch, kSide, kSide, channels},
                      {.height = taps, .width = taps, .padding = test::same()}, filters);
  REQUIRE(suits_winograd(g));
  REQUIRE(suits_winograd_backward(g));
  return g;
}

Floats numbers(test::RandomValues& random, const Shape& shape, bool positive) {
  Floats result(static_cast<std::size_t>(shape.size()));
  for (float& value : result) {
    value = static_cast<float>(random.next());
    if (positive) value = std::fabs(value);
  }
  return result;
}

Floats forward(const Conv2dGeometry& g, const Floats& input, const Floats& filter) {
  Floats output(static_cast<std::size_t>(g.output_shape().size()));
  Floats scratch(static_cast<std::size_t>(conv2d_forward_scratch(g, 1)));
  conv2d_forward(g,
                 {.input = {input.data(), g.input_shape()},
                  .filter = {filter.data(), g.filter_shape()},
                  .output = {output.data(), g.output_shape()},
                  .scratch = scratch},
                 test::one_thread());
  return output;
}

Floats filter_gradient(const Conv2dGeometry& g, const Floats& input, const Floats& gradient) {
  Floats result(static_cast<std::size_t>(g.filter_shape().size()));
  Floats scratch(static_cast<std::size_t>(conv2d_backward_scratch(g, 1)));
  conv2d_backward(g,
                  {.input = {input.data(), g.input_shape()},
                   .output_gradient = {gradient.data(), g.output_shape()},
                   .filter_gradient = {result.data(), g.filter_shape()},
                   .scratch = scratch},
                  test::one_thread());
  return result;
}

/// Calls f(input, filter, output), each an index, for every product there is.
template <class Function>
void for_each_product(const Conv2dGeometry& g, const Function& f) {
  const int taps = g.rows.size;
  for (int pixel = 0; pixel < g.batch * kSide * kSide; ++pixel) {
    const int row = pixel / kSide % kSide;
    const int column = pixel % kSide;
    for (int tap = 0; tap < taps * taps; ++tap) {
      const int down = tap / taps - taps / 2;
      const int right = tap % taps - taps / 2;
      if (std::clamp(row + down, 0, kSide - 1) != row + down) continue;
      if (std::clamp(column + right, 0, kSide - 1) != column + right) continue;
      const int from = (pixel + down * kSide + right) * g.channels;
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

template <class Number>
double root_mean_error(const std::vector<Number>& values, const std::vector<double>& expected) {
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    squares += std::pow(static_cast<double>(values[i]) - expected[i], 2);
  }
  return std::sqrt(squares / static_cast<double>(values.size()));
}

// The rows of the transforms have 2-norms of 3.5 (output), 1.2 (filter) and 3.3 (input) at most;
// two axes and 36 products that are summed apart come to two roundings of the plain sum in the root
// mean square; of few channels, whose plain sum is short, to three. The usual points 1 and 2 double
// it.
TEST_CASE("winograd: float errors are at most four times those of a plain sum", "[winograd]") {
  const int taps = GENERATE(3, 5);
  for (const int channels : {8, 16, 64}) {
    for (const bool positive : {false, true}) {
      const Conv2dGeometry g = geometry(2, channels, 24, taps);
      test::RandomValues random(static_cast<std::uint32_t>(channels));
      const Floats input = numbers(random, g.input_shape(), positive);
      const Floats filter = numbers(random, g.filter_shape(), false);
      const Floats gradient = numbers(random, g.output_shape(), false);
      std::vector<double> output(gradient.size()), slope(filter.size());
      Floats plain_output(gradient.size()), plain_slope(filter.size());
      for_each_product(g, [&](std::size_t x, std::size_t w, std::size_t y) {
        output[y] += static_cast<double>(input[x]) * static_cast<double>(filter[w]);
        slope[w] += static_cast<double>(input[x]) * static_cast<double>(gradient[y]);
        plain_output[y] += input[x] * filter[w];
        plain_slope[w] += input[x] * gradient[y];
      });
      INFO(taps << " taps, " << channels << " channels, positive " << positive);
      CHECK(root_mean_error(forward(g, input, filter), output) <
            4 * root_mean_error(plain_output, output));
      CHECK(root_mean_error(filter_gradient(g, input, gradient), slope) <
            4 * root_mean_error(plain_slope, slope));
    }
  }
}

// Adam divides a gradient by its size, so the rounding noise of a gradient that is zero would move
// a weight as far as a true one.
TEST_CASE("winograd: a filter gradient whose terms are all zero is zero", "[winograd]") {
  const int taps = GENERATE(3, 5);
  const Conv2dGeometry g = geometry(4, 8, 24, taps);
  test::RandomValues random(3);
  Floats input = numbers(random, g.input_shape(), true);
  Floats gradient = numbers(random, g.output_shape(), false);
  // Inputs in the left half and gradients in the right one: only the left taps see both.
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (i / 8 % 12 >= 6) input[i] = 0;
  }
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    if (i / 24 % 12 < 6) gradient[i] = 0;
  }
  const Floats slope = filter_gradient(g, input, gradient);
  for (std::size_t i = 0; i < slope.size(); ++i) {
    INFO(i);
    CHECK((slope[i] != 0) == (static_cast<int>(i) / (8 * 24) % taps < taps / 2));
  }
}

TEST_CASE("winograd: a NaN reaches the outputs that read it, and none beyond the tiles that do",
          "[winograd]") {
  const int taps = GENERATE(3, 5);
  const int size = 7 - taps;  // of a tile
  const int reach = taps / 2;
  const Conv2dGeometry g = geometry(3, 8, 24, taps);
  test::RandomValues random(4);
  Floats input = numbers(random, g.input_shape(), false);
  const Floats filter = numbers(random, g.filter_shape(), false);
  const Floats clean = forward(g, input, filter);
  input[((12 + 6) * 12 + 9) * 8 + 2] = std::numeric_limits<float>::quiet_NaN();  // image 1
  const Floats output = forward(g, input, filter);
  const auto read_by = [&](int first, int last, int place) {
    return first <= place + reach && last >= place - reach;
  };
  for (int i = 0; i < static_cast<int>(output.size()); ++i) {
    const int image = i / (12 * 12 * 24);
    const int row = i / (12 * 24) % 12;
    const int column = i / 24 % 12;
    const int top = row / size * size;
    const int left = column / size * size;
    const bool reads = image == 1 && read_by(row, row, 6) && read_by(column, column, 9);
    const bool tile =
        image == 1 && read_by(top, top + size - 1, 6) && read_by(left, left + size - 1, 9);
    const auto index = static_cast<std::size_t>(i);
    INFO(taps << " taps, image " << image << " row " << row << " column " << column);
    if (reads) CHECK(std::isnan(output[index]));
    if (!tile) CHECK(output[index] == clean[index]);
  }
}

}  // namespace
}  // namespace fovea
