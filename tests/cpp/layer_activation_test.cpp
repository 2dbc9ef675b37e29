// SPDX-License-Identifier: MIT
// Activations by name as layers, against their formulas in double: every one, over the number line,
// and the layers with parameters of their own.
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>

#include "tests/cpp/support/expect_error.h"
#include "tests/cpp/support/layer_check.h"
#include "tests/cpp/support/small_model.h"
#include "tests/reference/activation.h"

namespace fovea {
namespace {

using reference::Values;
using test::check_layer;

const std::string kNames[] = {
    "linear", "relu",  "sigmoid", "tanh", "relu6",       "leakyRelu", "elu",      "selu",
    "gelu",   "swish", "silu",    "mish", "hardSigmoid", "softplus",  "softsign", "exponential"};

template <class Function>
auto each(const Function& f) {
  return [f](const Values& x, const std::vector<Values>&) {
    Values y(x.size());
    std::transform(x.begin(), x.end(), y.begin(), f);
    return y;
  };
}

TEST_CASE("activations by name: values and slopes over the number line", "[activation]") {
  for (const std::string& name : kNames) {
    // Tails to -16: what is left of gelu there is 1e-57, of exp(-16) 1e-7. An argument's rounding
    // grows through an exponential with its size; slopes lose what 1 - s loses near 1.
    for (const double scale : {1.0, 4.0, 16.0}) {
      if (name == "exponential" && scale > 4) continue;
      check_layer(
          {.line = "activation activation=" + name,
           .input = {3, 67},
           .twin = each([&](double x) { return reference::activation(name, x); }),
           .scale = scale,
           .output = {.terms = 0, .largest_product = 1e-30, .roundings = 8 + scale * scale / 2},
           .input_gradient = {.terms = 8, .largest_product = scale}});
    }
  }
}

TEST_CASE("activations by name: NaN stays, far ends are right", "[activation]") {
  for (const std::string& name : kNames) {
    INFO(name);
    test::SmallModel model(
        "model name=m\ninput name=x shape=4\nactivation name=a from=x activation=" + name);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> y = model.predict({nan, 80, -80, 0});
    CHECK(std::isnan(y[0]));
    for (const auto& [index, x] : {std::pair{1, 80.0}, {2, -80.0}, {3, 0.0}}) {
      const double expected = reference::activation(name, x);
      INFO(x);
      CHECK(std::fabs(static_cast<double>(y[static_cast<std::size_t>(index)]) - expected) <=
            1e-5 * std::fabs(expected) + 1e-30);
    }
  }
}

TEST_CASE("activation layers: their options", "[activation]") {
  struct Case {
    std::string line;
    std::function<double(double)> f;
  };
  const Case cases[] = {
      {"elu alpha=0.5", [](double x) { return x < 0 ? 0.5 * std::expm1(x) : x; }},
      {"leakyReLU", [](double x) { return x < 0 ? static_cast<double>(0.3F) * x : x; }},
      {"leakyReLU negativeSlope=0.125", [](double x) { return x < 0 ? 0.125 * x : x; }},
      {"reLU", [](double x) { return x < 0 ? 0.0 : x; }},
      {"reLU maxValue=2 negativeSlope=0.25 threshold=0.5",
       [](double x) { return x >= 2 ? 2.0 : (x >= 0.5 ? x : 0.25 * (x - 0.5)); }},
      {"reLU maxValue=none", [](double x) { return x < 0 ? 0.0 : x; }},
  };
  for (const Case& c : cases) {
    check_layer({.line = c.line,
                 .input = {2, 3, 5},
                 .twin = each(c.f),
                 .scale = 4,
                 .output = {.terms = 0, .largest_product = 0, .roundings = 4},
                 .input_gradient = {.terms = 4}});
  }
}

Values log_softmax(const Values& x, std::size_t classes) {
  Values y(x.size());
  for (std::size_t row = 0; row < x.size(); row += classes) {
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) sum += std::exp(x[row + c]);
    for (std::size_t c = 0; c < classes; ++c) y[row + c] = x[row + c] - std::log(sum);
  }
  return y;
}

TEST_CASE("softmax and its logarithm over the last dimension", "[activation]") {
  for (const int classes : {1, 3, 10, 13}) {
    const auto logarithm = [classes](const Values& x, const std::vector<Values>&) {
      return log_softmax(x, static_cast<std::size_t>(classes));
    };
    const auto plain = [&](const Values& x, const std::vector<Values>& p) {
      Values y = logarithm(x, p);
      for (double& value : y) value = std::exp(value);
      return y;
    };
    const test::Sum row = {.terms = classes + 4, .largest_product = 8};
    const Shape input = {2, 3, classes};
    check_layer(
        {"activation activation=logSoftmax", input, logarithm, Mode::kTraining, 4, 0, row, row});
    check_layer({"softmax", input, plain, Mode::kTraining, 4, 0, row, row});
    check_layer({"softmax axis=2", input, plain, Mode::kInference, 4, 0, row, row});
  }
  test::expect_error(ErrorCode::kBadOption,
                     "softmax axis=1: axis must be -1, the last dimension of [batch, 3, 4], but is "
                     "1. Put permute before it to bring that dimension to the end.",
                     [] {
                       check_layer({.line = "softmax axis=1", .input = {2, 3, 4}, .twin = {}});
                     });
}

TEST_CASE("prelu: a slope of its own for every channel, or for every place", "[activation]") {
  struct Case {
    std::string line;
    std::function<std::size_t(std::size_t h, std::size_t w, std::size_t c)> alpha;
  };
  const Case cases[] = {
      {"prelu", [](auto h, auto w, auto c) { return (h * 4 + w) * 5 + c; }},
      {"prelu sharedAxes=1,2", [](auto, auto, auto c) { return c; }},
      {"prelu sharedAxes=3", [](auto h, auto w, auto) { return h * 4 + w; }},
      {"prelu sharedAxes=1,2,3", [](auto, auto, auto) { return std::size_t{0}; }},
  };
  for (const Case& c : cases) {
    check_layer({.line = c.line,
                 .input = {2, 3, 4, 5},
                 .twin =
                     [&](const Values& x, const std::vector<Values>& p) {
                       Values y(x.size());
                       for (std::size_t i = 0; i < x.size(); ++i) {
                         y[i] =
                             x[i] > 0 ? x[i] : x[i] * p[0][c.alpha(i / 20 % 3, i / 5 % 4, i % 5)];
                       }
                       return y;
                     },
                 .output = {.terms = 1},
                 .input_gradient = {.terms = 1},
                 .parameter_gradient = {.terms = 120}});
  }
  test::expect_error(
      ErrorCode::kBadOption,
      "prelu sharedAxes=4: sharedAxes must be among the dimensions 1 to 3 of [batch, 3, 4, 5].",
      [] {
        check_layer({.line = "prelu sharedAxes=4", .input = {2, 3, 4, 5}, .twin = {}});
      });
}

}  // namespace
}  // namespace fovea
