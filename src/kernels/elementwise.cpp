// SPDX-License-Identifier: MIT
#include "kernels/elementwise.h"

#include <algorithm>
#include <array>

#include "kernels/simd.h"

namespace fovea {

void add_column_sums(const float* values, int rows, int columns, float* sums, bool accumulate) {
  constexpr int kLaneInt = static_cast<int>(kLaneCount);
  // Four sums at a time hide the time that an addition takes. Where fewer columns are left, vectors
  // end with the last column, and what they have of earlier columns is not stored.
  constexpr int kAtOnce = 4;
  if (columns < kLaneInt) {
    for (int c = 0; c < columns; ++c) {
      float sum = accumulate ? sums[c] : 0.0F;
      for (int row = 0; row < rows; ++row) sum += values[row * columns + c];
      sums[c] = sum;
    }
    return;
  }
  for (int first = 0; first < columns; first += kAtOnce * kLaneInt) {
    std::array<int, kAtOnce> start{};
    std::array<Vector, kAtOnce> sum;
    for (int v = 0; v < kAtOnce; ++v) {
      const auto i = static_cast<std::size_t>(v);
      start[i] = std::min(first + v * kLaneInt, columns - kLaneInt);
      sum[i] = accumulate ? load(sums + start[i]) : zero();
    }
    const float* value = values;
    for (int row = 0; row < rows; ++row, value += columns) {
      sum[0] = hn::Add(sum[0], load(value + start[0]));
      sum[1] = hn::Add(sum[1], load(value + start[1]));
      sum[2] = hn::Add(sum[2], load(value + start[2]));
      sum[3] = hn::Add(sum[3], load(value + start[3]));
    }
    for (int v = 0; v < kAtOnce; ++v) {
      const auto i = static_cast<std::size_t>(v);
      const int column = first + v * kLaneInt;
      const int behind = column - start[i];
      if (behind >= kLaneInt) break;
      std::array<float, kLaneCount> lanes;
      store(sum[i], lanes.data());
      std::copy(lanes.begin() + behind, lanes.end(), sums + column);
    }
  }
}

void sum_rows(const float* rows, int count, std::span<float> total) {
  for_each_vector(total.size(), [&](std::size_t i, std::size_t lanes) {
    Vector sum = load_some(rows + i, lanes);
    for (std::size_t row = 1; row < static_cast<std::size_t>(count); ++row) {
      sum = hn::Add(sum, load_some(rows + row * total.size() + i, lanes));
    }
    store_at(sum, total, i, lanes);
  });
}

void add(std::span<const float> a, std::span<const float> b, std::span<float> total) {
  map_to(
      total, [](Vector x, Vector y) { return hn::Add(x, y); }, a, b);
}

void scale(std::span<const float> x, float factor, float offset, std::span<float> y) {
  map_to(
      y,
      [f = broadcast(factor), o = broadcast(offset)](Vector v) {
        return hn::Add(hn::Mul(v, f), o);
      },
      x);
}

void add_price_slope(std::span<const float> x, float l1, float l2,
                     std::span<const float> output_gradient, std::span<float> gradient) {
  map_to(
      gradient,
      [a = broadcast(l1), b = broadcast(2 * l2)](Vector v, Vector g) {
        const Vector sign = hn::IfThenZeroElse(hn::Eq(v, zero()), hn::CopySign(a, v));
        return hn::Add(g, hn::Add(sign, hn::Mul(b, v)));
      },
      x, output_gradient);
}

namespace {

constexpr hn::RebindToUnsigned<decltype(kLanes)> kWords;
using Words = hn::Vec<decltype(kWords)>;

/// Numbers that are computed side by side: a block of the stream has four.
constexpr std::size_t kAtOnce = 4 * kLaneCount;

/// What unit_float makes of as many blocks as there are lanes, from `block` on, a multiple of that.
HWY_INLINE void unit_floats(const RandomStream& stream, std::uint64_t block,
                            float (&numbers)[kAtOnce]) {
  const PhiloxBlock counter = stream.counter(block);
  Words words[4], keys[2], factors[2], steps[2];
  for (std::size_t i = 0; i < 4; ++i) words[i] = hn::Set(kWords, counter[i]);
  words[0] = hn::Add(words[0], hn::Iota(kWords, 0));
  for (std::size_t i = 0; i < 2; ++i) {
    keys[i] = hn::Set(kWords, stream.key()[i]);
    factors[i] = hn::Set(kWords, kPhiloxFactors[i]);
    steps[i] = hn::Set(kWords, kPhiloxSteps[i]);
  }
  for (int round = 0; round < kPhiloxRounds; ++round) {
    const Words odd = hn::Mul(words[2], factors[1]), even = hn::Mul(words[0], factors[0]);
    const Words high = hn::MulHigh(words[0], factors[0]);
    words[0] = hn::Xor3(hn::MulHigh(words[2], factors[1]), words[1], keys[0]);
    words[2] = hn::Xor3(high, words[3], keys[1]);
    words[1] = odd;
    words[3] = even;
    for (int i = 0; i < 2; ++i) keys[i] = hn::Add(keys[i], steps[i]);
  }
  const auto unit = [](Words word) {
    constexpr hn::RebindToSigned<decltype(kWords)> kSigned;
    const auto number = hn::ConvertTo(kLanes, hn::BitCast(kSigned, hn::ShiftRight<8>(word)));
    return hn::Mul(number, broadcast(0x1p-24F));
  };
  hn::StoreInterleaved4(unit(words[0]), unit(words[1]), unit(words[2]), unit(words[3]), kLanes,
                        numbers);
}

}  // namespace

void dropout(const RandomStream& stream, float rate, std::span<const float> x, std::span<float> y,
             Workers& workers) {
  constexpr std::size_t kPart = std::size_t{1} << 12U;  // random numbers are what takes the time
  const Vector threshold = broadcast(rate);
  const Vector factor = broadcast(1 / (1 - rate));
  workers.run(static_cast<int>((y.size() + kPart - 1) / kPart), [&](int part, int) {
    const std::size_t first = static_cast<std::size_t>(part) * kPart;
    const std::size_t last = std::min(first + kPart, y.size());
    for (std::size_t start = first; start < last; start += kAtOnce) {
      float numbers[kAtOnce];
      unit_floats(stream, start / 4, numbers);
      for_each_vector(std::min(last - start, kAtOnce), [&](std::size_t i, std::size_t count) {
        const Mask kept = hn::Ge(load(numbers + i), threshold);
        i += start;
        store_at(hn::IfThenElseZero(kept, hn::Mul(load_at(x, i, count), factor)), y, i, count);
      });
    }
  });
}

}  // namespace fovea
