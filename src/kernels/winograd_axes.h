// SPDX-License-Identifier: MIT
// Winograd's transforms of F(4, 3), one axis at a time: for all columns, then for all rows. The
// points are 0, 3/4, -3/4, 3/2, -3/2 and infinity. Their powers are exact in binary, and float
// errors come out at twice those of the plain sum; with the usual points 1 and 2 they are four
// times as large.
#pragma once

#include <algorithm>
#include <utility>

#include "kernels/simd.h"

namespace fovea::winograd {

inline constexpr int kIn = 6;  // inputs of a tile along one axis
inline constexpr int kOut = 4;
inline constexpr int kTaps = 3;

inline constexpr float kA = 0.75F, kB = 1.5F;  // the points, b = 2a
inline constexpr float kA2 = kA * kA, kB2 = kB * kB;
// What a polynomial through all points but one is at that one.
inline constexpr float kZeroNorm = 1 / (kA2 * kB2);
inline constexpr float kANorm = 1 / (2 * kA2 * (kA2 - kB2));
inline constexpr float kBNorm = 1 / (2 * kB2 * (kB2 - kA2));

/// The factors of the transforms: a, b, a^2, b^2, a^2 + b^2, a^2 b^2, a^3, and three powers of two.
/// Defined elsewhere, so that the compiler for WebAssembly does not know them: it would make each
/// constant anew wherever one is used, which takes V8 three instructions.
extern const float kFactors[10];
enum Factor { kFirst, kSecond, kFirst2, kSecond2, kSum, kProduct, kFirst3, kTwo, kFour, kEight };
HWY_INLINE Vector factor(Factor which) { return broadcast(kFactors[which]); }

HWY_INLINE Vector plus(Vector x, Vector factor, Vector y) { return multiply_add(factor, y, x); }
HWY_INLINE Vector minus(Vector x, Vector factor, Vector y) {
  return multiply_subtract(factor, y, x);
}

/// Six inputs carried over.
struct InputAxis {
  Vector a = factor(kFirst), b = factor(kSecond), a2 = factor(kFirst2), b2 = factor(kSecond2),
         sum = factor(kSum), product = factor(kProduct);
  HWY_INLINE void operator()(const Vector (&x)[kIn], Vector (&y)[kIn]) const {
    const Vector even_a = minus(x[4], b2, x[2]), odd_a = minus(x[3], b2, x[1]);
    const Vector even_b = minus(x[4], a2, x[2]), odd_b = minus(x[3], a2, x[1]);
    y[0] = plus(minus(x[4], sum, x[2]), product, x[0]);
    y[1] = plus(even_a, a, odd_a);
    y[2] = minus(even_a, a, odd_a);
    y[3] = plus(even_b, b, odd_b);
    y[4] = minus(even_b, b, odd_b);
    y[5] = plus(minus(x[5], sum, x[3]), product, x[1]);
  }
};

/// The gradients of six inputs: the transpose of InputAxis.
struct InputGradientAxis {
  Vector a = factor(kFirst), b = factor(kSecond), a2 = factor(kFirst2), b2 = factor(kSecond2),
         sum = factor(kSum), product = factor(kProduct);
  HWY_INLINE void operator()(const Vector (&x)[kIn], Vector (&y)[kIn]) const {
    const Vector even_a = hn::Add(x[1], x[2]), odd_a = hn::Mul(a, hn::Sub(x[1], x[2]));
    const Vector even_b = hn::Add(x[3], x[4]), odd_b = hn::Mul(b, hn::Sub(x[3], x[4]));
    y[0] = hn::Mul(product, x[0]);
    y[1] = minus(minus(hn::Mul(product, x[5]), b2, odd_a), a2, odd_b);
    y[2] = hn::Neg(plus(plus(hn::Mul(sum, x[0]), b2, even_a), a2, even_b));
    y[3] = minus(hn::Add(odd_a, odd_b), sum, x[5]);
    y[4] = hn::Add(x[0], hn::Add(even_a, even_b));
    y[5] = x[5];
  }
};

/// Six products carried back to four outputs.
struct OutputAxis {
  Vector a = factor(kFirst), a2 = factor(kFirst2), a3 = factor(kFirst3), two = factor(kTwo),
         four = factor(kFour), eight = factor(kEight);
  HWY_INLINE void operator()(const Vector (&x)[kIn], Vector (&y)[kOut]) const {
    const Vector even_a = hn::Add(x[1], x[2]), odd_a = hn::Sub(x[1], x[2]);
    const Vector even_b = hn::Add(x[3], x[4]), odd_b = hn::Sub(x[3], x[4]);
    y[0] = hn::Add(x[0], hn::Add(even_a, even_b));
    y[1] = hn::Mul(a, plus(odd_a, two, odd_b));
    y[2] = hn::Mul(a2, plus(even_a, four, even_b));
    y[3] = plus(x[5], a3, plus(odd_a, eight, odd_b));
  }
};

/// Four gradients of outputs carried over: the transpose of OutputAxis.
struct GradientAxis {
  Vector a = factor(kFirst), b = factor(kSecond), a2 = factor(kFirst2), b2 = factor(kSecond2);
  HWY_INLINE void operator()(const Vector (&x)[kOut], Vector (&y)[kIn]) const {
    const Vector even_a = plus(x[0], a2, x[2]), odd_a = plus(x[1], a2, x[3]);
    const Vector even_b = plus(x[0], b2, x[2]), odd_b = plus(x[1], b2, x[3]);
    y[0] = x[0];
    y[1] = plus(even_a, a, odd_a);
    y[2] = minus(even_a, a, odd_a);
    y[3] = plus(even_b, b, odd_b);
    y[4] = minus(even_b, b, odd_b);
    y[5] = x[3];
  }
};

/// Three taps carried over.
struct FilterAxis {
  Vector a2 = factor(kFirst2), b2 = factor(kSecond2);
  Vector zero_norm = broadcast(kZeroNorm), a_norm = broadcast(kANorm), b_norm = broadcast(kBNorm);
  HWY_INLINE void operator()(const Vector (&x)[kTaps], Vector (&y)[kIn]) const {
    const Vector even_a = hn::Mul(a_norm, plus(x[0], a2, x[2]));
    const Vector even_b = hn::Mul(b_norm, plus(x[0], b2, x[2]));
    const Vector odd_a = hn::Mul(hn::Mul(a_norm, broadcast(kA)), x[1]);
    const Vector odd_b = hn::Mul(hn::Mul(b_norm, broadcast(kB)), x[1]);
    y[0] = hn::Mul(zero_norm, x[0]);
    y[1] = hn::Add(even_a, odd_a);
    y[2] = hn::Sub(even_a, odd_a);
    y[3] = hn::Add(even_b, odd_b);
    y[4] = hn::Sub(even_b, odd_b);
    y[5] = x[2];
  }
};

/// The gradients of three taps: the transpose of FilterAxis.
struct FilterGradientAxis {
  Vector a2 = factor(kFirst2), b2 = factor(kSecond2);
  HWY_INLINE void operator()(const Vector (&x)[kIn], Vector (&y)[kTaps]) const {
    const Vector even_a = hn::Mul(broadcast(kANorm), hn::Add(x[1], x[2]));
    const Vector even_b = hn::Mul(broadcast(kBNorm), hn::Add(x[3], x[4]));
    const Vector odd_a = hn::Mul(broadcast(kANorm * kA), hn::Sub(x[1], x[2]));
    const Vector odd_b = hn::Mul(broadcast(kBNorm * kB), hn::Sub(x[3], x[4]));
    y[0] = plus(hn::Add(even_a, even_b), broadcast(kZeroNorm), x[0]);
    y[1] = hn::Add(odd_a, odd_b);
    y[2] = plus(plus(x[5], a2, even_a), b2, even_b);
  }
};

/// y[i, j] = axis along i and j of x[i, j], row by row: for rows [first, last) of y. Of x, the
/// columns are loaded; load_column says false of one that is zero. In memory, one loop for both
/// axes: half the code of transform().
template <int kFrom, int kTo, class Axis, class Load, class Store>
HWY_INLINE void transform_in_memory(const Axis& axis, int first, int last, const Load& load_column,
                                    const Store& store_row) {
  Vector columns[kIn][kIn], rows[kIn][kIn];
  bool there[kIn];
  for (int j = 0; j < kFrom; ++j) {
    Vector x[kFrom];
    there[j] = load_column(j, x);
    for (int i = 0; i < kFrom; ++i) columns[j][i] = there[j] ? x[i] : zero();
  }
  auto* source = columns;
  auto* target = rows;
  for (const int count : {kFrom, last}) {
    for (int j = 0; j < count; ++j) {
      Vector x[kFrom], y[kTo];
      FOVEA_UNROLL
      for (int i = 0; i < kFrom; ++i) x[i] = source[j][i];
      axis(x, y);
      FOVEA_UNROLL
      for (int i = 0; i < kTo; ++i) target[i][j] = there[j] ? y[i] : zero();  // never -0
    }
    std::fill_n(there, kIn, true);
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
HWY_INLINE void transform(const Axis& axis, int first, int last, const Load& load_column,
                          const Store& store_row) {
  // Without vectors the code of four lanes, written out, is what counts.
  if constexpr (HWY_TARGET == HWY_EMU128) {
    return transform_in_memory<kFrom, kTo>(axis, first, last, load_column, store_row);
  }
  Vector half[kTo][kFrom];
  for (int j = 0; j < kFrom; ++j) {
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
