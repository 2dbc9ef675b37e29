// SPDX-License-Identifier: MIT
// Winograd's transforms of F(4, 5) along one axis, for conv2d_line.cpp. The points are 0, ±1/2, ±1,
// ±2 and infinity; all that the transforms multiply by is exact in binary, but for the filter's
// thirds and fifths. The root mean square error is three times that of a plain sum over three
// channels.
#pragma once

#include "kernels/simd.h"
#include "kernels/tile.h"

namespace fovea::line {

inline constexpr int kLaneInt = static_cast<int>(kLaneCount);
inline constexpr int kTaps = 5;
inline constexpr int kOutputs = 4;  // of a tile
inline constexpr int kPoints = 8;
inline constexpr int kHalves = 2;  // vectors of points

/// The points between zero and infinity, in pairs of either sign, and their squares.
inline constexpr float kPoint[] = {0.5F, 1, 2};
inline constexpr float kSquare[] = {0.25F, 1, 4};
/// Where the point 1 is, at which a tile's gradients are their sum.
inline constexpr int kOne = 3;

/// What a filter's tap counts at each point.
struct FilterTable {
  constexpr FilterTable() {
    value[0][0][0] = -1;
    for (int i = 0; i < 3; ++i) {
      const float u = kSquare[(i + 1) % 3], v = kSquare[(i + 2) % 3];
      float power = 1 / (2 * kSquare[i] * (kSquare[i] - u) * (kSquare[i] - v));
      for (int tap = 0; tap < kTaps; ++tap, power *= kPoint[i]) {
        const int plus = 1 + 2 * i, minus = 2 + 2 * i;
        value[plus / kLaneInt][tap][plus % kLaneInt] = power;
        value[minus / kLaneInt][tap][minus % kLaneInt] = tap % 2 == 0 ? power : -power;
      }
    }
    value[kHalves - 1][kTaps - 1][kLaneInt - 1] = 1;
  }
  float value[kHalves][kTaps][kLaneCount] = {};
};
inline constexpr FilterTable kFilterTable;

HWY_INLINE Vector plus(Vector x, Vector factor, Vector y) { return multiply_add(factor, y, x); }
HWY_INLINE Vector minus(Vector x, Vector factor, Vector y) {
  return multiply_subtract(factor, y, x);
}

/// What the transforms multiply by: powers of the points, and what two or three of their squares
/// make. Defined elsewhere, so that the compiler for WebAssembly does not know them: it would make
/// each constant anew wherever one is used, which takes V8 three instructions.
extern const float kFactors[10];
enum Factor {
  kEighth,
  kQuarter,
  kHalf,
  kTwo,
  kFour,
  kEight,
  k5,
  k4And1Quarter,
  k1And1Quarter,
  k5And1Quarter
};
HWY_INLINE Vector factor(Factor which) { return broadcast(kFactors[which]); }

/// The numbers at a point and at its negative.
HWY_INLINE void put_pair(Vector even, Vector odd, Vector* y) {
  y[0] = hn::Add(even, odd);
  y[1] = hn::Sub(even, odd);
}

/// Eight inputs carried over.
HWY_INLINE void carry(const Vector (&x)[kPoints], Vector (&y)[kPoints]) {
  const Vector quarter = factor(kQuarter), four = factor(kFour), all = factor(k5And1Quarter);
  y[0] = hn::Sub(plus(x[6], all, hn::Sub(x[2], x[4])), x[0]);
  y[7] = hn::Sub(plus(x[7], all, hn::Sub(x[3], x[5])), x[1]);
  const Vector five = factor(k5), middle = factor(k4And1Quarter), small = factor(k1And1Quarter);
  put_pair(plus(minus(x[6], five, x[4]), four, x[2]),
           hn::Mul(factor(kHalf), plus(minus(x[5], five, x[3]), four, x[1])), y + 1);
  put_pair(hn::Add(minus(x[6], middle, x[4]), x[2]), hn::Add(minus(x[5], middle, x[3]), x[1]),
           y + 3);
  put_pair(plus(minus(x[6], small, x[4]), quarter, x[2]),
           hn::Mul(factor(kTwo), plus(minus(x[5], small, x[3]), quarter, x[1])), y + 5);
}

/// The gradients of four outputs carried over.
HWY_INLINE void carry(const Vector (&x)[kOutputs], Vector (&y)[kPoints]) {
  y[0] = x[0];
  y[7] = x[3];
  put_pair(plus(x[0], factor(kQuarter), x[2]),
           plus(hn::Mul(factor(kHalf), x[1]), factor(kEighth), x[3]), y + 1);
  put_pair(hn::Add(x[0], x[2]), hn::Add(x[1], x[3]), y + 3);
  put_pair(plus(x[0], factor(kFour), x[2]), plus(hn::Mul(factor(kTwo), x[1]), factor(kEight), x[3]),
           y + 5);
}

/// Sums and differences of the numbers at the points and their negatives.
struct Pairs {
  HWY_INLINE explicit Pairs(const Vector (&x)[kPoints]) {
    FOVEA_UNROLL
    for (int i = 0; i < 3; ++i) {
      even[i] = hn::Add(x[1 + 2 * i], x[2 + 2 * i]);
      odd[i] = hn::Sub(x[1 + 2 * i], x[2 + 2 * i]);
    }
  }
  Vector even[3], odd[3];
};

/// Eight sums carried back to four outputs.
HWY_INLINE void carry_back(const Vector (&x)[kPoints], Vector (&y)[kOutputs]) {
  const auto& [even, odd] = Pairs(x);
  y[0] = hn::Add(hn::Add(x[0], even[0]), hn::Add(even[1], even[2]));
  y[1] = plus(plus(odd[1], factor(kHalf), odd[0]), factor(kTwo), odd[2]);
  y[2] = plus(plus(even[1], factor(kQuarter), even[0]), factor(kFour), even[2]);
  y[3] = plus(plus(hn::Add(x[7], odd[1]), factor(kEighth), odd[0]), factor(kEight), odd[2]);
}

/// The gradients of eight inputs: the transpose of carry.
HWY_INLINE void carry_gradients_back(const Vector (&x)[kPoints], Vector (&y)[kPoints]) {
  auto [even, odd] = Pairs(x);
  odd[0] = hn::Mul(factor(kHalf), odd[0]);
  odd[2] = hn::Mul(factor(kTwo), odd[2]);
  const Vector quarter = factor(kQuarter), four = factor(kFour), all = factor(k5And1Quarter);
  const Vector five = factor(k5), middle = factor(k4And1Quarter), small = factor(k1And1Quarter);
  const Vector first = hn::Mul(all, x[0]), last = hn::Mul(all, x[7]);
  y[0] = hn::Neg(x[0]);
  y[1] = plus(plus(hn::Sub(odd[1], x[7]), four, odd[0]), quarter, odd[2]);
  y[2] = plus(plus(hn::Add(even[1], first), four, even[0]), quarter, even[2]);
  y[3] = minus(minus(minus(last, middle, odd[1]), five, odd[0]), small, odd[2]);
  y[4] = hn::Neg(plus(plus(plus(first, middle, even[1]), five, even[0]), small, even[2]));
  y[5] = hn::Sub(hn::Add(hn::Add(odd[0], odd[1]), odd[2]), last);
  y[6] = hn::Add(hn::Add(x[0], even[0]), hn::Add(even[1], even[2]));
  y[7] = x[7];
}

}  // namespace fovea::line
