// SPDX-License-Identifier: MIT
// What is peculiar to convolutions by Winograd's method: how much larger than a plain sum's their
// float errors are, and that zeros stay zeros and NaN stays near. That they are right is
// conv2d_test.cpp's matter.
#include "kernels/winograd.h"

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>

#include "tests/cpp/support/short_cuts.h"
#include "tests/cpp/support/window_cases.h"

namespace fovea {
namespace {

using test::Floats;
using test::forward;
using test::numbers;

Conv2dGeometry geometry(int batch, int channels, int filters, int side = 12) {
  const Conv2dGeometry g =
      conv2d_geometry("conv2d", {batch, side, side, channels},
                      {.height = 3, .width = 3, .padding = test::same()}, filters);
  REQUIRE(suits_winograd(g));
  REQUIRE(suits_winograd_backward(g));
  return g;
}

// The rows of the transforms have 2-norms of 3.5 (output), 1.2 (filter) and 3.3 (input) at most;
// two axes and 36 products that are summed apart come to two roundings of the plain sum in the root
// mean square; of few channels, whose plain sum is short, to three. The usual points 1 and 2 double
// it.
TEST_CASE("winograd: float errors are at most four times those of a plain sum", "[winograd]") {
  for (const int channels : {8, 16, 64}) {
    for (const bool positive : {false, true}) {
      const Conv2dGeometry g = geometry(2, channels, 24);
      INFO(channels << " channels, positive " << positive);
      test::check_float_errors(g, static_cast<std::uint32_t>(channels), positive);
    }
  }
}

TEST_CASE("winograd: so they are of many channels, and zeros stay zeros", "[winograd]") {
  const Conv2dGeometry g = geometry(1, 172, 172, 8);
  REQUIRE(is_wide(g));
  test::check_float_errors(g, 1);
  test::check_zero_gradients(g, true);
}

TEST_CASE("winograd: a filter gradient whose terms are all zero is zero", "[winograd]") {
  test::check_zero_gradients(geometry(4, 8, 24), true);
}

TEST_CASE("winograd: a NaN reaches the outputs that read it, and none beyond the tiles that do",
          "[winograd]") {
  constexpr int kSize = 4;  // of a tile
  const Conv2dGeometry g = geometry(3, 8, 24);
  test::RandomValues random(4);
  Floats input = numbers(random, g.input_shape());
  const Floats filter = numbers(random, g.filter_shape());
  const Floats clean = forward(g, input, filter);
  input[((12 + 6) * 12 + 9) * 8 + 2] = std::numeric_limits<float>::quiet_NaN();  // image 1
  const Floats output = forward(g, input, filter);
  const auto read_by = [&](int first, int last, int place) {
    return first <= place + 1 && last >= place - 1;
  };
  for (int i = 0; i < static_cast<int>(output.size()); ++i) {
    const int image = i / (12 * 12 * 24);
    const int row = i / (12 * 24) % 12;
    const int column = i / 24 % 12;
    const int top = row / kSize * kSize;
    const int left = column / kSize * kSize;
    const bool reads = image == 1 && read_by(row, row, 6) && read_by(column, column, 9);
    const bool tile =
        image == 1 && read_by(top, top + kSize - 1, 6) && read_by(left, left + kSize - 1, 9);
    const auto index = static_cast<std::size_t>(i);
    INFO("image " << image << " row " << row << " column " << column);
    if (reads) CHECK(std::isnan(output[index]));
    if (!tile) CHECK(output[index] == clean[index]);
  }
}

}  // namespace
}  // namespace fovea
