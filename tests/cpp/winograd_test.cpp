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

Conv2dGeometry geometry(int batch, int side, int channels, int filters) {
  return conv2d_geometry("conv2d", {batch, side, side, channels},
                         {.height = 3, .width = 3, .padding = test::same()}, filters);
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
  const int side = g.rows.input;
  for (int pixel = 0; pixel < g.batch * side * side; ++pixel) {
    const int row = pixel / side % side;
    const int column = pixel % side;
    for (int tap = 0; tap < 9; ++tap) {
      const int down = tap / 3 - 1;
      const int right = tap % 3 - 1;
      if (std::clamp(row + down, 0, side - 1) != row + down) continue;
      if (std::clamp(column + right, 0, side - 1) != column + right) continue;
      const int from = (pixel + down * side + right) * g.channels;
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
  for (const int channels : {8, 16, 64}) {
    for (const bool positive : {false, true}) {
      const Conv2dGeometry g = geometry(2, 12, channels, 24);
      REQUIRE(suits_winograd(g));
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
      INFO(channels << " channels, positive " << positive);
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
  const Conv2dGeometry g = geometry(4, 12, 8, 12);
  REQUIRE(suits_winograd(g));
  test::RandomValues random(3);
  Floats input = numbers(random, g.input_shape(), true);
  Floats gradient = numbers(random, g.output_shape(), false);
  // Inputs in the left half and gradients in the right one: only the left taps see both.
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (i / 8 % 12 >= 6) input[i] = 0;
  }
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    if (i / 12 % 12 < 6) gradient[i] = 0;
  }
  const Floats slope = filter_gradient(g, input, gradient);
  for (std::size_t i = 0; i < slope.size(); ++i) {
    INFO(i);
    CHECK((slope[i] != 0) == (i / 96 % 3 == 0));
  }
}

TEST_CASE("winograd: a NaN reaches the outputs that read it, and none beyond the tiles that do",
          "[winograd]") {
  const Conv2dGeometry g = geometry(3, 12, 8, 8);
  REQUIRE(suits_winograd(g));
  test::RandomValues random(4);
  Floats input = numbers(random, g.input_shape(), false);
  const Floats filter = numbers(random, g.filter_shape(), false);
  const Floats clean = forward(g, input, filter);
  input[((12 + 6) * 12 + 9) * 8 + 2] = std::numeric_limits<float>::quiet_NaN();  // image 1
  const Floats output = forward(g, input, filter);
  for (int i = 0; i < static_cast<int>(output.size()); ++i) {
    const int image = i / 1152;
    const int row = i / 96 % 12;
    const int column = i / 8 % 12;
    const bool reads = image == 1 && std::abs(row - 6) <= 1 && std::abs(column - 9) <= 1;
    const bool tile = image == 1 && row / 4 == 1 && column / 4 == 2;
    const auto index = static_cast<std::size_t>(i);
    INFO("image " << image << " row " << row << " column " << column);
    if (reads) CHECK(std::isnan(output[index]));
    if (!tile) CHECK(output[index] == clean[index]);
  }
}

}  // namespace
}  // namespace fovea
