// SPDX-License-Identifier: MIT
// Sums of rows and columns, scaling, dropout, and the random numbers that weights begin with.
#include "kernels/elementwise.h"

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <string>

#include "kernels/normal.h"
#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/random_values.h"

namespace fovea {
namespace {

using Values = std::vector<double>;
using test::expect_close;
using test::Input;
using test::Output;

constexpr std::size_t kLengths[] = {1, 3, 4, 5, 8, 11};

TEST_CASE("elementwise: sums of columns and of rows", "[elementwise]") {
  test::RandomValues random(1);
  for (const std::size_t columns : kLengths) {
    for (const std::size_t rows : {1, 2, 7}) {
      const std::string place = concat(rows, 'x', columns);
      const Values values = random.values(rows * columns);
      Values sums(columns);
      for (std::size_t i = 0; i < values.size(); ++i) sums[i % columns] += values[i];
      const Input input(values, columns % 4);
      const Shape shape{static_cast<int>(columns)};
      const test::Sum sum{.terms = static_cast<int>(rows) + 1};

      Output columns_sum(columns, rows % 3);
      add_column_sums(input.data(), static_cast<int>(rows), shape[0], columns_sum.data(), false);
      expect_intact(place, "column sums", columns_sum);
      expect_close({place, "column sums", columns_sum.view(shape)}, sums, sum);
      Output rows_sum(columns, rows % 3);
      sum_rows(input.data(), static_cast<int>(rows), rows_sum.values());
      expect_intact(place, "sum of rows", rows_sum);
      test::expect_same_bits(place, rows_sum.values(), columns_sum.values());

      add_column_sums(input.data(), static_cast<int>(rows), shape[0], columns_sum.data(), true);
      for (double& value : sums) value *= 2;
      expect_intact(place, "column sums, added", columns_sum);
      expect_close({place, "column sums, added", columns_sum.view(shape)}, sums,
                   {.terms = 2 * sum.terms});
    }
  }
}

TEST_CASE("elementwise: add and scale, in place and not", "[elementwise]") {
  test::RandomValues random(2);
  for (const std::size_t length : kLengths) {
    const Values a = random.values(length);
    const Values b = random.values(length);
    Values total(length);
    Values scaled(length);
    for (std::size_t i = 0; i < length; ++i) {
      total[i] = a[i] + b[i];
      scaled[i] = a[i] * 3 - 0.5;
    }
    const Shape shape{static_cast<int>(length)};
    Input x(a, length % 4);
    const Input y(b, length % 3);
    Output sum(length, length % 2);
    add(x.values(), y.values(), sum.values());
    expect_intact("add", "total", sum);
    expect_close({"add", "total", sum.view(shape)}, total, {});
    Output z(length);
    scale(x.values(), 3, -0.5F, z.values());
    expect_intact("scale", "output", z);
    expect_close({"scale", "output", z.view(shape)}, scaled, {.terms = 2, .largest_product = 4});
    add(x.values(), y.values(), {x.data(), length});
    expect_close({"add in place", "total", x.view(shape)}, total, {});
  }
}

TEST_CASE("dropout: zeroes the asked-for share, scales the rest, and makes the same mask again",
          "[elementwise]") {
  constexpr std::size_t kSize = 20001;
  const std::vector<float> ones(kSize, 1.0F);
  Workers workers(3);
  Workers alone(1);
  for (const float rate : {0.1F, 0.5F, 0.9F}) {
    INFO(rate);
    const RandomStream stream(3, RandomUse::kDropout, 5, 1);
    Output y(kSize);
    dropout(stream, rate, ones, y.values(), workers);
    expect_intact("dropout", "output", y);
    std::size_t dropped = 0;
    for (std::size_t i = 0; i < kSize; ++i) {
      const float value = y.values()[i];
      if ((value == 0) != (unit_float(stream.block(i / 4)[i % 4]) < rate)) {
        FAIL("element " << i << " does not follow its own number of the stream");
      }
      if (value == 0) {
        ++dropped;
      } else if (std::fabs(value * (1 - rate) - 1) > 1e-6F) {
        FAIL("a kept value is not 1 / (1 - rate) but " << value);
      }
    }
    // Binomial: five standard deviations.
    CHECK(std::fabs(static_cast<double>(dropped) - kSize * static_cast<double>(rate)) <
          5 * std::sqrt(0.25 * kSize));

    // Neighbouring vectors have masks of their own: elements four apart agree as often as chance
    // has it.
    std::size_t agree = 0;
    for (std::size_t i = 0; i + 4 < kSize; ++i) {
      agree += (y.values()[i] == 0) == (y.values()[i + 4] == 0) ? 1 : 0;
    }
    const double p = static_cast<double>(rate);
    CHECK(std::fabs(static_cast<double>(agree) - kSize * (p * p + (1 - p) * (1 - p))) <
          5 * std::sqrt(0.5 * kSize));

    // Backward is the same call; in place, and with fewer threads, it is the same mask.
    std::vector<float> again = ones;
    dropout(stream, rate, again, again, alone);
    test::expect_same_bits("dropout again, in place", again, y.values());
    std::vector<float> other(kSize);
    dropout(RandomStream(3, RandomUse::kDropout, 6, 1), rate, ones, other, workers);
    CHECK(!test::same_bits(other, y.values()));
    dropout(RandomStream(3, RandomUse::kDropout, 5, 2), rate, ones, other, workers);
    CHECK(!test::same_bits(other, y.values()));
    dropout(RandomStream(4, RandomUse::kDropout, 5, 1), rate, ones, other, workers);
    CHECK(!test::same_bits(other, y.values()));
  }
}

TEST_CASE("dropout: rate zero keeps everything; a NaN is kept or dropped, never spread",
          "[elementwise]") {
  std::vector<float> x(9, 2.0F);
  std::vector<float> y(9);
  Workers workers(1);
  dropout(RandomStream(1, RandomUse::kDropout, 0), 0, x, y, workers);
  CHECK(x == y);
  x[4] = std::nanf("");
  dropout(RandomStream(1, RandomUse::kDropout, 0), 0.5F, x, y, workers);
  for (std::size_t i = 0; i < 9; ++i) CHECK((i == 4 || !std::isnan(y[i])));
}

TEST_CASE(
    "truncated normal: within two deviations, right mean and variance, the same for any length",
    "[elementwise]") {
  constexpr std::size_t kSize = 40000;
  constexpr float kDeviation = 0.5F;
  const RandomStream stream(11, RandomUse::kInitialize, 3);
  Output values(kSize);
  limited_normal(stream, kDeviation, 2, values.values());
  expect_intact("truncated normal", "values", values);
  double sum = 0;
  double squares = 0;
  std::size_t inner = 0;
  for (const float value : values.values()) {
    REQUIRE(std::fabs(value) <= 2 * kDeviation);
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
    inner += std::fabs(value) <= kDeviation ? 1 : 0;
  }
  const double n = kSize;
  CHECK(std::fabs(sum / n) < 5 * kDeviation / std::sqrt(n));
  // A normal distribution cut at two deviations has 0.8796 of the deviation, and 0.6827 / 0.9545 of
  // it within one.
  CHECK(std::sqrt(squares / n) == Catch::Approx(0.87963 * kDeviation).epsilon(0.01));
  CHECK(static_cast<double>(inner) / n == Catch::Approx(0.6827 / 0.9545).epsilon(0.01));

  std::vector<float> fewer(4097);
  limited_normal(stream, kDeviation, 2, fewer);
  test::expect_same_bits("a shorter draw", fewer, values.values().first(fewer.size()));
}

}  // namespace
}  // namespace fovea
