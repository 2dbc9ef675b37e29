// SPDX-License-Identifier: MIT
// The matrix products of the library, as implicit GEMM: rows are pixels found by a table of
// offsets, so no im2col matrix is ever made. A dense layer is the case where a pixel is a row of
// the batch and a patch is that row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "kernels/tile.h"

namespace fovea {

/// Weights [terms, columns] rearranged in panels of 8 columns, each a contiguous [terms, 8]: what a
/// register tile reads one after the other. Up to 4 columns that are left make the last panel 12
/// wide, or, where they are all, 4. Missing columns are zero.
struct PackedWeights {
  const float* data = nullptr;
  int terms = 0;
  int columns = 0;

  static std::int64_t size(int terms, int columns) {
    return std::int64_t{terms} * ((columns + 3) / 4 * 4);
  }
  [[nodiscard]] int panels() const { return std::max((columns + 3) / kTileColumns, 1); }
  [[nodiscard]] int panel_width(int panel) const {
    constexpr int kLanesHere = static_cast<int>(kLaneCount);
    if (panel + 1 < panels()) return kTileColumns;
    return (columns - panel * kTileColumns + kLanesHere - 1) / kLanesHere * kLanesHere;
  }
  /// Where the weight of a term and a column stands.
  [[nodiscard]] std::ptrdiff_t place(int term, int column) const {
    const int panel = std::min(column / kTileColumns, panels() - 1);
    return std::ptrdiff_t{panel} * kTileColumns * (terms - 1) +
           std::ptrdiff_t{term} * panel_width(panel) + column;
  }
};

/// A block of a matrix by strides: element (k, column) = data[k * k_stride + column *
/// column_stride].
struct StridedMatrix {
  const float* data = nullptr;
  std::ptrdiff_t k_stride = 0;
  std::ptrdiff_t column_stride = 0;
};

/// Packs rows [first_term, first_term + count) of panels [first_panel, last_panel) from `block`'s
/// rows 0 to count - 1.
void pack(const PackedWeights& shape, float* packed, StridedMatrix block, int first_term, int count,
          int first_panel, int last_panel);

/// What happens to a finished sum: y = relu(sum + bias), either of them optional.
struct Epilogue {
  const float* bias = nullptr;
  bool relu = false;
};

struct ProductCall {
  const float* input = nullptr;
  std::span<const std::int32_t> input_offsets;  // of each row
  Taps taps;
  PackedWeights weights;
  Epilogue epilogue = {};
  float* output = nullptr;
  const std::int32_t* output_offsets = nullptr;  // of each row
  /// If not 0, rows come in stretches of this length, in which each input is one float after the
  /// one before, and outputs are as far from each other everywhere.
  int side_by_side = 0;
  /// Each row's output begins where that of the row before ends.
  bool in_order = false;
};

/// output[row, column] = epilogue(sum over terms of input[row, term] * weight[term, column]) for
/// panels [first_panel, last_panel). Overwrites. Output must not alias input or weights.
void product(const ProductCall& call, int first_panel, int last_panel);

struct OuterCall {
  PixelGrid grid;
  const float* input = nullptr;
  PixelStride input_stride;
  Taps taps;                        // the inputs of a pixel, in the order of k
  const float* gradient = nullptr;  // may be read up to 7 floats past a pixel's last column
  PixelStride gradient_stride;
  int columns = 0;
  float* output = nullptr;         // [k, columns]
  std::ptrdiff_t output_step = 0;  // from one k to the next
  bool accumulate = false;         // add to output instead of overwriting it
};

/// output[k, column] = sum over the grid's pixels of input[pixel, k] * gradient[pixel, column], for
/// k in [first, last) of every run of the taps; `first` and `last` count within a run.
void outer(const OuterCall& call, int first, int last);

}  // namespace fovea
