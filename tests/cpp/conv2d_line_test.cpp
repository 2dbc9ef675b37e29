// SPDX-License-Identifier: MIT
// 5x5 windows by Winograd's method along the rows: against the slow twin, and what is peculiar to
// it: float errors, zeros that stay zeros, and how far a NaN gets.
#include "kernels/conv2d_line.h"

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>

#include "tests/cpp/support/conv2d_check.h"
#include "tests/cpp/support/short_cuts.h"
#include "tests/cpp/support/window_cases.h"

namespace fovea {
namespace {

using test::Floats;
using test::forward;
using test::numbers;

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
      // With an input gradient: of rows above and below the image, beside it, and that no output
      // reads; an odd number of channels, and vectors of channels that overlap.
      {2, 6, 16, {14, 14}, Padding{}},
      {9, 4, 4, {10, 12}, test::same()},
      {2, 5, 7, {9, 11}, test::sides(4, 3, 0, 4)},
      {1, 7, 9, {17, 8}, test::sides(0, 2, 3, 1)},
      {3, 16, 6, {5, 7}, test::same()},
      {1, 8, 16, {28, 28}, test::same()},
      {3, 13, 18, {14, 8}, test::same()},
      {2, 21, 15, {9, 8}, test::sides(4, 3, 1, 1)},
      {1, 48, 128, {7, 7}, test::same()},
      {1, 65, 449, {13, 13}, test::same()},
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
    CHECK(suits_line_backward(p.geometry, false));
    check_forward(p);
    check_backward(p, {.input = false});
    check_backward(p, {.input = false, .bias = false});
    if (c.channels >= 4) CHECK(suits_line_backward(p.geometry, true));
    check_backward(p);
    check_backward(p, {.filter = false});
    check_backward(p, {.filter = false, .bias = false});
    check_backward(p, {.input = false, .filter = false});
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

TEST_CASE("conv2d by lines: float errors are at most four times those of a plain sum", "[line]") {
  const int channels = GENERATE(1, 2, 3, 6, 8, 16, 64);
  const bool positive = GENERATE(false, true);
  INFO(channels << " channels, positive " << positive);
  test::check_float_errors(geometry(2, channels), static_cast<std::uint32_t>(channels), positive);
}

TEST_CASE("conv2d by lines: a filter gradient whose terms are all zero is zero", "[line]") {
  test::check_zero_gradients(geometry(3, 3));
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
