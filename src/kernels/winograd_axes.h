// SPDX-License-Identifier: MIT
// Winograd's transforms of F(4, 3) and F(2, 5), one axis at a time: for all columns, then for all
// rows. Both have six inputs, and so the same points: 0, 3/4, -3/4, 3/2, -3/2 and infinity. They
// differ only in which output and which tap are the last ones, to which alone infinity belongs.
// Powers of these points are exact in binary, and float errors come out at twice those of the plain
// sum; with the usual points 1 and 2 they are four times as large.
#pragma once

#include <utility>

#include "kernels/simd.h"

namespace fovea::winograd {

inline constexpr int kIn = 6;    // inputs of a tile along one axis
inline constexpr int kOut = 4;   // outputs, at most
inline constexpr int kTaps = 5;  // at most

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

/// Six products carried back to four outputs, or to two.
struct OutputAxis {
  bool two;
  HWY_INLINE void operator()(const Vector (&x)[kIn], Vector (&y)[kOut]) const {
    const Vector even_a = hn::Add(x[1], x[2]), odd_a = hn::Sub(x[1], x[2]);
    const Vector even_b = hn::Add(x[3], x[4]), odd_b = hn::Sub(x[3], x[4]);
    y[0] = hn::Add(x[0], hn::Add(even_a, even_b));
    y[1] = times(kA, plus(odd_a, 2, odd_b));
    if (two) {
      y[1] = hn::Add(x[5], y[1]);
      y[2] = y[3] = zero();
      return;
    }
    y[2] = times(kA2, plus(even_a, 4, even_b));
    y[3] = plus(x[5], kA * kA2, plus(odd_a, 8, odd_b));
  }
};

/// Four gradients of outputs, or two and zeros, carried over: the transpose of OutputAxis.
struct GradientAxis {
  bool two;
  HWY_INLINE void operator()(const Vector (&x)[kOut], Vector (&y)[kIn]) const {
    Vector even_a = x[0], odd_a = x[1], even_b = x[0], odd_b = x[1];
    if (!two) {
      even_a = plus(even_a, kA2, x[2]), odd_a = plus(odd_a, kA2, x[3]);
      even_b = plus(even_b, kB2, x[2]), odd_b = plus(odd_b, kB2, x[3]);
    }
    y[0] = x[0];
    y[1] = plus(even_a, kA, odd_a);
    y[2] = plus(even_a, -kA, odd_a);
    y[3] = plus(even_b, kB, odd_b);
    y[4] = plus(even_b, -kB, odd_b);
    y[5] = two ? x[1] : x[3];
  }
};

/// Five taps, or three, carried over.
struct FilterAxis {
  bool five;
  HWY_INLINE void operator()(const Vector (&x)[kTaps], Vector (&y)[kIn]) const {
    Vector even_a = plus(x[0], kA2, x[2]), odd_a = x[1];
    Vector even_b = plus(x[0], kB2, x[2]), odd_b = x[1];
    if (five) {
      even_a = plus(even_a, kA2 * kA2, x[4]), odd_a = plus(odd_a, kA2, x[3]);
      even_b = plus(even_b, kB2 * kB2, x[4]), odd_b = plus(odd_b, kB2, x[3]);
    }
    even_a = times(kANorm, even_a), odd_a = times(kANorm * kA, odd_a);
    even_b = times(kBNorm, even_b), odd_b = times(kBNorm * kB, odd_b);
    y[0] = times(kZeroNorm, x[0]);
    y[1] = hn::Add(even_a, odd_a);
    y[2] = hn::Sub(even_a, odd_a);
    y[3] = hn::Add(even_b, odd_b);
    y[4] = hn::Sub(even_b, odd_b);
    y[5] = five ? x[4] : x[2];
  }
};

/// The gradients of five taps, or of three: the transpose of FilterAxis.
struct FilterGradientAxis {
  bool five;
  HWY_INLINE void operator()(const Vector (&x)[kIn], Vector (&y)[kTaps]) const {
    const Vector even_a = times(kANorm, hn::Add(x[1], x[2]));
    const Vector even_b = times(kBNorm, hn::Add(x[3], x[4]));
    y[0] = plus(hn::Add(even_a, even_b), kZeroNorm, x[0]);
    const Vector odd_a = times(kANorm * kA, hn::Sub(x[1], x[2]));
    const Vector odd_b = hn::Sub(x[3], x[4]);
    y[1] = plus(odd_a, kBNorm * kB, odd_b);
    y[2] = plus(plus(five ? zero() : x[5], kA2, even_a), kB2, even_b);
    y[3] = y[4] = zero();
    if (!five) return;
    y[3] = plus(times(kA2, odd_a), kBNorm * kB * kB2, odd_b);
    y[4] = plus(plus(x[5], kA2 * kA2, even_a), kB2 * kB2, even_b);
  }
};

/// y[i, j] = axis along i and j of x[i, j], row by row: for rows [first, last) of y. Of x, the
/// columns are loaded; load_column says false of one that is zero. An axis that knows of fewer than
/// kFrom has `from` columns. In memory, one loop for both axes: half the code of transform(), for
/// filters, which are few.
template <int kFrom, int kTo, class Axis, class Load, class Store>
HWY_INLINE void transform_in_memory(const Axis& axis, int from, int first, int last,
                                    const Load& load_column, const Store& store_row) {
  Vector columns[kIn][kIn], rows[kIn][kIn];
  for (int j = 0; j < from; ++j) {
    Vector x[kFrom];
    const bool there = load_column(j, x);
    for (int i = 0; i < kFrom; ++i) columns[j][i] = there ? x[i] : zero();
  }
  auto* source = columns;
  auto* target = rows;
  for (const int count : {from, last}) {
    for (int j = 0; j < count; ++j) {
      Vector x[kFrom], y[kTo];
      FOVEA_UNROLL
      for (int i = 0; i < kFrom; ++i) x[i] = source[j][i];
      axis(x, y);
      FOVEA_UNROLL
      for (int i = 0; i < kTo; ++i) target[i][j] = y[i];
    }
    std::swap(source, target);
  }
  for (int i = first; i < last; ++i) {
    Vector y[kTo];
    for (int j = 0; j < kTo; ++j) y[j] = columns[j][i];
    store_row(i, y);
  }
}

/// The same, faster.
template <int kFrom, int kTo, class Axis, class Load, class Store>
HWY_INLINE void transform(const Axis& axis, int from, int first, int last, const Load& load_column,
                          const Store& store_row) {
  // Without vectors the code of four lanes, written out, is what counts.
  if constexpr (HWY_TARGET == HWY_EMU128) {
    return transform_in_memory<kFrom, kTo>(axis, from, first, last, load_column, store_row);
  }
  Vector half[kTo][kFrom];
  for (int j = 0; j < from; ++j) {
    Vector x[kFrom], y[kTo];
    if (load_column(j, x)) {
      axis(x, y);
    } else {
      FOVEA_UNROLL
      for (int i = 0; i < kTo; ++i) y[i] = zero();
    }
    FOVEA_UNROLL
    for (int i = 0; i < kTo; ++i) half[i][j] = y[i];
  }
  for (int i = first; i < last; ++i) {
    Vector y[kTo];
    axis(half[i], y);
    store_row(i, y);
  }
}

}  // namespace fovea::winograd
