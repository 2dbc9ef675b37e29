// SPDX-License-Identifier: MIT
// NaN, infinities and denormals through the kernels that mix numbers: what is wrong in one image,
// row, channel or window stays there, and is not hidden.
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>

#include "kernels/conv2d.h"
#include "kernels/dense.h"
#include "kernels/pool2d.h"
#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/window_cases.h"
#include "tests/cpp/support/workers.h"

namespace fovea {
namespace {

using test::Input;
using test::Output;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kDenormal = std::numeric_limits<float>::denorm_min() * 4096;

/// Three images of 5x5 with 3 channels through a 3x3 same convolution with relu to 5 channels.
struct SmallConv {
  Conv2dGeometry g = conv2d_geometry("conv2d", {3, 5, 5, 3},
                                     {.height = 3, .width = 3, .padding = test::same()}, 5);
  test::RandomValues random{21};
  Input input{random.values(225)};
  Input filter{random.values(135)};
  Input bias{random.values(5)};

  std::vector<float> forward(Activation activation = Activation::kRelu) const {
    Output output(375);
    Output scratch(static_cast<std::size_t>(conv2d_forward_scratch(g, 1)));
    conv2d_forward(g,
                   {.input = input.view(g.input_shape()),
                    .filter = filter.view(g.filter_shape()),
                    .bias = bias.view({5}),
                    .activation = activation,
                    .output = output.view(g.output_shape()),
                    .scratch = scratch.values()},
                   test::one_thread());
    return test::copy_of(output.values());
  }

  /// The input gradient, for a gradient of ones at every output.
  std::vector<float> input_gradient(const std::vector<float>& output,
                                    const std::vector<float>& output_gradient) const {
    Output gradient(225);
    Output scratch(static_cast<std::size_t>(conv2d_backward_scratch(g, 1)));
    conv2d_backward(g,
                    {.input = input.view(g.input_shape()),
                     .filter = filter.view(g.filter_shape()),
                     .output = {output.data(), g.output_shape()},
                     .output_gradient = {output_gradient.data(), g.output_shape()},
                     .activation = Activation::kRelu,
                     .input_gradient = gradient.view(g.input_shape()),
                     .filter_gradient = {},
                     .bias_gradient = {},
                     .scratch = scratch.values()},
                    test::one_thread());
    return test::copy_of(gradient.values());
  }
};

TEST_CASE("conv2d: a NaN reaches exactly the outputs whose windows hold it, through relu too",
          "[special]") {
  SmallConv conv;
  const std::vector<float> clean = conv.forward();
  conv.input.data()[(25 + 2 * 5 + 4) * 3 + 1] = kNan;  // image 1, row 2, column 4
  const std::vector<float> output = conv.forward();
  for (int i = 0; i < 375; ++i) {
    const int image = i / 125;
    const int row = i / 25 % 5;
    const int column = i / 5 % 5;
    const bool sees_it = image == 1 && std::abs(row - 2) <= 1 && column >= 3;
    INFO("image " << image << " row " << row << " column " << column);
    const auto index = static_cast<std::size_t>(i);
    CHECK(std::isnan(output[index]) == sees_it);
    if (!sees_it) CHECK(output[index] == clean[index]);
  }
}

TEST_CASE("conv2d: a NaN in a gradient stays in its image, and in the part of it that it reaches",
          "[special]") {
  const SmallConv conv;
  const std::vector<float> output(375, 1.0F);
  std::vector<float> gradient(375, 0.5F);
  const std::vector<float> clean = conv.input_gradient(output, gradient);
  gradient[(2 * 25 + 0 * 5 + 1) * 5 + 3] = kNan;  // image 2, row 0, column 1
  const std::vector<float> dirty = conv.input_gradient(output, gradient);
  for (int i = 0; i < 225; ++i) {
    const bool reached = i / 75 == 2 && i / 15 % 5 <= 1 && i / 3 % 5 <= 2;
    const auto index = static_cast<std::size_t>(i);
    INFO(i);
    CHECK(std::isnan(dirty[index]) == reached);
    if (!reached) CHECK(dirty[index] == clean[index]);
  }
}

TEST_CASE(
    "conv2d: infinities follow the rules of arithmetic; padding is zero, not infinity times zero",
    "[special]") {
  SmallConv conv;
  for (float& weight : std::span(conv.filter.data(), 135)) weight = std::fabs(weight) + 0.5F;
  conv.input.data()[0] = kInfinity;
  const std::vector<float> output = conv.forward(Activation::kLinear);
  for (std::size_t i = 0; i < 375; ++i) {
    const bool sees_it = i < 125 && i / 25 % 5 <= 1 && i / 5 % 5 <= 1;
    CHECK((output[i] == kInfinity) == sees_it);
    CHECK(!std::isnan(output[i]));
  }
}

TEST_CASE("conv2d and dense: denormal numbers are numbers", "[special]") {
  SmallConv conv;
  for (float& x : std::span(conv.input.data(), 225)) x = kDenormal;
  for (float& weight : std::span(conv.filter.data(), 135)) weight = 1;
  for (float& bias : std::span(conv.bias.data(), 5)) bias = 0;
  const std::vector<float> output = conv.forward();
  CHECK(output[0] == 12 * kDenormal);                // a corner sees 2x2 pixels of 3 channels
  CHECK(output[(2 * 5 + 2) * 5] == 27 * kDenormal);  // the middle sees all nine
  const std::vector<float> ones(4, 1.0F);
  const std::vector<float> small(4, kDenormal);
  Output y(1);
  Output scratch(static_cast<std::size_t>(dense_forward_scratch({1, 4, 1}, 1)));
  dense_forward({1, 4, 1},
                {.input = {small.data(), {1, 4}},
                 .weight = {ones.data(), {4, 1}},
                 .bias = {},
                 .output = y.view({1, 1}),
                 .scratch = scratch.values()},
                test::one_thread());
  CHECK(y.values()[0] == 4 * kDenormal);
}

TEST_CASE("dense: a NaN in one row reaches that row only; in one weight, that column only",
          "[special]") {
  test::RandomValues random(5);
  Input input(random.values(std::size_t{6} * 9));
  Input weight(random.values(std::size_t{9} * 11));
  const auto forward = [&] {
    Output output(66);
    Output scratch(static_cast<std::size_t>(dense_forward_scratch({6, 9, 11}, 1)));
    dense_forward({6, 9, 11},
                  {.input = input.view({6, 9}),
                   .weight = weight.view({9, 11}),
                   .bias = {},
                   .activation = Activation::kRelu,
                   .output = output.view({6, 11}),
                   .scratch = scratch.values()},
                  test::one_thread());
    return test::copy_of(output.values());
  };
  const float kept = input.data()[4 * 9 + 8];
  input.data()[4 * 9 + 8] = kNan;
  std::vector<float> output = forward();
  for (std::size_t i = 0; i < 66; ++i) CHECK(std::isnan(output[i]) == (i / 11 == 4));
  input.data()[4 * 9 + 8] = kept;
  weight.data()[3 * 11 + 10] = kNan;
  output = forward();
  for (std::size_t i = 0; i < 66; ++i) CHECK(std::isnan(output[i]) == (i % 11 == 10));
}

TEST_CASE("max pooling: keeps NaN wherever it stands in the window, and infinities", "[special]") {
  for (std::size_t place = 0; place < 4; ++place) {
    for (const int channels : {1, 3, 4, 5}) {
      const auto c = static_cast<std::size_t>(channels);
      const WindowGeometry g =
          window_geometry("pool", {2, 2, 2, channels},
                          {.height = 2, .width = 2, .row_stride = 2, .column_stride = 2});
      std::vector<float> x(8 * c, -kInfinity);
      x[place * c + c - 1] = kNan;
      x[(4 + place) * c] = kInfinity;
      std::vector<float> y(2 * c);
      max_pool2d_forward(
          g, {.input = {x.data(), {2, 2, 2, channels}}, .output = {y.data(), {2, 1, 1, channels}}},
          test::one_thread());
      for (std::size_t i = 0; i < 2 * c; ++i) {
        INFO("place " << place << " of " << channels << " channels, output " << i);
        CHECK(std::isnan(y[i]) == (i == c - 1));
        if (i >= c) CHECK(y[i] == (i == c ? kInfinity : -kInfinity));
      }
    }
  }
}

TEST_CASE("max pooling: a NaN takes no gradient from other windows", "[special]") {
  const WindowGeometry g = window_geometry(
      "pool", {1, 2, 4, 1}, {.height = 2, .width = 2, .row_stride = 2, .column_stride = 2});
  const std::vector<float> x = {kNan, 1, 5, 2, 3, 4, 1, 0};
  const std::vector<float> y = {kNan, 5};
  const std::vector<float> dy = {1, 2};
  std::vector<float> dx(8, kNan);
  max_pool2d_backward(g,
                      {.input = {x.data(), {1, 2, 4, 1}},
                       .output = {y.data(), {1, 1, 2, 1}},
                       .output_gradient = {dy.data(), {1, 1, 2, 1}},
                       .input_gradient = {dx.data(), {1, 2, 4, 1}}},
                      test::one_thread());
  CHECK(dx[2] == 2);
  for (const std::size_t i : {3U, 6U, 7U}) CHECK(dx[i] == 0);
}

TEST_CASE("average pooling: a NaN reaches its windows and its channel only", "[special]") {
  const WindowGeometry g = window_geometry("pool", {1, 3, 3, 5}, {.height = 2, .width = 2});
  std::vector<float> x(45, 1.0F);
  x[3] = kNan;
  std::vector<float> y(20);
  total_pool2d_forward(PoolTotal::kMean, g, {x.data(), {1, 3, 3, 5}}, {y.data(), {1, 2, 2, 5}},
                       test::one_thread());
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(std::isnan(y[i]) == (i == 3));
    if (i != 3) CHECK(y[i] == 1);
  }
}

}  // namespace
}  // namespace fovea
