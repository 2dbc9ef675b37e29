// SPDX-License-Identifier: MIT
#include "tests/cpp/support/expect_close.h"

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>

#include "core/text.h"

namespace fovea::test {

namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

/// "output[0,3,1,4]"
std::string element_name(const Actual& actual, std::size_t index) {
  std::string extents;
  for (int i = actual.values.shape.rank(); i-- > 0;) {
    const auto extent = static_cast<std::size_t>(actual.values.shape[i]);
    extents = concat(index % extent, extents.empty() ? "" : ",", extents);
    index /= extent;
  }
  return concat(actual.name, '[', extents, ']');
}

bool same_kind(double actual, double expected) {
  if (std::isnan(expected)) return std::isnan(actual);
  if (std::isinf(expected)) return actual == expected;
  return std::isfinite(actual);
}

}  // namespace

double tolerance(const Sum& sum, double expected) {
  return kEpsilon *
         ((sum.terms + 1) * sum.largest_product + (sum.roundings + 1) * std::fabs(expected));
}

void expect_close(const Actual& actual, std::span<const double> expected, const Sum& sum) {
  const std::span<const float> values = actual.values.values();
  if (values.size() != expected.size()) {
    FAIL_CHECK(concat(actual.place, ": ", actual.name, " has ", values.size(),
                      " elements, expected ", expected.size()));
    return;
  }
  double worst = 1;  // error as a multiple of the tolerance
  std::size_t worst_index = values.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    double ratio = std::numeric_limits<double>::infinity();
    if (same_kind(value, expected[i])) {
      ratio =
          std::isfinite(value) ? std::fabs(value - expected[i]) / tolerance(sum, expected[i]) : 0;
    }
    if (ratio > worst) {
      worst = ratio;
      worst_index = i;
    }
  }
  if (worst_index < values.size()) {
    FAIL_CHECK(concat(actual.place, ": ", element_name(actual, worst_index), " expected ",
                      expected[worst_index], " got ", values[worst_index], ", tolerance ",
                      tolerance(sum, expected[worst_index])));
  } else {
    SUCCEED();
  }
}

void expect_gradient(std::string_view place, std::span<const double> gradient,
                     std::span<const double> numeric) {
  REQUIRE(gradient.size() == numeric.size());
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const double error = std::fabs(gradient[i] - numeric[i]);
    if (error <= 1e-7 * (1 + std::fabs(numeric[i]))) continue;
    FAIL_CHECK(concat(place, "[", i, "]: the formula gives ", gradient[i], ", central differences ",
                      numeric[i]));
    return;
  }
  SUCCEED();
}

void expect_intact(std::string_view place, std::string_view name, const Output& output) {
  const std::string damage = output.damage();
  if (damage.empty()) {
    SUCCEED();
  } else {
    FAIL_CHECK(concat(place, ": ", name, ": ", damage));
  }
}

void expect_same_bits(std::string_view place, std::span<const float> a, std::span<const float> b) {
  if (same_bits(a, b)) {
    SUCCEED();
    return;
  }
  if (a.size() != b.size()) {
    FAIL_CHECK(concat(place, ": ", a.size(), " numbers against ", b.size()));
    return;
  }
  std::size_t i = 0;
  while (same_bits(a.subspan(i, 1), b.subspan(i, 1))) ++i;
  FAIL_CHECK(
      concat(place, ": number ", i, " is ", a[i], " in one run and ", b[i], " in the other"));
}

}  // namespace fovea::test
