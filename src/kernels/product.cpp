// SPDX-License-Identifier: MIT
#include "kernels/product.h"

#include <algorithm>
#include <array>

namespace fovea {

namespace {

constexpr int kLaneInt = static_cast<int>(kLaneCount);

/// Weights of one block of terms stay in the first-level cache while all rows pass over them.
constexpr int kTermsPerBlock = 512;

/// Where a tile stands in the product: which part of the terms, and whether sums begin or end with
/// it.
struct Block {
  Taps taps;
  const float* weights;
  std::ptrdiff_t weight_step;
  bool first;
  bool last;
};

/// A row of a tile in memory. What tiles seldom do, at the edge of the columns or between two
/// blocks of terms, they do by these functions, which serve all shapes of tiles.
using Edge = float[kTileColumns];

std::size_t lanes(int count, int vector) {
  return static_cast<std::size_t>(std::clamp(count - vector * kLaneInt, 0, kLaneInt));
}

/// The first `count` numbers, and zeros.
HWY_NOINLINE void fetch_row(const float* from, int count, Edge& row) {
  for (int v = 0; v < kTileVectors; ++v) {
    store(load_some(from + v * kLaneInt, lanes(count, v)), row + v * kLaneInt);
  }
}

/// Writes, or adds, the first `count` numbers.
HWY_NOINLINE void put_row(const Edge& row, int count, float* to, bool add) {
  for (int v = 0; v < kTileVectors; ++v) {
    Vector numbers = load(row + v * kLaneInt);
    float* at = to + v * kLaneInt;
    if (add) numbers = hn::Add(numbers, load_some(at, lanes(count, v)));
    store_some(numbers, at, lanes(count, v));
  }
}

template <int kRows, int kVectors>
HWY_INLINE void product_tile(const ProductCall& call, const Block& block, int row, int column,
                             int count) {
  const float* pixel[kRows];
  float* output[kRows];
  Tile<kRows, kVectors> tile;
  FOVEA_UNROLL
  for (int i = 0; i < kRows; ++i) {
    pixel[i] = call.input + call.input_offsets[static_cast<std::size_t>(row + i)];
    output[i] = call.output + call.output_offsets[row + i] + column;
  }
  Edge edge;
  const bool whole = count == kVectors * kLaneInt;
  tile.clear();
  if (!block.first) {
    FOVEA_UNROLL
    for (int i = 0; i < kRows; ++i) {
      fetch_row(output[i], count, edge);
      FOVEA_UNROLL
      for (int v = 0; v < kVectors; ++v) tile.sum[i][v] = load(edge + v * kLaneInt);
    }
  }
  add_product(tile, pixel, block.taps, block.weights, block.weight_step);
  if (block.last) {
    for (int v = 0; v < kVectors; ++v) {
      const Vector added =
          call.epilogue.bias == nullptr
              ? zero()
              : load_some(call.epilogue.bias + column + v * kLaneInt, lanes(count, v));
      for (int i = 0; i < kRows; ++i) {
        tile.sum[i][v] = hn::Add(tile.sum[i][v], added);
        if (call.epilogue.relu) tile.sum[i][v] = relu(tile.sum[i][v]);
      }
    }
  }
  if (whole) {
    FOVEA_UNROLL
    for (int i = 0; i < kRows; ++i) {
      FOVEA_UNROLL
      for (int v = 0; v < kVectors; ++v) store(tile.sum[i][v], output[i] + v * kLaneInt);
    }
  } else {
    FOVEA_UNROLL
    for (int i = 0; i < kRows; ++i) {
      FOVEA_UNROLL
      for (int v = 0; v < kVectors; ++v) store(tile.sum[i][v], edge + v * kLaneInt);
      put_row(edge, count, output[i], false);
    }
  }
}

template <int kVectors, int kRows = kTileRows>
void product_rows(const ProductCall& call, const Block& block, int column, int count, int row) {
  const int rows = static_cast<int>(call.input_offsets.size());
  for (; row + kRows <= rows; row += kRows)
    product_tile<kRows, kVectors>(call, block, row, column, count);
  // What is left by twos and ones: a tile of every height would be many bytes for few rows.
  if constexpr (kRows > 1) {
    constexpr int kLower = kRows > 2 ? 2 : 1;
    if (row < rows) product_rows<kVectors, kLower>(call, block, column, count, row);
  }
}

void product_panel(const ProductCall& call, const Block& block, int panel) {
  const int column = panel * kTileColumns;
  const int width = call.weights.panel_width(panel);
  const int count = std::min(width, call.weights.columns - column);
  if (width == kTileColumns) {
    product_rows<kTileVectors>(call, block, column, count, 0);
  } else {
    product_rows<1>(call, block, column, count, 0);
  }
}

/// Where a tile of filter gradients stands: the first of its inputs, seen from a pixel, and its
/// outputs.
struct OuterPlace {
  const float* input;
  float* output;
  int column;
  int count;  // columns that exist
};

template <int kRows, int kVectors>
HWY_INLINE void outer_tile(const OuterCall& call, const OuterPlace& place) {
  Tile<kRows, kVectors> tile;
  tile.clear();
  add_pixels(tile, call.grid, place.input, call.input_stride, call.gradient + place.column,
             call.gradient_stride);
  Edge edge;
  const bool whole = place.count == kVectors * kLaneInt;
  FOVEA_UNROLL
  for (int i = 0; i < kRows; ++i) {
    float* output = place.output + i * call.output_step + place.column;
    FOVEA_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      if (whole && call.accumulate) {
        tile.sum[i][v] = hn::Add(tile.sum[i][v], load(output + v * kLaneInt));
      }
      store(tile.sum[i][v], (whole ? output : edge) + v * kLaneInt);
    }
    if (!whole) put_row(edge, place.count, output, call.accumulate);
  }
}

/// `left` consecutive inputs, in tiles as tall as possible.
template <int kVectors, int kRows = kTileRows>
void outer_rows(const OuterCall& call, OuterPlace place, int left) {
  for (; left >= kRows; left -= kRows) {
    outer_tile<kRows, kVectors>(call, place);
    place.input += kRows;
    place.output += kRows * call.output_step;
  }
  if constexpr (kRows > 1) {
    if (left > 0) outer_rows<kVectors, kRows - 1>(call, place, left);
  }
}

}  // namespace

void pack(const PackedWeights& shape, float* packed, StridedMatrix block, int first_term, int count,
          int first_panel, int last_panel) {
  for (int panel = first_panel; panel < last_panel; ++panel) {
    const int width = shape.panel_width(panel);
    const int column = panel * kTileColumns;
    const int filled = std::min(width, shape.columns - column);
    float* to = packed + std::ptrdiff_t{column} * shape.terms + std::ptrdiff_t{first_term} * width;
    const float* from = block.data + column * block.column_stride;
    if (block.column_stride == 1 && filled == width) {
      for (int k = 0; k < count; ++k, from += block.k_stride, to += width) {
        for (int c = 0; c < width; c += kLaneInt) store(load(from + c), to + c);
      }
      continue;
    }
    for (int k = 0; k < count; ++k, from += block.k_stride, to += width) {
      for (int c = 0; c < filled; ++c) to[c] = from[c * block.column_stride];
      std::fill(to + filled, to + width, 0.0F);
    }
  }
}

void product(const ProductCall& call, int first_panel, int last_panel) {
  const int terms = call.taps.terms();
  if (call.taps.offsets.size() != 1 || terms <= kTermsPerBlock) {
    for (int panel = first_panel; panel < last_panel; ++panel) {
      const float* weights = call.weights.data + std::ptrdiff_t{panel} * kTileColumns * terms;
      product_panel(call, {call.taps, weights, call.weights.panel_width(panel), true, true}, panel);
    }
    return;
  }
  // One long run: cut into blocks. A sum rests in the output between blocks, which changes none of
  // its bits.
  for (int panel = first_panel; panel < last_panel; ++panel) {
    const int width = call.weights.panel_width(panel);
    const float* weights = call.weights.data + std::ptrdiff_t{panel} * kTileColumns * terms;
    for (int term = 0; term < terms; term += kTermsPerBlock) {
      const int count = std::min(kTermsPerBlock, terms - term);
      const std::array<std::int32_t, 1> offset = {call.taps.offsets[0] + term};
      product_panel(call,
                    {{offset, count},
                     weights + std::ptrdiff_t{term} * width,
                     width,
                     term == 0,
                     term + count == terms},
                    panel);
    }
  }
}

void outer(const OuterCall& call, int first, int last) {
  for (int column = 0; column < call.columns; column += kTileColumns) {
    const int count = std::min(call.columns - column, kTileColumns);
    std::ptrdiff_t k = first;
    for (const std::int32_t offset : call.taps.offsets) {
      const OuterPlace place{call.input + offset + first, call.output + k * call.output_step,
                             column, count};
      if (count > kLaneInt) {
        outer_rows<kTileVectors>(call, place, last - first);
      } else {
        outer_rows<1>(call, place, last - first);
      }
      k += call.taps.run;
    }
  }
}

}  // namespace fovea
