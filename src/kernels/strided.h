// SPDX-License-Identifier: MIT
// Boxes of numbers inside tensors, walked row by row: what permuting, padding, cropping, joining
// and broadcasting have in common.
#pragma once

#include <array>
#include <cstdint>

#include "core/shape.h"

namespace fovea {

/// Distance in memory between neighbours in each dimension.
using Strides = std::array<std::int64_t, Shape::kMaxRank>;

/// Of a contiguous tensor; 0 where a dimension has one element, which so serves every place there.
Strides strides_of(const Shape& shape);

/// A row is a run along the last dimension. Where row number `row` of a box begins.
std::int64_t row_offset(const Shape& box, std::int64_t row, const Strides& strides);

/// How many rows a box has.
inline std::int64_t row_count(const Shape& box) { return box.size() / box[-1]; }

struct StridedCopy {
  const float* from;
  Strides from_strides;
  float* to;
  Strides to_strides;
};
/// Copies a box element by element from one tensor to another, which must not overlap.
void copy_box(const Shape& box, const StridedCopy& copy);

}  // namespace fovea
