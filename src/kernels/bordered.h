// SPDX-License-Identifier: MIT
// Copies an image into the middle of a zero border, so that the product kernels need no edge cases.
#pragma once

#include <cstdint>
#include <span>

namespace fovea {

/// A stretch of image rows [rows, columns, channels] inside a border of zeros, as it lies in
/// memory.
struct BorderedLayout {
  int rows = 0, columns = 0, channels = 0;  // of the image
  int top = 0, bottom = 0, left = 0, right = 0;

  [[nodiscard]] int row_pitch() const { return (left + columns + right) * channels; }
  [[nodiscard]] std::int64_t size() const {
    return std::int64_t{top + rows + bottom} * row_pitch();
  }
  [[nodiscard]] bool has_border() const { return top > 0 || bottom > 0 || left > 0 || right > 0; }
};

/// Zeroes the border; the inside is left as it is. Once per buffer, since copies never touch the
/// border.
void clear_border(const BorderedLayout& layout, std::span<float> bordered);

/// Where row `row` of the image begins inside the bordered buffer.
inline std::int64_t bordered_row(const BorderedLayout& layout, int row) {
  return std::int64_t{layout.top + row} * layout.row_pitch() +
         std::int64_t{layout.left} * layout.channels;
}

/// Copies the rows of a contiguous image to the inside.
void copy_inside(const BorderedLayout& layout, const float* image, float* bordered);

}  // namespace fovea
