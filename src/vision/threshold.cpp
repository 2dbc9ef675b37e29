// SPDX-License-Identifier: MIT
#include "vision/threshold.h"

namespace fovea {

Histogram histogram_of(const GreyImage& image, const Box& box) {
  Histogram histogram{};
  for (int y = box.y; y < box.bottom(); ++y) {
    const std::uint8_t* row = image.row(y);
    for (int x = box.x; x < box.right(); ++x) ++histogram[row[x]];
  }
  return histogram;
}

int median_of(const Histogram& histogram, int first, int last) {
  std::uint64_t total = 0;
  for (int v = first; v <= last; ++v) total += histogram[v];
  std::uint64_t seen = 0;
  for (int v = first; v <= last; ++v) {
    seen += histogram[v];
    if (seen > 0 && seen * 2 >= total) return v;
  }
  return first;
}

int otsu_threshold(const Histogram& histogram) {
  double total = 0.0;
  double total_sum = 0.0;
  for (int v = 0; v < 256; ++v) {
    total += histogram[v];
    total_sum += static_cast<double>(v) * histogram[v];
  }
  int best = 0;
  double best_separation = 0.0;
  double low_count = 0.0;
  double low_sum = 0.0;
  for (int v = 0; v < 255; ++v) {
    low_count += histogram[v];
    low_sum += static_cast<double>(v) * histogram[v];
    const double high_count = total - low_count;
    if (low_count == 0.0 || high_count == 0.0) continue;
    const double gap = (total_sum - low_sum) / high_count - low_sum / low_count;
    const double separation = low_count * high_count * gap * gap;
    if (separation > best_separation) {
      best_separation = separation;
      best = v;
    }
  }
  return best;
}

}  // namespace fovea
