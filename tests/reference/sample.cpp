// SPDX-License-Identifier: MIT
#include "tests/reference/sample.h"

#include <cmath>

namespace fovea::reference {

int extended_index(std::string_view mode, int i, int size) {
  if (i >= 0 && i < size) return i;
  if (mode == "constant") return -1;
  if (mode == "nearest") return i < 0 ? 0 : size - 1;
  // One step at a time towards the image.
  if (mode == "wrap") return extended_index(mode, i < 0 ? i + size : i - size, size);
  return extended_index(mode, i < 0 ? -1 - i : 2 * size - 1 - i, size);
}

Values sample(const Sampler& sampler, const Image& from, const Image& to, const Values& input) {
  Values output(to.size());
  for (int oh = 0; oh < to.rows; ++oh) {
    for (int ow = 0; ow < to.columns; ++ow) {
      const auto [y, x] = sampler.point(oh, ow);
      const auto weight = [&](double place, int pixel) {
        if (!sampler.bilinear) return std::floor(place + 0.5) == pixel ? 1.0 : 0.0;
        return std::max(0.0, 1 - std::fabs(place - pixel));
      };
      const int reach = 3 * std::max(from.rows, from.columns);
      for (int h = -reach; h < reach; ++h) {
        for (int w = -reach; w < reach; ++w) {
          const double share = weight(y, h) * weight(x, w);
          const int row = extended_index(sampler.mode, h, from.rows);
          const int column = extended_index(sampler.mode, w, from.columns);
          for (int c = 0; c < to.channels && share > 0; ++c) {
            const bool outside = row < 0 || column < 0;
            output[to.index(0, oh, ow, c)] +=
                share * (outside ? sampler.fill : input[from.index(0, row, column, c)]);
          }
        }
      }
    }
  }
  return output;
}

Values resize(const Image& from, const Image& to, bool bilinear, const Values& input) {
  const Sampler sampler{.bilinear = bilinear, .point = [&](int oh, int ow) {
                          return std::pair{(2 * oh + 1) * from.rows / (2.0 * to.rows) - 0.5,
                                           (2 * ow + 1) * from.columns / (2.0 * to.columns) - 0.5};
                        }};
  Values output;
  for (auto at = input.begin(); at != input.end(); at += static_cast<std::ptrdiff_t>(from.size())) {
    const Values image =
        sample(sampler, from, to, {at, at + static_cast<std::ptrdiff_t>(from.size())});
    output.insert(output.end(), image.begin(), image.end());
  }
  return output;
}

}  // namespace fovea::reference
