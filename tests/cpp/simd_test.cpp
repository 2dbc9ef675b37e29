// SPDX-License-Identifier: MIT
// The vocabulary that kernels are written in: tails, maxima, and the transcendental functions over
// their whole range.
#include "kernels/simd.h"

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/cpp/support/expect_close.h"

namespace fovea {
namespace {

using test::expect_close;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <class Function>
float lane(const Function& f, float x) {
  return hn::GetLane(f(broadcast(x)));
}

template <class Fast, class Exact>
void check_function(std::string_view name, const Fast& fast, const Exact& exact, float from,
                    float to, float step) {
  for (float x = from; x <= to; x += step) {
    const float y = lane(fast, x);
    const double expected = exact(static_cast<double>(x));
    expect_close({name, concat("at ", x), {&y, {1}}}, {&expected, 1},
                 {.terms = 0, .largest_product = 1e-38, .roundings = 3});
  }
}

TEST_CASE("simd: exp and log over their range", "[simd]") {
  check_function(
      "exp", exponential, [](double x) { return std::exp(x); }, -87, 88.5F, 0.173F);
  check_function(
      "log", logarithm, [](double x) { return std::log(x); }, 1e-3F, 2, 0.0037F);
  check_function(
      "log", logarithm, [](double x) { return std::log(x); }, 2, 1e6F, 997);
  check_function(
      "tanh", hyperbolic_tangent, [](double x) { return std::tanh(x); }, -12, 12, 0.071F);
}

TEST_CASE("simd: cos between 0 and 2 pi, where it is used", "[simd]") {
  for (float x = 0; x < 6.2832F; x += 0.013F) {
    const float y = lane(cosine, x);
    const double expected = std::cos(static_cast<double>(x));
    expect_close({"cos", concat("at ", x), {&y, {1}}}, {&expected, 1}, {.terms = 1});
  }
}

TEST_CASE("simd: exp and log at and beyond the ends of their range", "[simd]") {
  for (const float large :
       {89.0F, 178.0F, 200.0F, 1e3F, 1e6F, 1e9F, std::numeric_limits<float>::max(), kInfinity}) {
    INFO(large);
    CHECK(lane(exponential, large) == kInfinity);
    CHECK(lane(exponential, -large) < 1e-37F);
    CHECK(lane(exponential, -large) >= 0);
  }
  CHECK(lane(exponential, 0) == 1);
  CHECK(lane(logarithm, 1) == 0);
  CHECK(std::isnan(lane(exponential, kNan)));
  for (const float no_logarithm : {0.0F, -1.0F, -kInfinity, kNan})
    CHECK(std::isnan(lane(logarithm, no_logarithm)));
}

TEST_CASE("simd: maximum keeps NaN from either side and the first of equals", "[simd]") {
  const auto max_of = [](float a, float b) {
    return hn::GetLane(maximum(broadcast(a), broadcast(b)));
  };
  CHECK(max_of(1, 2) == 2);
  CHECK(max_of(2, 1) == 2);
  CHECK(std::isnan(max_of(kNan, 1)));
  CHECK(std::isnan(max_of(1, kNan)));
  CHECK(max_of(-kInfinity, -1e38F) == -1e38F);
  CHECK(std::signbit(max_of(-0.0F, 0.0F)));
  CHECK(!std::signbit(max_of(0.0F, -0.0F)));
}

TEST_CASE("simd: sums and maxima of lanes, in every place", "[simd]") {
  for (std::size_t place = 0; place < kLaneCount; ++place) {
    float lanes[kLaneCount] = {-1, -2, -4, -8};
    lanes[place] = 16;
    CHECK(max_of_lanes(load(lanes)) == 16);
    CHECK(sum_of_lanes(load(lanes)) == lanes[0] + lanes[1] + lanes[2] + lanes[3]);
    lanes[place] = kNan;
    CHECK(std::isnan(max_of_lanes(load(lanes))));
  }
  // The order of the sum is part of the promise of equal bits: (v0 + v2) + (v1 + v3).
  const float lanes[] = {1, 1e8F, -1, -1e8F};
  CHECK(sum_of_lanes(load(lanes)) == 0);
  const float others[] = {1, 1e8F, 1e8F, -1};
  CHECK(sum_of_lanes(load(others)) == (1.0F + 1e8F) + (1e8F - 1.0F));
}

TEST_CASE("simd: map_to touches every element once and none behind", "[simd]") {
  for (std::size_t size = 0; size <= 13; ++size) {
    std::vector<float> x(size);
    for (std::size_t i = 0; i < size; ++i) x[i] = static_cast<float>(i + 1);
    test::Output y(size, size % 4);
    map_to(
        y.values(), [](Vector a, Vector b) { return hn::Add(hn::Mul(a, b), broadcast(1)); }, x, x);
    expect_intact("map_to", "output", y);
    for (std::size_t i = 0; i < size; ++i) CHECK(y.values()[i] == x[i] * x[i] + 1);
  }
}

}  // namespace
}  // namespace fovea
