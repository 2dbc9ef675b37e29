// SPDX-License-Identifier: MIT
#include "kernels/norm.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kernels/simd.h"

namespace fovea {

namespace {

/// Calls body(element, group) for every element of `shape`, whose group is its index in the axes
/// that are not in `axes`; counts both on like the wheels of a meter.
template <class Body>
void for_each_in_group(const Shape& shape, std::span<const int> axes, const Body& body) {
  std::array<std::size_t, Shape::kMaxRank> stride{};
  std::array<int, Shape::kMaxRank> at{};
  std::size_t groups = 1;
  for (int i = shape.rank(); i-- > 0;) {
    if (std::ranges::find(axes, i) != axes.end()) continue;
    stride[static_cast<std::size_t>(i)] = groups;
    groups *= static_cast<std::size_t>(shape[i]);
  }
  std::size_t group = 0;
  const auto size = static_cast<std::size_t>(shape.size());
  for (std::size_t element = 0; element < size; ++element) {
    body(element, group);
    for (int i = shape.rank(); i-- > 0;) {
      const auto axis = static_cast<std::size_t>(i);
      group += stride[axis];
      if (++at[axis] < shape[i]) break;
      group -= stride[axis] * static_cast<std::size_t>(shape[i]);
      at[axis] = 0;
    }
  }
}

}  // namespace

double penalty(float l1, float l2, std::span<const float> x) {
  constexpr std::size_t kBlock = 1024;
  double total = 0;
  for (std::size_t start = 0; start < x.size(); start += kBlock) {
    Vector sum = zero();
    const std::span<const float> block = x.subspan(start, std::min(kBlock, x.size() - start));
    for_each_vector(block.size(), [&](std::size_t i, std::size_t count) {
      const Vector v = load_at(block, i, count);
      sum = sum + broadcast(l1) * hn::Abs(v) + broadcast(l2) * v * v;
    });
    total += static_cast<double>(sum_of_lanes(sum));
  }
  return total;
}

double sum_of_squares(std::span<const float> x) { return penalty(0, 1, x); }

void add_penalty_gradient(float l1, float l2, std::span<const float> x, std::span<float> gradient) {
  const Vector one = broadcast(l1);
  const Vector two = broadcast(2 * l2);
  map_to(
      gradient,
      [=](Vector g, Vector v) {
        const Vector sign = hn::IfThenElseZero(hn::Ne(v, zero()), hn::CopySign(one, v));
        return g + sign + two * v;
      },
      gradient, x);
}

void clip_values(float most, std::span<float> x) {
  const Vector high = broadcast(most);
  const Vector low = broadcast(-most);
  map_to(
      x,
      [=](Vector v) {
        return hn::IfThenElse(hn::Gt(v, high), high, hn::IfThenElse(hn::Lt(v, low), low, v));
      },
      x);
}

void limit_norms(const NormRange& range, std::span<const int> axes, TensorView x,
                 std::span<double> norms) {
  constexpr double kEpsilon = 1e-7;  // Keras's
  std::ranges::fill(norms, 0.0);
  for_each_in_group(x.shape, axes, [&](std::size_t element, std::size_t group) {
    const auto v = static_cast<double>(x.data[element]);
    norms[group] += v * v;
  });
  for (double& norm : norms) {
    const double size = std::sqrt(norm);
    const double wanted =
        std::clamp(size, static_cast<double>(range.least), static_cast<double>(range.most));
    const auto rate = static_cast<double>(range.rate);
    norm = (rate * wanted + (1 - rate) * size) / (kEpsilon + size);
  }
  for_each_in_group(x.shape, axes, [&](std::size_t element, std::size_t group) {
    x.data[element] *= static_cast<float>(norms[group]);
  });
}

void limit_to_positive(std::span<float> x) {
  map_to(
      x, [](Vector v) { return relu(v); }, x);
}

}  // namespace fovea
