// SPDX-License-Identifier: MIT
// The only file that includes Highway. Loading, tails and storing live here, so that a kernel shows
// its mathematics only. Four lanes in every build: with the same operations in the same order,
// results are the same bits on every machine. The `relaxed` variant alone fuses multiply and add,
// and promises the same bits on one machine only.
#pragma once

#include <cstddef>
#include <span>

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"
#ifdef __wasm_relaxed_simd__
#include <wasm_simd128.h>
#endif

namespace fovea {

namespace hn = hwy::HWY_NAMESPACE;

inline constexpr hn::FixedTag<float, 4> kLanes;
inline constexpr std::size_t kLaneCount = 4;
using Vector = hn::Vec<decltype(kLanes)>;
using Mask = hn::Mask<decltype(kLanes)>;

inline Vector zero() { return hn::Zero(kLanes); }
inline Vector broadcast(float value) { return hn::Set(kLanes, value); }
inline Vector load(const float* from) { return hn::LoadU(kLanes, from); }
inline void store(Vector v, float* to) { hn::StoreU(v, kLanes, to); }
// Fewer than a vector happens once, at the end: functions, which are not written out everywhere.
HWY_NOINLINE inline Vector load_few(const float* from, std::size_t count) {
  return hn::LoadN(kLanes, from, count);
}
HWY_NOINLINE inline void store_few(Vector v, float* to, std::size_t count) {
  hn::StoreN(v, kLanes, to, count);
}

/// The first `count` floats (at most 4), zero in the other lanes.
inline Vector load_some(const float* from, std::size_t count) {
  return count == kLaneCount ? load(from) : load_few(from, count);
}
inline void store_some(Vector v, float* to, std::size_t count) {
  if (count == kLaneCount) {
    store(v, to);
  } else {
    store_few(v, to, count);
  }
}

/// a * b + c: two roundings everywhere, but one in the `relaxed` variant, where that is a single
/// instruction. Highway has no relaxed-SIMD path, hence the one raw intrinsic of the library.
inline Vector multiply_add(Vector a, Vector b, Vector c) {
#ifdef __wasm_relaxed_simd__
  return Vector{wasm_f32x4_relaxed_madd(a.raw, b.raw, c.raw)};
#else
  return hn::Add(hn::Mul(a, b), c);
#endif
}

/// c - a * b, rounded like multiply_add.
inline Vector multiply_subtract(Vector a, Vector b, Vector c) {
#ifdef __wasm_relaxed_simd__
  return Vector{wasm_f32x4_relaxed_nmadd(a.raw, b.raw, c.raw)};
#else
  return hn::Sub(c, hn::Mul(a, b));
#endif
}

/// The larger number; NaN when either is NaN; the first of equals (so 0 against -0 keeps the
/// first).
inline Vector maximum(Vector a, Vector b) {
  return hn::IfThenElse(hn::Or(hn::Ge(a, b), hn::IsNaN(a)), a, b);
}

/// max(x, 0) that keeps NaN: a model that has gone wrong must say so.
inline Vector relu(Vector x) { return hn::IfThenZeroElse(hn::Lt(x, zero()), x); }

/// The sum of the four lanes, always as (v0 + v2) + (v1 + v3).
inline float sum_of_lanes(Vector v) {
  float lanes[4];
  store(v, lanes);
  return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
}
inline float max_of_lanes(Vector v) {
  const Vector pairs = maximum(v, hn::Reverse2(kLanes, v));
  return hn::GetLane(maximum(pairs, hn::Reverse4(kLanes, pairs)));
}

/// Rows become columns.
HWY_INLINE void turn(const Vector* rows, Vector* columns) {
  const Vector ac_low = hn::InterleaveLower(kLanes, rows[0], rows[2]);  // a0 c0 a1 c1
  const Vector bd_low = hn::InterleaveLower(kLanes, rows[1], rows[3]);
  const Vector ac_high = hn::InterleaveUpper(kLanes, rows[0], rows[2]);
  const Vector bd_high = hn::InterleaveUpper(kLanes, rows[1], rows[3]);
  columns[0] = hn::InterleaveLower(kLanes, ac_low, bd_low);
  columns[1] = hn::InterleaveUpper(kLanes, ac_low, bd_low);
  columns[2] = hn::InterleaveLower(kLanes, ac_high, bd_high);
  columns[3] = hn::InterleaveUpper(kLanes, ac_high, bd_high);
}

// Correct to a few units in the last place, and the same bits everywhere, which libm and JavaScript
// are not. Highway's wrap around above 177, turn NaN into a number and take logarithms of anything;
// these do not.
/// exp(x): infinite above 88.7, NaN for NaN.
inline Vector exponential(Vector x) {
  const Vector e = hn::Exp(kLanes, hn::Min(x, broadcast(89)));
  return hn::IfThenElse(hn::IsNaN(x), x, e);
}
/// ln(x) of a finite positive x; NaN for everything else that is not infinite.
inline Vector logarithm(Vector x) {
  return hn::IfThenElse(hn::Gt(x, zero()), hn::Log(kLanes, x), hn::NaN(kLanes));
}
inline Vector hyperbolic_tangent(Vector x) { return hn::Tanh(kLanes, x); }
inline Vector cosine(Vector x) { return hn::Cos(kLanes, x); }
inline Vector sine(Vector x) { return hn::Sin(kLanes, x); }

/// Calls body(i, count) for i = 0, 4, 8, ... with count = 4, and for the tail with the count that
/// is left. `body` is inlined twice, so that full vectors pay nothing for the tail.
template <class Body>
inline void for_each_vector(std::size_t size, const Body& body) {
  std::size_t i = 0;
  for (; i + kLaneCount <= size; i += kLaneCount) body(i, kLaneCount);
  if (i < size) body(i, size - i);
}

inline Vector load_at(std::span<const float> from, std::size_t i, std::size_t count) {
  return load_some(from.data() + i, count);
}
inline void store_at(Vector v, std::span<float> to, std::size_t i, std::size_t count) {
  store_some(v, to.data() + i, count);
}

/// y[i] = f(x[i], ...), element by element. y may be one of the inputs.
template <class Function, class... Inputs>
inline void map_to(std::span<float> y, const Function& f, const Inputs&... x) {
  for_each_vector(y.size(), [&](std::size_t i, std::size_t count) {
    store_at(f(load_at(std::span<const float>(x), i, count)...), y, i, count);
  });
}

}  // namespace fovea
