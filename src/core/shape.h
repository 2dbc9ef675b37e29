// SPDX-License-Identifier: MIT
// The extent of a tensor in each dimension, outermost first: images are [n, height, width,
// channels]. Fixed capacity, so that a shape never allocates.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "core/error.h"

namespace fovea {

class Shape {
 public:
  static constexpr int kMaxRank = 5;

  Shape() = default;
  Shape(std::initializer_list<int> extents)
      : Shape(std::span<const int>(extents.begin(), extents.size())) {}
  explicit Shape(std::span<const int> extents);

  [[nodiscard]] int rank() const { return rank_; }
  /// Extent of dimension i; negative i counts from the last.
  [[nodiscard]] int operator[](int i) const { return extents_[index(i)]; }
  void set(int i, int extent) { extents_[index(i)] = extent; }

  [[nodiscard]] std::span<const int> extents() const {
    return {extents_.data(), static_cast<std::size_t>(rank_)};
  }

  /// Number of elements. 64 bits, because a shape that is too large must be seen before it is
  /// allocated.
  [[nodiscard]] std::int64_t size() const;

  /// The shape without its first dimension (one row of a batch), and with another one in front.
  [[nodiscard]] Shape row() const;
  [[nodiscard]] Shape with_batch(int n) const;

  friend bool operator==(const Shape& a, const Shape& b) = default;

 private:
  [[nodiscard]] std::size_t index(int i) const {
    return static_cast<std::size_t>(i < 0 ? i + rank_ : i);
  }

  std::array<int, kMaxRank> extents_{};  // unused tail stays zero, so that == compares all of it
  int rank_ = 0;
};

/// "[32, 28, 28, 1]"; null for 0, which stands for a size that is not known.
void append(std::string& text, const Shape& shape);

/// "[batch, 28, 28, 1]": the shape of a batch, whose size is not the user's mistake.
std::string batch_shape_text(const Shape& shape);

}  // namespace fovea
