// SPDX-License-Identifier: MIT
// conv2d against its slow twin over the whole size table (support/conv2d_check.h tells how).
#include "kernels/conv2d.h"

#include <catch2/catch_amalgamated.hpp>
#include <string>

#include "kernels/conv2d_line.h"
#include "kernels/winograd.h"
#include "tests/cpp/support/conv2d_check.h"
#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/window_cases.h"
#include "tests/cpp/support/workers.h"
#include "tests/reference/activation.h"
#include "tests/reference/conv2d.h"

namespace fovea {
namespace {

using reference::Values;
using test::expect_close;
using test::Input;
using test::Output;
using test::Problem;
using test::Wanted;
using test::WindowCase;

TEST_CASE("conv2d: windows of every kind, against the slow twin", "[conv2d]") {
  std::uint32_t seed = 0;
  for (const WindowCase& window : test::window_table(test::TableFor::kConvolution)) {
    ++seed;
    Problem p({.window = window,
               .filters = test::kChannels[seed / 3 % 5],
               .activation = static_cast<Activation>(seed % 4),
               .bias = seed % 7 != 0,
               .misalignment = seed % 4},
              seed);
    check_geometry(p);
    check_forward(p);
    check_backward(p);
  }
  CHECK(seed > 2000);
}

TEST_CASE("conv2d: all channel counts and widths, against the slow twin", "[conv2d]") {
  std::uint32_t seed = 1000;
  for (const int channels : test::kChannels) {
    for (const int filters : test::kChannels) {
      for (const int size : test::kSizes) {
        ++seed;
        const int stride = 1 + static_cast<int>(seed % 2);
        Problem p({.window = test::window_case({.batch = seed % 3 == 0 ? 3 : 1,
                                                .channels = channels,
                                                .image = {size, test::kSizes[seed / 2 % 5]},
                                                .kernel = {3, 3},
                                                .stride = {stride, stride},
                                                .padding = test::same()}),
                   .filters = filters,
                   .activation = Activation::kRelu,
                   .misalignment = (seed + 1) % 4},
                  seed);
        check_forward(p);
        check_backward(p);
      }
    }
  }
}

TEST_CASE("conv2d: more columns than one register tile, and images cut into bands", "[conv2d]") {
  for (const int filters : {9, 12, 13, 16, 21}) {
    Problem p({.window = test::window_case(
                   {.batch = 2, .channels = 6, .image = {7, 9}, .kernel = {3, 3}}),
               .filters = filters},
              static_cast<std::uint32_t>(filters));
    check_forward(p);
    check_backward(p);
  }
  // Enough work that one image is cut into several bands of rows, an odd number of rows among them.
  Problem bands(
      {.window = test::window_case(
           {.channels = 24, .image = {29, 30}, .kernel = {3, 4}, .padding = test::same()}),
       .filters = 20,
       .activation = Activation::kTanh},
      5);
  check_forward(bands);
  check_backward(bands);
}

// Pairs of pixels, vectors of inputs, nine terms in registers, gradients read where they stand:
// what few channels and few filters are given. Rows of an odd and an even number of pixels, and of
// one.
TEST_CASE("conv2d: few channels and few filters, against the slow twin", "[conv2d]") {
  struct Case {
    int channels, filters;
    std::array<int, 2> image, kernel, stride = {1, 1};
    Padding padding = {};
  };
  const Case cases[] = {
      {3, 6, {8, 9}, {5, 5}},
      {3, 6, {9, 12}, {5, 5}, {2, 2}, test::same()},
      {3, 5, {7, 6}, {3, 3}, {1, 1}, test::same()},
      {3, 3, {6, 7}, {2, 6}, {1, 2}},
      {4, 2, {6, 3}, {3, 3}},
      {2, 10, {6, 8}, {3, 7}, {2, 1}, test::sides(0, 2, 3, 1)},
      {1, 6, {5, 5}, {3, 1}},
      {1, 4, {5, 6}, {3, 3}},
      {1, 8, {6, 5}, {3, 3}, {2, 1}, test::same()},
      {1, 16, {7, 9}, {3, 3}, {1, 1}, test::same()},
      {1, 20, {5, 3}, {3, 3}},
      {1, 7, {5, 9}, {3, 3}, {1, 1}, test::sides(4, 0, 0, 5)},
      {1, 12, {6, 7}, {3, 3}, {1, 2}},
  };
  std::uint32_t seed = 0;
  for (const Case& c : cases) {
    for (const Activation activation : {Activation::kLinear, Activation::kRelu}) {
      ++seed;
      Problem p({.window = test::window_case({.batch = seed % 3 == 0 ? 11 : 2,
                                              .channels = c.channels,
                                              .image = c.image,
                                              .kernel = c.kernel,
                                              .stride = c.stride,
                                              .padding = c.padding}),
                 .filters = c.filters,
                 .activation = activation,
                 .bias = seed % 5 != 0,
                 .misalignment = seed % 4},
                seed);
      check_forward(p);
      check_backward(p);
      check_backward(p, {.input = false});
    }
  }
}

// Tiles over the edge on all sides, blocks of tiles that begin and end inside an image, and more
// images than groups. The tolerance is that of the plain sum: winograd_test.cpp compares the two.
TEST_CASE("conv2d: shapes that suit Winograd, against the slow twin", "[conv2d][winograd]") {
  struct Case {
    int batch, channels, filters;
    std::array<int, 2> image;
    Padding padding;
  };
  const Case cases[] = {
      {1, 8, 8, {6, 6}, Padding{}},
      {1, 8, 12, {4, 4}, test::same()},
      {3, 12, 8, {9, 11}, test::same()},
      {2, 16, 20, {14, 7}, test::same()},
      {37, 20, 36, {7, 7}, test::same()},
      {5, 32, 64, {13, 13}, Padding{}},
      {2, 8, 16, {8, 12}, test::sides(4, 0, 0, 5)},
      {2, 16, 8, {12, 15}, test::sides(0, 2, 3, 1)},
      {1, 64, 128, {8, 8}, test::same()},
      {3, 13, 11, {9, 11}, test::same()},
      {37, 6, 13, {7, 7}, test::same()},
  };
  std::uint32_t seed = 0;
  for (const Case& c : cases) {
    ++seed;
    Problem p({.window = test::window_case({.batch = c.batch,
                                            .channels = c.channels,
                                            .image = c.image,
                                            .kernel = {3, 3},
                                            .padding = c.padding}),
               .filters = c.filters,
               .activation = static_cast<Activation>(seed % 4),
               .bias = seed % 3 != 0,
               .misalignment = seed % 4},
              seed);
    INFO(p.place);
    CHECK(suits_winograd(p.geometry));
    CHECK(suits_winograd_backward(p.geometry));
    check_forward(p);
    check_backward(p);
  }
}

// Filters carried over some channels at a time: several slices, the last of them with up to three
// channels more; images in several portions, and an image in two.
TEST_CASE("conv2d: Winograd of many channels, against the slow twin", "[conv2d][winograd]") {
  struct Case {
    int batch, channels, filters, side;
  };
  std::uint32_t seed = 0;
  for (const Case& c : {Case{2, 163, 181, 8}, {5, 9, 3241, 13}, {1, 65, 449, 17}}) {
    ++seed;
    Problem p({.window = test::window_case({.batch = c.batch,
                                            .channels = c.channels,
                                            .image = {c.side, c.side},
                                            .kernel = {3, 3},
                                            .padding = test::same()}),
               .filters = c.filters,
               .activation = static_cast<Activation>(seed % 4),
               .bias = seed % 3 != 0},
              seed);
    INFO(p.place);
    CHECK(is_wide(p.geometry));
    CHECK(suits_winograd(p.geometry));
    CHECK(suits_winograd_backward(p.geometry));
    check_forward(p);
    check_backward(p);
  }
}

// The outputs along each axis are one to four more than a multiple of a tile's: tiles with one
// output less, and tiles that still reach over the edge.
TEST_CASE("conv2d: tiles for every remainder, against the slow twin", "[conv2d][winograd]") {
  std::uint32_t seed = 0;
  for (const int taps : {3, 5}) {
    for (int rows = 5; rows <= 12; ++rows) {
      for (int columns = 9; columns <= 12; ++columns) {
        ++seed;
        Problem p({.window = test::window_case(
                       {.batch = 5,
                        .channels = seed % 3 == 0 ? 17 : 24,
                        .image = {rows, columns},
                        .kernel = {taps, taps},
                        .padding = seed % 2 == 0 ? test::same() : test::sides(taps - 1, 0, 0, 2)}),
                   .filters = seed % 4 == 0 ? 22 : 32,
                   .activation = Activation::kRelu},
                  seed);
        INFO(p.place);
        CHECK((taps == 3 ? suits_winograd_backward(p.geometry)
                         : suits_line_backward(p.geometry, true)));
        check_forward(p);
        check_backward(p);
      }
    }
  }
}

TEST_CASE("conv2d: more images than groups of filter gradients", "[conv2d]") {
  for (const int batch : {8, 9, 19}) {
    Problem p({.window = test::window_case(
                   {.batch = batch, .channels = 3, .image = {4, 5}, .kernel = {2, 2}}),
               .filters = 5},
              static_cast<std::uint32_t>(batch));
    check_forward(p);
    check_backward(p);
  }
}

TEST_CASE("conv2d: filters so large that threads share each image", "[conv2d]") {
  for (const int stride : {1, 2}) {
    Problem p({.window = test::window_case({.batch = 3,
                                            .channels = 75,
                                            .image = {6 * stride, 7 * stride},
                                            .kernel = {5, 6},
                                            .stride = {stride, stride},
                                            .padding = test::same()}),
               .filters = 77,
               .activation = Activation::kRelu},
              static_cast<std::uint32_t>(stride));
    // A group of images each would take that much more.
    CHECK(conv2d_backward_scratch(p.geometry, 1) < 4 * p.geometry.filter_shape().size());
    check_forward(p);
    check_backward(p);
  }
}

TEST_CASE("conv2d: strides far beyond the image", "[conv2d]") {
  for (const int stride : {6, 1000, 2147483647}) {
    for (const Padding& padding : {Padding{}, test::same(), test::sides(2, 1, 0, 1)}) {
      const WindowCase window = test::window_case({.batch = 2,
                                                   .channels = 3,
                                                   .image = {5, 4},
                                                   .kernel = {3, 2},
                                                   .stride = {stride, stride},
                                                   .padding = padding});
      Problem p({.window = window, .filters = 4}, 3);
      check_geometry(p);
      check_forward(p);
      check_backward(p);
    }
  }
}

// How an image is cut into bands of rows depends on the size of the batch.
TEST_CASE("conv2d: an image's result does not depend on its batch", "[conv2d]") {
  const int width = GENERATE(3, 4);  // by Winograd, and by the plain sum
  const auto problem = [width](int batch) {
    return Problem({.window = test::window_case({.batch = batch,
                                                 .channels = 24,
                                                 .image = {29, 30},
                                                 .kernel = {3, width},
                                                 .padding = test::same()}),
                    .filters = 20},
                   5);
  };
  const Problem nine = problem(9);
  const Input filter(nine.filter);
  const auto forward = [&](const Problem& p, std::size_t first) {
    const std::size_t image = p.twin.input().size();
    const Input input(
        {nine.input.begin() + static_cast<std::ptrdiff_t>(first * image),
         nine.input.begin() + static_cast<std::ptrdiff_t>(first * image + p.twin.input_size())});
    Output output(p.twin.output_size());
    Output scratch(static_cast<std::size_t>(conv2d_forward_scratch(p.geometry, 1)));
    conv2d_forward(p.geometry,
                   {.input = input.view(p.geometry.input_shape()),
                    .filter = filter.view(p.geometry.filter_shape()),
                    .bias = {},
                    .output = output.view(p.geometry.output_shape()),
                    .scratch = scratch.values()},
                   test::one_thread());
    return test::copy_of(output.values());
  };
  const std::vector<float> together = forward(nine, 0);
  const std::size_t size = nine.twin.output().size();
  for (const int batch : {1, 3}) {
    const Problem part = problem(batch);
    for (std::size_t first = 0; first < 9; first += static_cast<std::size_t>(batch)) {
      test::expect_same_bits(concat("image ", first, " by ", batch), forward(part, first),
                             std::span(together).subspan(first * size, part.twin.output_size()));
    }
  }
}

TEST_CASE("conv2d: gradients that are not wanted are left alone", "[conv2d]") {
  const int channels = GENERATE(3, 8);  // by the plain sum, and by Winograd
  for (const Wanted& wanted : {Wanted{.input = false}, Wanted{.filter = false},
                               Wanted{.bias = false}, Wanted{.input = false, .filter = false}}) {
    Problem p({.window = test::window_case({.batch = 3,
                                            .channels = channels,
                                            .image = {8, 8},
                                            .kernel = {3, 3},
                                            .padding = test::same()}),
               .filters = 8,
               .activation = Activation::kRelu},
              77);
    check_backward(p, wanted);
  }
}

}  // namespace
}  // namespace fovea
