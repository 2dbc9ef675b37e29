// SPDX-License-Identifier: MIT
// First layers with 5x5 windows, by Winograd's method along the rows: against the slow twin, and
// what is peculiar to it: float errors, zeros that stay zeros, and how far a NaN gets.
#include "kernels/conv2d_line.h"

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>

#include "tests/cpp/support/conv2d_check.h"
#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/window_cases.h"
#include "tests/cpp/support/workers.h"

namespace fovea {
namespace {

using Floats = std::vector<float>;

// Tiles that end behind the row, rows that are no whole block, an odd number of filters, vectors of
// filters that overlap, padding on all sides, more images than groups, images cut into bands.
TEST_CASE("conv2d by lines: against the slow twin", "[conv2d][line]") {
  struct Case {
    int batch, channels, filters;
    std::array<int, 2> image;
    Padding padding;
  };
  const Case cases[] = {
      {2, 3, 6, {32, 32}, Padding{}},
      {1, 3, 4, {5, 8}, Padding{}},
      {3, 3, 7, {11, 10}, test::same()},
      {19, 2, 8, {9, 7}, test::same()},
      {2, 2, 5, {14, 16}, test::sides(0, 2, 3, 1)},
      {2, 3, 16, {8, 15}, test::sides(4, 3, 0, 4)},
      {2, 1, 25, {7, 12}, test::same()},
      {1, 3, 24, {64, 60}, test::same()},
  };
  std::uint32_t seed = 0;
  for (const Case& c : cases) {
    ++seed;
    test::Problem p({.window = test::window_case({.batch = c.batch,
                                                  .channels = c.channels,
                                                  .image = c.image,
                                                  .kernel = {5, 5},
                                                  .padding = c.padding}),
                     .filters = c.filters,
                     .activation = static_cast<Activation>(seed % 4),
                     .bias = seed % 3 != 0,
                     .misalignment = seed % 4},
                    seed);
    INFO(p.place);
    CHECK(suits_line(p.geometry));
    CHECK(suits_line_backward(p.geometry));
    check_forward(p);
    check_backward(p, {.input = false});
    check_backward(p, {.input = false, .bias = false});
    check_backward(p);
  }
}

constexpr int kSide = 12;

Conv2dGeometry geometry(int batch, int channels) {
  const Conv2dGeometry g =
      conv2d_geometry("conv2d", {batch, kSide, kSide, channels},
                      {.height = 5, .width = 5, .padding = {.kind = Padding::Kind::kSame}}, 24);
  REQUIRE(suits_line(g));
  return g;
}

Floats numbers(test::RandomValues& random, const Shape& shape) {
  Floats result(static_cast<std::size_t>(shape.size()));
  for (float& value : result) value = static_cast<float>(random.next());
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

double root_mean_error(const Floats& values, const std::vector<double>& expected) {
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    squares += std::pow(static_cast<double>(values[i]) - expected[i], 2);
  }
  return std::sqrt(squares / static_cast<double>(values.size()));
}

TEST_CASE("conv2d by lines: float errors are at most four times those of a plain sum", "[line]") {
  const int channels = GENERATE(1, 2, 3);
  const Conv2dGeometry g = geometry(4, channels);
  test::RandomValues random(static_cast<std::uint32_t>(channels));
  const Floats input = numbers(random, g.input_shape());
  const Floats filter = numbers(random, g.filter_shape());
  const Floats gradient = numbers(random, g.output_shape());
  std::vector<double> output(gradient.size()), slope(filter.size());
  Floats plain_output(gradient.size()), plain_slope(filter.size());
  for (int y = 0; y < static_cast<int>(gradient.size()); ++y) {
    const int pixel = y / 24;
    for (int w = y % 24; w < static_cast<int>(filter.size()); w += 24) {
      const int down = w / (24 * channels * 5) - 2;
      const int right = w / (24 * channels) % 5 - 2;
      const int row = pixel / kSide % kSide + down;
      const int column = pixel % kSide + right;
      if (row < 0 || row >= kSide || column < 0 || column >= kSide) continue;
      const auto x =
          static_cast<std::size_t>((pixel + down * kSide + right) * channels + w / 24 % channels);
      const auto to = static_cast<std::size_t>(y);
      const auto tap = static_cast<std::size_t>(w);
      output[to] += static_cast<double>(input[x]) * static_cast<double>(filter[tap]);
      slope[tap] += static_cast<double>(input[x]) * static_cast<double>(gradient[to]);
      plain_output[to] += input[x] * filter[tap];
      plain_slope[tap] += input[x] * gradient[to];
    }
  }
  INFO(channels << " channels");
  CHECK(root_mean_error(forward(g, input, filter), output) <
        4 * root_mean_error(plain_output, output));
  CHECK(root_mean_error(filter_gradient(g, input, gradient), slope) <
        4 * root_mean_error(plain_slope, slope));
}

// Adam divides a gradient by its size, so noise would move a weight as far as a true gradient.
TEST_CASE("conv2d by lines: a filter gradient whose terms are all zero is zero", "[line]") {
  const Conv2dGeometry g = geometry(3, 3);
  test::RandomValues random(3);
  Floats input = numbers(random, g.input_shape());
  Floats gradient = numbers(random, g.output_shape());
  // Inputs in the left half and gradients in the right one: only the left taps see both.
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (i / 3 % kSide >= 6) input[i] = 0;
  }
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    if (i / 24 % kSide < 6) gradient[i] = 0;
  }
  const Floats slope = filter_gradient(g, input, gradient);
  for (std::size_t i = 0; i < slope.size(); ++i) {
    INFO(i);
    CHECK((slope[i] != 0) == (i / (3 * 24) % 5 < 2));
  }
}

TEST_CASE("conv2d by lines: a NaN reaches the outputs that read it, and none beyond their tiles",
          "[line]") {
  const Conv2dGeometry g = geometry(3, 3);
  test::RandomValues random(4);
  Floats input = numbers(random, g.input_shape());
  const Floats filter = numbers(random, g.filter_shape());
  const Floats clean = forward(g, input, filter);
  input[((12 + 6) * 12 + 9) * 3 + 2] = std::numeric_limits<float>::quiet_NaN();  // image 1
  const Floats output = forward(g, input, filter);
  for (int i = 0; i < static_cast<int>(output.size()); ++i) {
    const int image = i / (kSide * kSide * 24);
    const int row = i / (kSide * 24) % kSide;
    const int column = i / 24 % kSide;
    const bool in_rows = image == 1 && std::abs(row - 6) <= 2;
    const auto index = static_cast<std::size_t>(i);
    INFO("image " << image << " row " << row << " column " << column);
    if (in_rows && std::abs(column - 9) <= 2) CHECK(std::isnan(output[index]));
    if (!in_rows || column / 4 == 0) CHECK(output[index] == clean[index]);
  }
}

}  // namespace
}  // namespace fovea
