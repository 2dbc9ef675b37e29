// SPDX-License-Identifier: MIT
// Activations against their slow twins, in place and not, at every length around the lanes, and at
// the ends of the number line.
#include "kernels/activation.h"

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/random_values.h"
#include "tests/reference/activation.h"

namespace fovea {
namespace {

using reference::Values;
using test::expect_close;
using test::Input;
using test::Output;

constexpr Activation kAll[] = {Activation::kLinear, Activation::kRelu, Activation::kSigmoid,
                               Activation::kTanh};
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::string name_of(Activation kind) {
  return std::string(kActivationNames[static_cast<std::size_t>(kind)]);
}

float value_at(Activation kind, float x) {
  float y = kNan;
  activation_forward(kind, {&x, 1}, {&y, 1});
  return y;
}

TEST_CASE("activations: forward and backward at every length, against the slow twin",
          "[activation]") {
  test::RandomValues random(4);
  for (const Activation kind : kAll) {
    for (int length = 0; length <= 21; ++length) {
      const std::string place = concat(name_of(kind), " of ", length);
      const std::size_t misalignment = static_cast<std::size_t>(length) % 4;
      const auto size = static_cast<std::size_t>(length);
      Values values = random.values(size);
      for (double& x : values) x *= 8;
      const Values gradients = random.values(size);
      const Values expected = reference::activation_forward(name_of(kind), values);
      const Input x(values, misalignment);
      Output y(size, misalignment);
      activation_forward(kind, x.values(), y.values());
      expect_intact(place, "output", y);
      expect_close({place, "output", y.view({length})}, expected,
                   {.terms = 0, .largest_product = 0, .roundings = 4});

      const Input dy(gradients, misalignment);
      Output dx(size, misalignment);
      activation_backward(kind, y.values(), dy.values(), dx.values());
      expect_intact(place, "gradient", dx);
      // 1 - y and 1 - y^2 lose digits where y is near 1: their error is a few epsilons of 1, not of
      // themselves.
      expect_close({place, "gradient", dx.view({length})},
                   reference::activation_backward(name_of(kind), values, gradients), {.terms = 8});

      const std::vector<float> separate = test::copy_of(dx.values());
      Input in_place(values, misalignment);
      activation_forward(kind, in_place.values(), {in_place.data(), size});
      test::expect_same_bits(place + ", in place", in_place.values(), y.values());
      Input gradient_in_place(gradients, misalignment);
      activation_backward(kind, y.values(), gradient_in_place.values(),
                          {gradient_in_place.data(), size});
      test::expect_same_bits(place + ", gradient in place", gradient_in_place.values(), separate);
    }
  }
}

TEST_CASE("activations: NaN stays NaN, so that a model that went wrong says so", "[activation]") {
  for (const Activation kind : kAll) {
    INFO(name_of(kind));
    CHECK(std::isnan(value_at(kind, kNan)));
    std::vector<float> x(7, 0.25F);
    x[5] = kNan;
    std::vector<float> y(7);
    activation_forward(kind, x, y);
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i == 5));
  }
}

TEST_CASE("activations: infinities and the largest numbers", "[activation]") {
  CHECK(value_at(Activation::kRelu, kInfinity) == kInfinity);
  CHECK(value_at(Activation::kRelu, -kInfinity) == 0);
  CHECK(value_at(Activation::kRelu, -0.0F) == 0);
  for (const float large : {88.0F, 104.0F, 178.0F, 200.0F, 1e4F, 1e6F, 1e9F,
                            std::numeric_limits<float>::max(), kInfinity}) {
    INFO(large);
    CHECK(value_at(Activation::kSigmoid, large) == 1);
    CHECK(value_at(Activation::kSigmoid, -large) >= 0);
    CHECK(value_at(Activation::kSigmoid, -large) < 1e-37F);
    CHECK(value_at(Activation::kTanh, large) == 1);
    CHECK(value_at(Activation::kTanh, -large) == -1);
  }
}

TEST_CASE("activations: denormal inputs", "[activation]") {
  const float denormal = std::numeric_limits<float>::denorm_min() * 1000;
  CHECK(value_at(Activation::kRelu, denormal) == denormal);
  CHECK(value_at(Activation::kRelu, -denormal) == 0);
  CHECK(value_at(Activation::kSigmoid, denormal) == 0.5F);
  CHECK(std::fabs(value_at(Activation::kTanh, denormal)) <= 2 * denormal);
}

TEST_CASE("activations: the whole range of sigmoid and tanh, relative to their size",
          "[activation]") {
  for (const Activation kind : {Activation::kSigmoid, Activation::kTanh}) {
    for (double x = -30; x <= 30; x += 0.37) {
      const float y = value_at(kind, static_cast<float>(x));
      const double expected = reference::activation(name_of(kind), static_cast<float>(x));
      expect_close({name_of(kind), concat("at ", x), {&y, {1}}}, {&expected, 1},
                   {.terms = 0, .largest_product = 0, .roundings = 5});
    }
  }
}

}  // namespace
}  // namespace fovea
