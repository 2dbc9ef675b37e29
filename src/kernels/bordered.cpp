// SPDX-License-Identifier: MIT
#include "kernels/bordered.h"

#include <algorithm>

namespace fovea {

void clear_border(const BorderedLayout& layout, std::span<float> bordered) {
  if (!layout.has_border()) return;
  const std::int64_t inside = std::int64_t{layout.columns} * layout.channels;
  std::int64_t clean_from = 0;
  for (int row = 0; row < layout.rows; ++row) {
    const std::int64_t start = bordered_row(layout, row);
    std::fill(bordered.begin() + clean_from, bordered.begin() + start, 0.0F);
    clean_from = start + inside;
  }
  std::fill(bordered.begin() + clean_from, bordered.end(), 0.0F);
}

void copy_inside(const BorderedLayout& layout, const float* image, float* bordered) {
  const std::int64_t inside = std::int64_t{layout.columns} * layout.channels;
  for (int row = 0; row < layout.rows; ++row, image += inside) {
    std::copy(image, image + inside, bordered + bordered_row(layout, row));
  }
}

}  // namespace fovea
