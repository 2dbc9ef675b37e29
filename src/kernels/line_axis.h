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

HWY_INLINE Vector plus(Vector x, float factor, Vector y) {
  return multiply_add(broadcast(factor), y, x);
}

/// Eight inputs carried over.
HWY_INLINE void carry(const Vector (&x)[kPoints], Vector (&y)[kPoints]) {
  y[0] = hn::Sub(plus(plus(x[6], -5.25F, x[4]), 5.25F, x[2]), x[0]);
  y[7] = hn::Sub(plus(plus(x[7], -5.25F, x[5]), 5.25F, x[3]), x[1]);
  FOVEA_UNROLL
  for (int i = 0; i < 3; ++i) {
    const float u = kSquare[(i + 1) % 3], v = kSquare[(i + 2) % 3];
    const Vector even = plus(plus(x[6], -(u + v), x[4]), u * v, x[2]);
    const Vector odd = plus(plus(x[5], -(u + v), x[3]), u * v, x[1]);
    y[1 + 2 * i] = plus(even, kPoint[i], odd);
    y[2 + 2 * i] = plus(even, -kPoint[i], odd);
  }
}

/// The gradients of four outputs carried over.
HWY_INLINE void carry(const Vector (&x)[kOutputs], Vector (&y)[kPoints]) {
  y[0] = x[0];
  y[7] = x[3];
  FOVEA_UNROLL
  for (int i = 0; i < 3; ++i) {
    const Vector even = plus(x[0], kSquare[i], x[2]);
    const Vector odd = plus(x[1], kSquare[i], x[3]);
    y[1 + 2 * i] = plus(even, kPoint[i], odd);
    y[2 + 2 * i] = plus(even, -kPoint[i], odd);
  }
}

/// Eight sums carried back to four outputs.
HWY_INLINE void carry_back(const Vector (&x)[kPoints], Vector (&y)[kOutputs]) {
  y[0] = x[0];
  y[1] = y[2] = zero();
  y[3] = x[7];
  FOVEA_UNROLL
  for (int i = 0; i < 3; ++i) {
    const Vector even = hn::Add(x[1 + 2 * i], x[2 + 2 * i]);
    const Vector odd = hn::Sub(x[1 + 2 * i], x[2 + 2 * i]);
    y[0] = hn::Add(y[0], even);
    y[1] = plus(y[1], kPoint[i], odd);
    y[2] = plus(y[2], kSquare[i], even);
    y[3] = plus(y[3], kPoint[i] * kSquare[i], odd);
  }
}

}  // namespace fovea::line
