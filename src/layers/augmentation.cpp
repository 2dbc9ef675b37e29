// SPDX-License-Identifier: MIT
#include "layers/augmentation.h"

#include <algorithm>
#include <cmath>

namespace fovea {

Interval read_interval(Options& options, std::string_view key, double minimum, double maximum,
                       std::vector<double> fallback) {
  std::vector<double> ends = options.range_or(key, std::move(fallback), minimum, maximum);
  if (ends.size() == 1) {
    const double far = std::fabs(ends[0]);
    return {std::max(-far, minimum), far};
  }
  return {std::min(ends[0], ends[1]), std::max(ends[0], ends[1])};
}

Interval read_value_range(Options& options) {
  constexpr double kLargest = 1e30;
  const std::vector<double> range = options.range_or("valueRange", {0, 1}, -kLargest, kLargest);
  if (range.size() != 2) {
    fail(ErrorCode::kBadOption, options.place(), ": valueRange must be two numbers, [low, high].");
  }
  return {std::min(range[0], range[1]), std::max(range[0], range[1])};
}

void Augmentation::run(const Images& batch, const Moment& moment, Workers& workers) const {
  const RandomStream stream = random_.stream(RandomUse::kAugment, moment);
  workers.run(batch.result.shape[0], [&](int n, int) {
    const auto index = static_cast<std::uint64_t>(n);
    Chance chance{.draws = {},
                  .noise = random_.stream(RandomUse::kNoise, moment),
                  .first_noise = index << 32U};
    for (std::size_t i = 0; i < chance.draws.size(); ++i) {
      chance.draws[i] = unit_float(stream.block(2 * index + i / 4)[i % 4]);
    }
    const auto of_batch = [n](const ConstTensorView& view) {
      return view ? example(view, n) : view;
    };
    change({of_batch(batch.input), of_batch(batch.output_gradient), example(batch.result, n)},
           chance);
  });
}

}  // namespace fovea
