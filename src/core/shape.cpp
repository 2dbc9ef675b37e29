// SPDX-License-Identifier: MIT
#include "core/shape.h"

#include <algorithm>

namespace fovea {

Shape::Shape(std::span<const int> extents) : rank_(static_cast<int>(extents.size())) {
  if (rank_ > kMaxRank) {
    fail(ErrorCode::kBadShape, "a shape has at most ", kMaxRank, " dimensions but this one has ",
         rank_, ".");
  }
  std::copy(extents.begin(), extents.end(), extents_.begin());
}

std::int64_t Shape::size() const {
  std::int64_t count = 1;
  for (const int extent : extents()) {
    // Saturate: four dimensions of 2^31 would overflow even 64 bits.
    if (__builtin_mul_overflow(count, static_cast<std::int64_t>(extent), &count)) return INT64_MAX;
  }
  return count;
}

Shape Shape::row() const { return Shape(extents().subspan(1)); }

Shape Shape::with_batch(int n) const {
  Shape result;
  ensure(rank_ < kMaxRank, "a shape with a batch dimension has too many dimensions");
  result.rank_ = rank_ + 1;
  result.extents_[0] = n;
  std::copy(extents().begin(), extents().end(), result.extents_.begin() + 1);
  return result;
}

void append(std::string& text, const Shape& shape) {
  text += '[';
  for (int i = 0; i < shape.rank(); ++i) {
    if (i > 0) text += ", ";
    if (shape[i] == 0) {
      text += "null";
    } else {
      append(text, std::int64_t{shape[i]});
    }
  }
  text += ']';
}

std::string batch_shape_text(const Shape& shape) {
  std::string text = "[batch";
  for (int i = 1; i < shape.rank(); ++i) text += concat(", ", shape[i]);
  return text + ']';
}

}  // namespace fovea
