// SPDX-License-Identifier: MIT
// The first rung: the slow twins' gradients against central differences, in double. Forward they
// must agree with the fast kernels, and those with the numbers of curriculum_*_test.cpp.
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <string>

#include "tests/cpp/support/central_differences.h"
#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/random_values.h"
#include "tests/reference/activation.h"
#include "tests/reference/conv2d.h"
#include "tests/reference/cross_entropy.h"
#include "tests/reference/dense.h"
#include "tests/reference/pool2d.h"
#include "tests/reference/squared_error.h"
#include "tests/reference/update.h"

namespace fovea {
namespace {

using reference::Values;
using test::central_differences;
using test::dot;
using test::expect_gradient;
using test::RandomValues;

TEST_CASE("reference conv2d: gradients are those of its forward pass", "[reference]") {
  for (const int stride : {1, 2, 3}) {
    for (const int dilation : {1, 2}) {
      const reference::Conv2d c{
          .batch = 2,
          .in_channels = 2,
          .out_channels = 3,
          .rows = {.input = 5,
                   .size = 3,
                   .stride = stride,
                   .dilation = dilation,
                   .before = 1,
                   .after = 2},
          .columns = {.input = 6, .size = 2, .stride = stride, .dilation = dilation, .before = 2}};
      RandomValues random(static_cast<std::uint32_t>(10 * stride + dilation));
      const Values input = random.values(c.input_size());
      const Values filter = random.values(c.filter_size());
      const Values bias = random.values(3);
      const Values weights = random.values(c.output_size());
      const reference::Conv2dGradients gradient =
          reference::conv2d_backward(c, input, filter, weights);
      expect_gradient("input", gradient.input, central_differences(input, [&](const Values& x) {
                        return dot(reference::conv2d_forward(c, x, filter, bias), weights);
                      }));
      expect_gradient("filter", gradient.filter, central_differences(filter, [&](const Values& x) {
                        return dot(reference::conv2d_forward(c, input, x, bias), weights);
                      }));
      expect_gradient("bias", gradient.bias, central_differences(bias, [&](const Values& x) {
                        return dot(reference::conv2d_forward(c, input, filter, x), weights);
                      }));
    }
  }
}

TEST_CASE("reference dense: gradients are those of its forward pass", "[reference]") {
  const reference::Dense d{.batch = 3, .inputs = 5, .outputs = 4};
  RandomValues random(1);
  const Values input = random.values(15);
  const Values weight = random.values(20);
  const Values bias = random.values(4);
  const Values weights = random.values(12);
  const reference::DenseGradients gradient = reference::dense_backward(d, input, weight, weights);
  expect_gradient("input", gradient.input, central_differences(input, [&](const Values& x) {
                    return dot(reference::dense_forward(d, x, weight, bias), weights);
                  }));
  expect_gradient("weight", gradient.weight, central_differences(weight, [&](const Values& x) {
                    return dot(reference::dense_forward(d, input, x, bias), weights);
                  }));
  expect_gradient("bias", gradient.bias, central_differences(bias, [&](const Values& x) {
                    return dot(reference::dense_forward(d, input, weight, x), weights);
                  }));
}

TEST_CASE("reference pooling: gradients are those of the forward passes, overlapping and padded",
          "[reference]") {
  for (const int stride : {1, 2, 3}) {
    const reference::Axis axis{.input = 7, .size = 3, .stride = stride, .before = 1, .after = 1};
    const reference::Pool2d p{.batch = 2, .channels = 2, .rows = axis, .columns = axis};
    RandomValues random(static_cast<std::uint32_t>(stride));
    const Values input = random.values(p.input_size());
    const Values weights = random.values(p.output_size());
    expect_gradient("max", reference::max_pool2d_backward(p, input, weights),
                    central_differences(input, [&](const Values& x) {
                      return dot(reference::max_pool2d_forward(p, x), weights);
                    }));
    for (const auto total : {reference::Total::kSum, reference::Total::kMean}) {
      expect_gradient("total", reference::total_pool2d_backward(total, p, weights),
                      central_differences(input, [&](const Values& x) {
                        return dot(reference::total_pool2d_forward(total, p, x), weights);
                      }));
    }
  }
}

TEST_CASE("reference activations: derivatives are those of the functions", "[reference]") {
  for (const std::string name : {"linear", "relu", "sigmoid", "tanh"}) {
    RandomValues random(2);
    Values input = random.values(20);
    for (double& x : input) x *= 4;
    const Values weights = random.values(20);
    expect_gradient(name, reference::activation_backward(name, input, weights),
                    central_differences(input, [&](const Values& x) {
                      return dot(reference::activation_forward(name, x), weights);
                    }));
  }
}

TEST_CASE("reference softmax and losses: gradients are those of the values", "[reference]") {
  constexpr std::size_t kClasses = 5;
  RandomValues random(3);
  const Values logits = random.values(3 * kClasses);
  const Values weights = random.values(3 * kClasses);
  Values soft_labels = random.values(3 * kClasses);
  for (double& label : soft_labels) label = std::fabs(label);
  expect_gradient("softmax", reference::softmax_backward(logits, weights, kClasses),
                  central_differences(logits, [&](const Values& x) {
                    return dot(reference::softmax(x, kClasses), weights);
                  }));
  for (const Values& labels : {reference::one_hot({1, 4, 0}, kClasses), soft_labels}) {
    expect_gradient("softmax cross-entropy",
                    reference::softmax_cross_entropy(logits, labels, kClasses).gradient,
                    central_differences(logits, [&](const Values& x) {
                      return reference::softmax_cross_entropy(x, labels, kClasses).value;
                    }));
    const Values probabilities = reference::softmax(logits, kClasses);
    expect_gradient("cross-entropy",
                    reference::cross_entropy(probabilities, labels, kClasses).gradient,
                    central_differences(probabilities, [&](const Values& x) {
                      return reference::cross_entropy(x, labels, kClasses).value;
                    }));
  }
  expect_gradient("squared error", reference::squared_error(logits, weights).gradient,
                  central_differences(logits, [&](const Values& x) {
                    return reference::squared_error(x, weights).value;
                  }));
}

// The first two steps of Adam by hand: with gradients of 1 the corrected moments are 1, so each
// step is the rate, but for epsilon.
TEST_CASE("reference Adam and SGD: steps worked out by hand", "[reference]") {
  for (const bool corrected : {false, true}) {
    const reference::Adam adam{.rate = 0.5, .epsilon = 1e-3, .epsilon_after_correction = corrected};
    double m = 0;
    double v = 0;
    double w = 3;
    reference::adam_step(adam, 1, 1, m, v, w);
    CHECK(m == Catch::Approx(0.1));
    CHECK(v == Catch::Approx(0.001));
    // Before the correction sqrt(v) is 0.0316, so that the same epsilon weighs 31.6 times as much.
    CHECK(3 - w == Catch::Approx(corrected ? 0.5 / 1.001 : 0.5 / (1 + 1e-3 / std::sqrt(1e-3))));
  }
  double velocity = 0;
  double w = 1;
  reference::sgd_step({.rate = 0.1, .momentum = 0.5}, 2, velocity, w);
  CHECK(w == Catch::Approx(0.8));
  reference::sgd_step({.rate = 0.1, .momentum = 0.5}, 2, velocity, w);
  CHECK(w == Catch::Approx(0.5));  // velocity -0.1 - 0.2
  velocity = 0;
  w = 1;
  reference::sgd_step({.rate = 0.1, .momentum = 0.5, .nesterov = true}, 2, velocity, w);
  CHECK(w == Catch::Approx(0.7));  // looks ahead: 0.5 * -0.2 - 0.2
}

}  // namespace
}  // namespace fovea
