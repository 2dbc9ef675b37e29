// SPDX-License-Identifier: MIT
#include "kernels/regression.h"

#include "kernels/simd.h"

namespace fovea {

double squared_error(std::span<const float> prediction, std::span<const float> target, float scale,
                     std::span<float> gradient) {
  // Sums of blocks in double: a float sum of a million squares would lose four digits.
  constexpr std::size_t kBlock = 1024;
  double total = 0;
  for (std::size_t start = 0; start < prediction.size(); start += kBlock) {
    const std::size_t size = std::min(kBlock, prediction.size() - start);
    const std::span<const float> y = prediction.subspan(start, size);
    const std::span<const float> t = target.subspan(start, size);
    Vector sum = zero();
    for_each_vector(size, [&](std::size_t i, std::size_t count) {
      const Vector d = hn::Sub(load_at(y, i, count), load_at(t, i, count));
      sum = hn::Add(sum, hn::Mul(d, d));
    });
    total += static_cast<double>(sum_of_lanes(sum));
  }
  if (!gradient.empty()) {
    const Vector factor = broadcast(2 * scale);
    map_to(
        gradient, [factor](Vector y, Vector t) { return hn::Mul(hn::Sub(y, t), factor); },
        prediction, target);
  }
  return total;
}

}  // namespace fovea
