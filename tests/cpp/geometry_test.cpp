// SPDX-License-Identifier: MIT
// Sizes of sliding windows: the books' formula, Keras's "same", and refusals word for word.
#include "kernels/geometry.h"

#include <catch2/catch_amalgamated.hpp>

#include "tests/cpp/support/expect_error.h"
#include "tests/cpp/support/window_cases.h"

namespace fovea {
namespace {

using test::expect_error;

WindowGeometry of(int height, int width, const Window& window) {
  return window_geometry("layer \"a\" (conv2d)", {1, height, width, 3}, window);
}

TEST_CASE("geometry: outputs, padding and span of every kind of window", "[geometry]") {
  int cases = 0;
  for (const test::WindowCase& c : test::window_table(test::TableFor::kConvolution)) {
    const WindowGeometry g = window_geometry("conv", c.input(), c.window);
    INFO(c.place);
    CHECK(g.batch == c.batch);
    CHECK(g.channels == c.channels);
    CHECK(g.rows.output == c.rows.output());
    CHECK(g.columns.output == c.columns.output());
    CHECK(g.rows.before == c.rows.before);
    CHECK(g.columns.before == c.columns.before);
    // The last window lies inside the padded image, and one more would not.
    CHECK(g.columns.covered() <= c.columns.input + c.columns.before + c.columns.after);
    CHECK(g.columns.covered() + c.columns.stride >
          c.columns.input + c.columns.before + c.columns.after);
    ++cases;
  }
  CHECK(cases > 2000);
}

TEST_CASE(
    "geometry: same padding makes ceil(input / stride) outputs, the extra row at the bottom and "
    "right",
    "[geometry]") {
  const Window even{.height = 4, .width = 2, .padding = test::same()};
  const WindowGeometry g = of(7, 7, even);
  CHECK(g.rows.output == 7);
  CHECK(g.rows.before == 1);
  CHECK(g.rows.after == 2);
  CHECK(g.columns.before == 0);
  CHECK(g.columns.after == 1);
  const Window strided{
      .height = 3, .width = 3, .row_stride = 2, .column_stride = 3, .padding = test::same()};
  CHECK(of(7, 7, strided).rows.output == 4);
  CHECK(of(7, 7, strided).columns.output == 3);
  CHECK(of(8, 8, strided).rows.before == 0);
  CHECK(of(8, 8, strided).rows.after == 1);
  // A stride larger than the window needs no padding at all.
  const Window sparse{
      .height = 1, .width = 1, .row_stride = 3, .column_stride = 3, .padding = test::same()};
  CHECK(of(7, 7, sparse).rows.output == 3);
  CHECK(of(7, 7, sparse).rows.before + of(7, 7, sparse).rows.after == 0);
}

TEST_CASE("geometry: windows that do not fit and inputs that are no images are refused",
          "[geometry]") {
  expect_error(ErrorCode::kBadShape,
               "layer \"a\" (conv2d): a window of height 5 does not fit an input of height 4. Use "
               "a smaller window, "
               "padding \"same\", or fewer layers that shrink the image before it.",
               [] { of(4, 9, {.height = 5, .width = 5}); });
  expect_error(
      ErrorCode::kBadShape,
      "layer \"a\" (conv2d): a window of width 9 does not fit an input of width 4 padded to 7. Use "
      "a smaller "
      "window, padding \"same\", or fewer layers that shrink the image before it.",
      [] {
        of(9, 4,
           {.height = 5, .width = 5, .column_dilation = 2, .padding = test::sides(0, 0, 1, 2)});
      });
  expect_error(ErrorCode::kBadShape,
               "layer \"a\" (conv2d): needs a 4-D input [batch, height, width, channels] but gets "
               "[batch, 784]. Put "
               "reshape({ targetShape: [height, width, channels] }) before it.",
               [] {
                 window_geometry("layer \"a\" (conv2d)", {1, 784}, {});
               });
}

}  // namespace
}  // namespace fovea
