// SPDX-License-Identifier: MIT
// Data sets and the order in which their rows are dealt; what does not fit is refused word for
// word.
#include <algorithm>
#include <catch2/catch_amalgamated.hpp>
#include <limits>
#include <numeric>
#include <set>

#include "data/batcher.h"
#include "tests/cpp/support/expect_error.h"
#include "tests/cpp/support/training.h"

namespace fovea {
namespace {

using test::expect_error;

std::vector<std::vector<std::uint32_t>> deal(const EpochOrder& order) {
  Batcher batcher(order);
  std::vector<std::vector<std::uint32_t>> batches;
  while (!batcher.done()) {
    const auto rows = batcher.next();
    batches.emplace_back(rows.begin(), rows.end());
  }
  return batches;
}

TEST_CASE("batcher: every row once, in order, the last batch smaller", "[data]") {
  const Batcher batcher({.from = 3, .to = 13, .batch_size = 4});
  CHECK(batcher.samples() == 10);
  CHECK(batcher.batches() == 3);
  CHECK(!batcher.done());
  CHECK(deal({.from = 3, .to = 13, .batch_size = 4}) ==
        std::vector<std::vector<std::uint32_t>>{{3, 4, 5, 6}, {7, 8, 9, 10}, {11, 12}});
  CHECK(deal({.from = 0, .to = 3, .batch_size = 32}) ==
        std::vector<std::vector<std::uint32_t>>{{0, 1, 2}});
  CHECK(deal({.from = 0, .to = 4, .batch_size = 2}).size() == 2);
  CHECK(deal({.from = 5, .to = 5}).empty());
  CHECK(Batcher().done());
}

TEST_CASE(
    "batcher: a shuffled epoch is a function of seed and epoch, and still deals every row once",
    "[data]") {
  const auto flat = [](std::uint32_t seed, std::uint32_t epoch) {
    std::vector<std::uint32_t> rows;
    for (const auto& batch : deal({.from = 100,
                             .to = 200,
                             .batch_size = 32,
                             .shuffle = true,
                             .seed = seed,
                             .epoch = epoch})) {
      rows.insert(rows.end(), batch.begin(), batch.end());
    }
    return rows;
  };
  CHECK(flat(1, 0) == flat(1, 0));
  CHECK(flat(1, 0) != flat(1, 1));
  CHECK(flat(1, 0) != flat(2, 0));
  std::vector<std::uint32_t> sorted = flat(1, 0);
  std::ranges::sort(sorted);
  std::vector<std::uint32_t> expected(100);
  std::iota(expected.begin(), expected.end(), 100U);
  CHECK(sorted == expected);
}

TEST_CASE("column: bytes are divided, integers and floats are taken as they are, rows in any order",
          "[data]") {
  const std::vector<std::uint32_t> rows = {2, 0};
  const Column bytes = test::bytes_column("x", {3, 2}, {0, 255, 51, 102, 128, 1});
  std::vector<float> floats(4, -1);
  bytes.gather(rows, 255, floats.data());
  CHECK(floats == std::vector<float>{128.0F / 255, 1.0F / 255, 0, 1});
  // An image is a matrix of numbers from 0 to 255 (curriculum 1g).
  bytes.gather(rows, 1, floats.data());
  CHECK(floats == std::vector<float>{128, 1, 0, 255});
  const Column integers = test::integers_column("y", {3}, {7, -2, 9});
  integers.gather(rows, 255, floats.data());
  CHECK(floats[0] == 9);
  CHECK(floats[1] == 7);
  const Column numbers = test::floats_column("x", {3, 1}, {0.5F, 1.5F, -2.5F});
  numbers.gather(rows, 255, floats.data());
  CHECK(floats[0] == -2.5F);
  CHECK(floats[1] == 0.5F);
  CHECK(bytes.value(1) == 255);
  CHECK(integers.value(1) == -2);
  CHECK(numbers.value(2) == -2.5F);
  CHECK(bytes.rows() == 3);
  CHECK(bytes.row() == Shape{2});
  CHECK(integers.row() == Shape{});
}

TEST_CASE("column: numbers that are not finite are refused with their place", "[data]") {
  std::vector<float> values(12, 1.0F);
  values[7] = std::numeric_limits<float>::quiet_NaN();
  expect_error(ErrorCode::kBadData,
               "x: every number must be finite, but number 1 of example 2 is NaN. Clean the data "
               "before training.",
               [&] {
                 const Column column = test::floats_column("x", {4, 3}, values);
                 column.refuse_non_finite(0, 2);
                 column.refuse_non_finite(3, 4);
                 column.refuse_non_finite(2, 4);
               });
  values[7] = -std::numeric_limits<float>::infinity();
  expect_error(ErrorCode::kBadData,
               "y: every number must be finite, but number 7 of example 0 is infinite. Clean the "
               "data before training.",
               [&] {
                 test::floats_column("y", {1, 12}, values).refuse_non_finite(0, 1);
               });
}

TEST_CASE("data set: every tensor has a row for each example", "[data]") {
  Dataset data;
  CHECK(data.rows() == 0);
  data.inputs.push_back(test::bytes_column("x", {3, 2}, std::vector<std::uint8_t>(6)));
  data.targets.push_back(test::integers_column("y", {3}, {0, 1, 2}));
  CHECK(data.rows() == 3);
  data.targets.push_back(test::integers_column("y[1]", {2}, {0, 1}));
  expect_error(ErrorCode::kBadShape,
               "y[1]: has 2 examples but x has 3. Every tensor must have one row for each example.",
               [&] { static_cast<void>(data.rows()); });
}

}  // namespace
}  // namespace fovea
