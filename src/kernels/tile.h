// SPDX-License-Identifier: MIT
// The two register tiles under every convolution and dense layer. Both keep a tile of sums in
// registers, broadcast one operand and load the other as vectors:
//   product:  sum[row][column]  = over k       of  input[row, k] * weight[k, column] (outputs and
//   input gradients) outer:    sum[k][column]    = over pixels  of  input[pixel, k] *
//   gradient[pixel, column] (filter gradients)
// Every sum is one chain in the order of k or of pixels, whatever the tile: a result never depends
// on its neighbours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/simd.h"

#if HWY_TARGET == HWY_EMU128
#define FOVEA_UNROLL  // there are no registers to keep a tile in, and bytes count
#elif defined(__clang__)
#define FOVEA_UNROLL _Pragma("clang loop unroll(full)")
#else
#define FOVEA_UNROLL _Pragma("GCC unroll 16")
#endif

namespace fovea {

// More than 15 live vectors spill (x86 has 16 registers): 4x8 holds 8 sums, 2 weights and 1
// broadcast. A fused multiply-add needs no register for the product, so `relaxed` affords 6x8.
// Without vectors a single row fills the registers, and its code is a quarter.
#ifdef __wasm_relaxed_simd__
inline constexpr int kTileRows = 6;
#elif HWY_TARGET == HWY_EMU128
inline constexpr int kTileRows = 1;
#else
inline constexpr int kTileRows = 4;
#endif
inline constexpr int kTileVectors = 2;
inline constexpr int kTileColumns = kTileVectors * static_cast<int>(kLaneCount);

/// Where the terms of one sum stand, seen from a pixel: runs of `run` consecutive floats, one run
/// at each offset.
struct Taps {
  std::span<const std::int32_t> offsets;
  int run = 0;
  [[nodiscard]] int terms() const { return static_cast<int>(offsets.size()) * run; }
};

template <int kRows, int kVectors>
struct Tile {
  Vector sum[kRows][kVectors];

  HWY_INLINE void clear() {
    FOVEA_UNROLL
    for (int i = 0; i < kRows; ++i) {
      FOVEA_UNROLL
      for (int v = 0; v < kVectors; ++v) sum[i][v] = zero();
    }
  }

  /// sum[i] += value(i) * column, for all rows of the tile.
  template <class Value>
  HWY_INLINE void add_outer(const Value& value, const float* column) {
    add_products([&](int i) { return broadcast(value(i)); }, column);
  }

  /// The same with a vector for each row.
  template <class Value>
  HWY_INLINE void add_products(const Value& value, const float* column) {
    Vector c[kVectors];
    FOVEA_UNROLL
    for (int v = 0; v < kVectors; ++v) c[v] = load(column + v * static_cast<int>(kLaneCount));
    FOVEA_UNROLL
    for (int i = 0; i < kRows; ++i) {
      const Vector a = value(i);
      FOVEA_UNROLL
      for (int v = 0; v < kVectors; ++v) sum[i][v] = multiply_add(a, c[v], sum[i][v]);
    }
  }
};

/// Adds the terms of `taps` for kRows pixels. `weights` holds a row of columns per term,
/// `weight_step` floats apart. Unrolling the terms by hand made V8 slower (2 or 4: 38 -> 35
/// GFLOP/s).
template <int kRows, int kVectors>
HWY_INLINE void add_product(Tile<kRows, kVectors>& tile, const float* const (&pixel)[kRows],
                            const Taps& taps, const float* weights, std::ptrdiff_t weight_step) {
  for (const std::int32_t offset : taps.offsets) {
    for (int r = 0; r < taps.run; ++r) {
      tile.add_outer([&](int i) { return pixel[i][offset + r]; }, weights);
      weights += weight_step;
    }
  }
}

/// A grid of pixels as it lies in memory.
struct PixelGrid {
  int rows = 1, columns = 1;
};
struct PixelStride {
  std::ptrdiff_t row = 0, column = 0;  // floats from one row or column to the next
};

/// Adds the terms of all pixels for kRows consecutive inputs of a pixel in each of kRuns runs,
/// which begin at input + runs[0], input + runs[1], ...
template <int kRows, int kRuns, int kVectors>
HWY_INLINE void add_pixels(Tile<kRows * kRuns, kVectors>& tile, const PixelGrid& grid,
                           const float* input, const std::ptrdiff_t (&runs)[kRuns],
                           const PixelStride& input_stride, const float* gradient,
                           const PixelStride& gradient_stride) {
  for (int row = 0; row < grid.rows; ++row) {
    const float* pixel[kRuns];
    FOVEA_UNROLL
    for (int i = 0; i < kRuns; ++i) pixel[i] = input + row * input_stride.row + runs[i];
    const float* values = gradient + row * gradient_stride.row;
    for (int column = 0; column < grid.columns; ++column) {
      tile.add_outer([&](int i) { return pixel[i / kRows][i % kRows]; }, values);
      FOVEA_UNROLL
      for (int i = 0; i < kRuns; ++i) pixel[i] += input_stride.column;
      values += gradient_stride.column;
    }
  }
}

}  // namespace fovea
