// SPDX-License-Identifier: MIT
#include "kernels/strided.h"

#include <algorithm>

namespace fovea {

Strides strides_of(const Shape& shape) {
  Strides strides{};
  std::int64_t distance = 1;
  for (int i = shape.rank(); i-- > 0;) {
    strides[static_cast<std::size_t>(i)] = shape[i] == 1 ? 0 : distance;
    distance *= shape[i];
  }
  return strides;
}

std::int64_t row_offset(const Shape& box, std::int64_t row, const Strides& strides) {
  std::int64_t offset = 0;
  for (int i = box.rank() - 2; i > 0; --i) {
    offset += row % box[i] * strides[static_cast<std::size_t>(i)];
    row /= box[i];
  }
  // What is left counts the first dimension; a box of one row has none.
  return offset + row * strides[0];
}

void copy_box(const Shape& box, const StridedCopy& copy) {
  const auto last = static_cast<std::size_t>(box.rank() - 1);
  const std::int64_t from_step = copy.from_strides[last];
  const std::int64_t to_step = copy.to_strides[last];
  const std::int64_t rows = row_count(box);
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* from = copy.from + row_offset(box, row, copy.from_strides);
    float* to = copy.to + row_offset(box, row, copy.to_strides);
    if (from_step == 1 && to_step == 1) {
      std::copy(from, from + box[-1], to);
    } else {
      for (int i = 0; i < box[-1]; ++i) to[i * to_step] = from[i * from_step];
    }
  }
}

}  // namespace fovea
