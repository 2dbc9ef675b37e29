// SPDX-License-Identifier: MIT
// Winograd's transforms of F(4, 3), one axis at a time: for all columns, then for all rows. They
// are those of the points 0, 3/4, -3/4, 3/2, -3/2 and infinity. Powers of these are exact in
// binary, and float errors come out at twice those of the plain sum; with the usual points 1 and 2
// they are four times as large.
#pragma once

#include "kernels/simd.h"

namespace fovea::winograd {

inline constexpr int kIn = 6;   // inputs of a tile along one axis
inline constexpr int kOut = 4;  // outputs
inline constexpr int kTaps = 3;

inline constexpr float kA = 0.75F, kB = 1.5F;  // the points, b = 2a
inline constexpr float kA2 = kA * kA, kB2 = kB * kB;
// What a polynomial through all points but one is at that one.
inline constexpr float kZeroNorm = 1 / (kA2 * kB2);
inline constexpr float kANorm = 1 / (2 * kA2 * (kA2 - kB2));
inline constexpr float kBNorm = 1 / (2 * kB2 * (kB2 - kA2));

HWY_INLINE Vector times(float factor, Vector x) { return hn::Mul(broadcast(factor), x); }
HWY_INLINE Vector plus(Vector x, float factor, Vector y) {
  return multiply_add(broadcast(factor), y, x);
}

/// Six inputs carried over.
struct InputAxis {
  HWY_INLINE void operator()(const Vector (&x)[kIn], Vector (&y)[kIn]) const {
    const Vector even_a = plus(x[4], -kB2, x[2]), odd_a = plus(x[3], -kB2, x[1]);
    const Vector even_b = plus(x[4], -kA2, x[2]), odd_b = plus(x[3], -kA2, x[1]);
    y[0] = plus(plus(x[4], -(kA2 + kB2), x[2]), kA2 * kB2, x[0]);
    y[1] = plus(even_a, kA, odd_a);
    y[2] = plus(even_a, -kA, odd_a);
    y[3] = plus(even_b, kB, odd_b);
    y[4] = plus(even_b, -kB, odd_b);
    y[5] = plus(plus(x[5], -(kA2 + kB2), x[3]), kA2 * kB2, x[1]);
  }
};

/// The gradients of six inputs: the transpose of InputAxis.
struct InputGradientAxis {
  HWY_INLINE void operator()(const Vector (&x)[kIn], Vector (&y)[kIn]) const {
    const Vector even_a = hn::Add(x[1], x[2]), odd_a = times(kA, hn::Sub(x[1], x[2]));
    const Vector even_b = hn::Add(x[3], x[4]), odd_b = times(kB, hn::Sub(x[3], x[4]));
    y[0] = times(kA2 * kB2, x[0]);
    y[1] = plus(plus(times(kA2 * kB2, x[5]), -kB2, odd_a), -kA2, odd_b);
    y[2] = plus(plus(times(-(kA2 + kB2), x[0]), -kB2, even_a), -kA2, even_b);
    y[3] = plus(hn::Add(odd_a, odd_b), -(kA2 + kB2), x[5]);
    y[4] = hn::Add(x[0], hn::Add(even_a, even_b));
    y[5] = x[5];
  }
};

/// Six products carried back to four outputs.
struct OutputAxis {
  HWY_INLINE void operator()(const Vector (&x)[kIn], Vector (&y)[kOut]) const {
    const Vector even_a = hn::Add(x[1], x[2]), odd_a = hn::Sub(x[1], x[2]);
    const Vector even_b = hn::Add(x[3], x[4]), odd_b = hn::Sub(x[3], x[4]);
    y[0] = hn::Add(x[0], hn::Add(even_a, even_b));
    y[1] = times(kA, plus(odd_a, 2, odd_b));
    y[2] = times(kA2, plus(even_a, 4, even_b));
    y[3] = plus(x[5], kA * kA2, plus(odd_a, 8, odd_b));
  }
};

/// Four gradients of outputs carried over: the transpose of OutputAxis.
struct GradientAxis {
  HWY_INLINE void operator()(const Vector (&x)[kOut], Vector (&y)[kIn]) const {
    const Vector even_a = plus(x[0], kA2, x[2]), odd_a = plus(x[1], kA2, x[3]);
    const Vector even_b = plus(x[0], kB2, x[2]), odd_b = plus(x[1], kB2, x[3]);
    y[0] = x[0];
    y[1] = plus(even_a, kA, odd_a);
    y[2] = plus(even_a, -kA, odd_a);
    y[3] = plus(even_b, kB, odd_b);
    y[4] = plus(even_b, -kB, odd_b);
    y[5] = x[3];
  }
};

/// Three taps carried over.
struct FilterAxis {
  HWY_INLINE void operator()(const Vector (&x)[kTaps], Vector (&y)[kIn]) const {
    const Vector even_a = times(kANorm, plus(x[0], kA2, x[2])), odd_a = times(kANorm * kA, x[1]);
    const Vector even_b = times(kBNorm, plus(x[0], kB2, x[2])), odd_b = times(kBNorm * kB, x[1]);
    y[0] = times(kZeroNorm, x[0]);
    y[1] = hn::Add(even_a, odd_a);
    y[2] = hn::Sub(even_a, odd_a);
    y[3] = hn::Add(even_b, odd_b);
    y[4] = hn::Sub(even_b, odd_b);
    y[5] = x[2];
  }
};

/// The gradient of three taps: the transpose of FilterAxis.
struct FilterGradientAxis {
  HWY_INLINE void operator()(const Vector (&x)[kIn], Vector (&y)[kTaps]) const {
    const Vector even_a = times(kANorm, hn::Add(x[1], x[2]));
    const Vector even_b = times(kBNorm, hn::Add(x[3], x[4]));
    y[0] = plus(hn::Add(even_a, even_b), kZeroNorm, x[0]);
    y[1] = plus(times(kANorm * kA, hn::Sub(x[1], x[2])), kBNorm * kB, hn::Sub(x[3], x[4]));
    y[2] = plus(plus(x[5], kA2, even_a), kB2, even_b);
  }
};

/// y[i, j] = axis along i and j of x[i, j].
template <int kFrom, int kTo, class Axis, class Load, class Store>
HWY_INLINE void transform(const Axis& axis, const Load& load_from, const Store& store_to) {
  Vector half[kTo][kFrom];
  for (int j = 0; j < kFrom; ++j) {
    Vector x[kFrom], y[kTo];
    FOVEA_UNROLL
    for (int i = 0; i < kFrom; ++i) x[i] = load_from(i, j);
    axis(x, y);
    FOVEA_UNROLL
    for (int i = 0; i < kTo; ++i) half[i][j] = y[i];
  }
  for (int i = 0; i < kTo; ++i) {
    Vector y[kTo];
    axis(half[i], y);
    FOVEA_UNROLL
    for (int j = 0; j < kTo; ++j) store_to(i, j, y[j]);
  }
}

}  // namespace fovea::winograd
