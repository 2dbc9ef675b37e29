// SPDX-License-Identifier: MIT
// The ground that everything stands on: shapes, text, JSON and memory.
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/json.h"
#include "core/shape.h"
#include "core/text.h"
#include "kernels/scratch.h"
#include "tests/cpp/support/expect_error.h"

namespace fovea {
namespace {

using test::expect_error;

TEST_CASE("shape: extents, rows and batches", "[core]") {
  const Shape shape{32, 28, 27, 3};
  CHECK(shape.rank() == 4);
  CHECK(shape[0] == 32);
  CHECK(shape[-1] == 3);
  CHECK(shape[-4] == 32);
  CHECK(shape.size() == 32 * 28 * 27 * 3);
  CHECK(shape.row() == Shape{28, 27, 3});
  CHECK(shape.row().with_batch(32) == shape);
  CHECK(shape != Shape{32, 28, 27});
  CHECK(shape != Shape{32, 28, 27, 4});
  CHECK(Shape{}.size() == 1);
  CHECK(Shape{5}.row() == Shape{});
  CHECK(Shape{3, 0}.size() == 0);
  CHECK(concat(shape) == "[32, 28, 27, 3]");
  CHECK(concat(Shape{}) == "[]");
  CHECK(batch_shape_text(shape) == "[batch, 28, 27, 3]");
}

TEST_CASE("shape: a size beyond 64 bits saturates, so that it is seen to be too large", "[core]") {
  constexpr int kHuge = std::numeric_limits<int>::max();
  CHECK(Shape{kHuge, kHuge}.size() == std::int64_t{kHuge} * kHuge);
  CHECK(Shape{kHuge, kHuge, kHuge}.size() == INT64_MAX);
  CHECK(Shape{kHuge, kHuge, kHuge, kHuge, kHuge}.size() == INT64_MAX);
}

TEST_CASE("shape: too many dimensions are refused", "[core]") {
  expect_error(ErrorCode::kBadShape, "a shape has at most 5 dimensions but this one has 6.",
               [] { Shape{1, 2, 3, 4, 5, 6}; });
}

TEST_CASE("text: numbers as people write them, and exactly", "[core]") {
  CHECK(concat("a", 1, 'b', -2, std::string("c")) == "a1b-2c");
  CHECK(concat(0.1) == "0.1");
  CHECK(concat(1.0) == "1");
  CHECK(concat(-0.5) == "-0.5");
  CHECK(concat(1e-3) == "0.001");
  CHECK(concat(1e300) == "1e+300");
  CHECK(concat(std::nan("")) == "nan");
  CHECK(concat(HUGE_VAL) == "inf");
  CHECK(concat(-HUGE_VAL) == "-inf");
  for (const double number :
       {1.0 / 3, 2e-310, 123456789.123456789, std::numeric_limits<double>::max()}) {
    CHECK(std::strtod(concat(number).c_str(), nullptr) == number);
  }
}

TEST_CASE("text: counts, sizes and lists", "[core]") {
  CHECK(with_separators(0) == "0");
  CHECK(with_separators(999) == "999");
  CHECK(with_separators(1000) == "1,000");
  CHECK(with_separators(1234567) == "1,234,567");
  CHECK(with_separators(-1234) == "-1,234");
  CHECK(with_separators(-123) == "-123");
  CHECK(readable_bytes(999) == "999 bytes");
  CHECK(readable_bytes(1000) == "1.0 kB");
  CHECK(readable_bytes(6.54e6) == "6.5 MB");
  CHECK(readable_bytes(4e9) == "4.0 GB");
  CHECK(readable_bytes(5e15) == "5000.0 TB");
  const std::string_view words[] = {"relu", "sigmoid", "tanh"};
  CHECK(listing(words) == "relu, sigmoid or tanh");
  CHECK(listing(words, " and ") == "relu, sigmoid and tanh");
  CHECK(listing(std::span(words).first(1)) == "relu");
  CHECK(listing({}).empty());
}

TEST_CASE("json: text is escaped, what is no number becomes null", "[core]") {
  CHECK(json::quoted("a \"b\" \\ \n\x01") == "\"a \\\"b\\\" \\\\ \\u000a\\u0001\"");
  CHECK(json::quoted("größe") == "\"größe\"");
  CHECK(json::value(std::nan("")) == "null");
  CHECK(json::value(HUGE_VAL) == "null");
  CHECK(json::value(0.25) == "0.25");
  CHECK(json::value(true) == "true");
  CHECK(json::value(Shape{1, 2}) == "[1, 2]");
  CHECK(json::Members().add("a", 1).add("b", "x").add_json("c", "[]").object() ==
        R"({"a":1,"b":"x","c":[]})");
  CHECK(json::Members().object() == "{}");
  CHECK(json::array(std::vector<int>{1, 2, 3}, [](int i) { return json::value(i * i); }) ==
        "[1,4,9]");
}

TEST_CASE("aligned buffer: zero, on a cache line, and empty when nothing is wanted", "[core]") {
  for (const std::int64_t count : {1, 7, 1000}) {
    const AlignedBuffer buffer(count, "a test");
    CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % AlignedBuffer::kAlignment == 0);
    CHECK(static_cast<std::int64_t>(buffer.size()) == count);
    for (const float value : buffer.values()) CHECK(value == 0);
  }
  CHECK(AlignedBuffer().size() == 0);
  CHECK(AlignedBuffer(0, "nothing").size() == 0);
}

TEST_CASE("scratch: pieces do not overlap, begin on cache lines and end within what was measured",
          "[core]") {
  Scratch measure;
  measure.take<float>(1);
  measure.take<std::int32_t>(100);
  measure.take<float>(0);
  measure.take<float>(17);
  const AlignedBuffer memory(measure.floats(), "a test");
  Scratch scratch(memory.values());
  const float* a = scratch.take<float>(1);
  const auto* b = reinterpret_cast<const float*>(scratch.take<std::int32_t>(100));
  const float* c = scratch.take<float>(0);
  const float* d = scratch.take<float>(17);
  constexpr std::ptrdiff_t kSlack = 8;  // one register tile may be read behind each piece
  CHECK(b - a >= 1 + kSlack);
  CHECK(c - b >= 100 + kSlack);
  CHECK(d >= c);
  CHECK(memory.data() + memory.size() - d >= 17 + kSlack);
  for (const float* piece : {a, b, c, d}) CHECK(reinterpret_cast<std::uintptr_t>(piece) % 64 == 0);
  expect_error(
      ErrorCode::kInternal,
      "internal error: a kernel wants more scratch memory than was planned. Please report it.",
      [&] { scratch.take<float>(1); });
}

}  // namespace
}  // namespace fovea
