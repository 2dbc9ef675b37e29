// SPDX-License-Identifier: MIT
#include "kernels/noise.h"

#include <array>

#include "kernels/normal.h"
#include "kernels/simd.h"

namespace fovea {

void spatial_dropout(const RandomStream& stream, float rate, ConstTensorView x, TensorView y) {
  const auto channels = static_cast<std::size_t>(x.shape[-1]);
  const auto row = static_cast<std::size_t>(x.shape.row().size());
  std::uint64_t index = 0;
  for (std::size_t start = 0; start < x.size(); start += row) {
    for_each_vector(channels, [&](std::size_t c, std::size_t count) {
      const PhiloxBlock words = stream.block(index++);
      std::array<float, kLaneCount> factors{};
      for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
        factors[lane] = unit_float(words[lane]) >= rate ? 1 / (1 - rate) : 0;
      }
      const Vector factor = load(factors.data());
      for (std::size_t at = start + c; at < start + row; at += channels) {
        const Vector v = hn::Mul(load_some(x.data + at, count), factor);
        store_some(hn::IfThenElseZero(hn::Gt(factor, zero()), v), y.data + at, count);
      }
    });
  }
}

void gaussian_noise(const RandomStream& stream, NoiseUse use, float deviation, ConstTensorView x,
                    TensorView y) {
  for_each_vector(y.size(), [&](std::size_t i, std::size_t count) {
    const std::array<float, kLaneCount> numbers = normal_block(stream, i / kLaneCount);
    const Vector noise = hn::Mul(load(numbers.data()), broadcast(deviation));
    const Vector v = load_at(x.values(), i, count);
    store_at(hn::Add(v, use == NoiseUse::kMultiply ? hn::Mul(v, noise) : noise), y.values(), i,
             count);
  });
}

}  // namespace fovea
