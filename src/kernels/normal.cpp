// SPDX-License-Identifier: MIT
#include "kernels/normal.h"

#include <cmath>

#include "kernels/simd.h"

namespace fovea {

std::array<float, 4> normal_block(const RandomStream& stream, std::uint64_t index) {
  constexpr float kTau = 6.28318530717958647692F;
  // Two words give one number: radius sqrt(-2 ln u), angle 2 pi v. u in (0, 1], so that its
  // logarithm is finite.
  const PhiloxBlock a = stream.block(2 * index);
  const PhiloxBlock b = stream.block(2 * index + 1);
  std::array<float, kLaneCount> u{};
  std::array<float, kLaneCount> v{};
  for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
    u[lane] = 1 - unit_float(a[lane]);
    v[lane] = unit_float(b[lane]) * kTau;
  }
  const Vector radius = hn::Sqrt(hn::Mul(broadcast(-2), logarithm(load(u.data()))));
  store(hn::Mul(radius, cosine(load(v.data()))), u.data());
  return u;
}

void limited_normal(const RandomStream& stream, float deviation, float limit,
                    std::span<float> values) {
  std::size_t filled = 0;
  for (std::uint64_t index = 0; filled < values.size(); ++index) {
    for (const float x : normal_block(stream, index)) {
      if (std::fabs(x) <= limit && filled < values.size()) values[filled++] = x * deviation;
    }
  }
}

}  // namespace fovea
