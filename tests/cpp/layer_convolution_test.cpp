// SPDX-License-Identifier: MIT
// The convolutions beside the plain one: in groups, depthwise, separable and transposed, against
// nested loops and central differences; and the price on a layer's output.
#include <catch2/catch_amalgamated.hpp>

#include "tests/cpp/support/layer_check.h"
#include "tests/cpp/support/small_model.h"
#include "tests/reference/activation.h"
#include "tests/reference/conv2d.h"
#include "tests/reference/convolutions.h"

namespace fovea {
namespace {

using reference::Axis;
using reference::same_padded;
using reference::Values;
using test::check_layer;

Values bias_of(const std::vector<Values>& p) { return p.size() > 1 ? p[1] : Values(); }

/// Sums of at most so many terms, below 2.
test::Sum sums(double terms) { return {.terms = static_cast<int>(terms), .roundings = 4}; }

TEST_CASE("conv2d in groups", "[conv2d]") {
  struct Case {
    std::string options;
    int filters, groups, channels;
    Axis rows, columns;
  };
  const Case cases[] = {
      {"kernelSize=3 filters=4 groups=2", 4, 2, 6, {7, 3}, {5, 3}},
      {"kernelSize=3,2 filters=9 groups=3 padding=same strides=2 activation=tanh useBias=false", 9,
       3, 3, same_padded({6, 3, 2}), same_padded({9, 2, 2})},
      {"kernelSize=2 filters=20 groups=2 padding=1 dilationRate=2 activation=relu",
       20,
       2,
       10,
       {6, 2, 1, 2, 1, 1},
       {5, 2, 1, 2, 1, 1}},
      {"kernelSize=3 filters=5 groups=5 padding=same", 5, 5, 5, same_padded({4, 3}),
       same_padded({5, 3})},
  };
  for (const Case& c : cases) {
    for (const int batch : {1, 3}) {
      const reference::Conv2d twin{batch, c.channels, c.filters, c.rows, c.columns, c.groups};
      const std::string name = c.options.find("tanh") != std::string::npos   ? "tanh"
                               : c.options.find("relu") != std::string::npos ? "relu"
                                                                             : "linear";
      check_layer({.line = "conv2d " + c.options,
                   .input = {batch, c.rows.input, c.columns.input, c.channels},
                   .twin =
                       [&](const Values& x, const std::vector<Values>& p) {
                         return reference::activation_forward(
                             name, reference::conv2d_forward(twin, x, p[0], bias_of(p)));
                       },
                   .output = sums(twin.terms() / c.groups),
                   .input_gradient = sums(c.filters * 9),
                   .parameter_gradient = sums(batch * 64)});
    }
  }
}

TEST_CASE("depthwiseConv2d", "[conv2d]") {
  struct Case {
    std::string options;
    int multiplier, channels;
    Axis rows, columns;
  };
  const Case cases[] = {
      {"kernelSize=3", 1, 6, {7, 3}, {5, 3}},
      {"kernelSize=3,2 padding=same strides=2 depthMultiplier=3 useBias=false", 3, 3,
       same_padded({6, 3, 2}), same_padded({9, 2, 2})},
      {"kernelSize=2 padding=3 dilationRate=2 depthMultiplier=2",
       2,
       5,
       {6, 2, 1, 2, 3, 3},
       {5, 2, 1, 2, 3, 3}},
      {"kernelSize=5 padding=same strides=3", 1, 1, same_padded({4, 5, 3}), same_padded({2, 5, 3})},
      // Rows wide enough to be computed as runs of numbers.
      {"kernelSize=3 padding=same", 1, 1, same_padded({3, 3}), same_padded({19, 3})},
      {"kernelSize=2,5 padding=same useBias=false", 1, 3, same_padded({3, 2}),
       same_padded({11, 5})},
      {"kernelSize=2 padding=3 dilationRate=2 depthMultiplier=2",
       2,
       2,
       {4, 2, 1, 2, 3, 3},
       {9, 2, 1, 2, 3, 3}},
      {"kernelSize=3 strides=2,1", 1, 20, {5, 3, 2}, {4, 3}},
  };
  for (const Case& c : cases) {
    for (const int batch : {1, 11}) {
      const reference::Depthwise twin{batch, c.channels, c.multiplier, c.rows, c.columns};
      check_layer({.line = "depthwiseConv2d " + c.options,
                   .input = {batch, c.rows.input, c.columns.input, c.channels},
                   .twin =
                       [&](const Values& x, const std::vector<Values>& p) {
                         return reference::depthwise_forward(twin, x, p[0], bias_of(p));
                       },
                   .output = sums(26),
                   .input_gradient = sums(27),
                   .parameter_gradient = sums(batch * 64)});
    }
  }
}

TEST_CASE("separableConv2d: depthwise, then 1x1, with Keras's names and layouts", "[conv2d]") {
  const reference::Depthwise first{2, 3, 2, same_padded({5, 3, 2}), same_padded({6, 3, 2})};
  const reference::Conv2d second{2, 6, 4, {3}, {3}};
  for (const std::string activation : {"linear", "swish"}) {
    check_layer({.line = "separableConv2d filters=4 kernelSize=3 strides=2 padding=same "
                         "depthMultiplier=2 activation=" +
                         activation,
                 .input = {2, 5, 6, 3},
                 .twin =
                     [&](const Values& x, const std::vector<Values>& p) {
                       Values y = reference::conv2d_forward(
                           second, reference::depthwise_forward(first, x, p[0], {}), p[1], p[2]);
                       for (double& value : y) value = reference::activation(activation, value);
                       return y;
                     },
                 .output = {.terms = 54, .largest_product = 2, .roundings = 8},
                 .input_gradient = {.terms = 72, .largest_product = 2},
                 .parameter_gradient = {.terms = 144, .largest_product = 4}});
  }
  const Network network(
      parse_model("model name=m\ninput name=x shape=5,6,3\nseparableConv2d name=s from=x filters=4 "
                  "kernelSize=3 depthMultiplier=2"));
  REQUIRE(network.parameters.size() == 3);
  CHECK(network.parameters[0].name == "s/depthwise_kernel");
  CHECK(network.parameters[0].spec.shape == Shape{3, 3, 3, 2});
  CHECK(network.parameters[1].name == "s/pointwise_kernel");
  CHECK(network.parameters[1].spec.shape == Shape{1, 1, 6, 4});
  CHECK(network.parameters[2].name == "s/bias");
}

// Sizes by Keras's rules: input * stride; at least (input - 1) * stride + window where nothing is
// cut; and with output padding (input - 1) * stride + window - 2 floor(window / 2) + padding.
TEST_CASE("conv2dTranspose", "[conv2d]") {
  struct Case {
    std::string options;
    int filters, channels;
    Axis rows, columns;
    int out_rows, out_columns;
  };
  const Case cases[] = {
      {"kernelSize=3 filters=2", 2, 3, {4, 3}, {3, 3}, 6, 5},
      {"kernelSize=2 strides=3 filters=5", 5, 2, {3, 2, 3}, {2, 2, 3}, 9, 6},
      {"kernelSize=3 strides=2 padding=same filters=4", 4, 5, {3, 3, 2}, {4, 3, 2}, 6, 8},
      {"kernelSize=4 strides=2 padding=same filters=3 useBias=false",
       3,
       2,
       {3, 4, 2, 1, 1},
       {2, 4, 2, 1, 1},
       6,
       4},
      {"kernelSize=3 strides=2 padding=same outputPadding=1 filters=2",
       2,
       2,
       {3, 3, 2},
       {2, 3, 2},
       6,
       4},
      {"kernelSize=3 strides=2 padding=same outputPadding=0 filters=2",
       2,
       2,
       {3, 3, 2, 1, 1},
       {2, 3, 2, 1, 1},
       5,
       3},
      {"kernelSize=3 strides=2 outputPadding=1 filters=2", 2, 2, {3, 3, 2}, {2, 3, 2}, 8, 6},
      {"kernelSize=2,3 strides=2 padding=1 outputPadding=0,1 filters=9 activation=tanh",
       9,
       4,
       {3, 2, 2, 1, 1},
       {3, 3, 2, 1, 1},
       4,
       6},
      {"kernelSize=2 dilationRate=2 filters=3 activation=gelu",
       3,
       9,
       {4, 2, 1, 2},
       {3, 2, 1, 2},
       6,
       5},
  };
  for (const Case& c : cases) {
    for (const int batch : {1, 9}) {
      const reference::Transposed twin{batch,     c.channels, c.filters,    c.rows,
                                       c.columns, c.out_rows, c.out_columns};
      const std::string name = c.options.find("tanh") != std::string::npos   ? "tanh"
                               : c.options.find("gelu") != std::string::npos ? "gelu"
                                                                             : "linear";
      check_layer({.line = "conv2dTranspose " + c.options,
                   .input = {batch, c.rows.input, c.columns.input, c.channels},
                   .twin =
                       [&](const Values& x, const std::vector<Values>& p) {
                         Values y = reference::transposed_forward(twin, x, p[0], bias_of(p));
                         for (double& value : y) value = reference::activation(name, value);
                         return y;
                       },
                   .output = sums(16 * c.channels),
                   .input_gradient = sums(16 * c.filters),
                   .parameter_gradient = sums(batch * 72)});
    }
  }
}

TEST_CASE("activityRegularizer: a price on a layer's output and its slope", "[conv2d]") {
  test::SmallModel model(
      "model name=m\ninput name=x shape=3\ndense name=d from=x units=2 useBias=false "
      "activation=relu activityRegularizer=l1l2 activityRegularizer.l1=0.5 "
      "activityRegularizer.l2=0.25");
  model.set("d/kernel", {1, -1, 2, 0.5, 0, 1});
  Plan& plan = model.model().prepare({.batch = 2,
                                      .mode = Mode::kTraining,
                                      .backward = true,
                                      .losses = {{.has_target = false}},
                                      .slots = 1});
  model.model().prepare_gradients();
  std::ranges::copy(std::vector<float>{1, 2, 3, -1, 0, 1}, model.model().input(plan, 0).data);
  model.model().forward(plan, 0, 0);
  // Outputs [5, 3] and [0, 2]: 0.5 * 10 + 0.25 * (25 + 9 + 4).
  CHECK(model.model().activity_penalty(plan) == 14.5);
  std::ranges::fill(model.model().loss(plan, 0).gradient.values(), 1.0F);
  model.model().backward(plan, 0, 0);
  // Slopes 1 + 0.5 + 0.5 y where the output is above zero: [4, 3] and [0, 2.5].
  const std::vector<float> expected = {4, 3 - 2.5F, 8, 6, 12, 9 + 2.5F};
  CHECK(test::copy_of(model.model().parameter_gradient(0)) == expected);
}

}  // namespace
}  // namespace fovea
