// SPDX-License-Identifier: MIT
#include "kernels/product.h"

#include <algorithm>
#include <array>
#include <limits>

namespace fovea {

namespace {

constexpr int kLaneInt = static_cast<int>(kLaneCount);

/// A row of a tile in memory. What tiles seldom do, at the edge of the columns, they do by this
/// function, which serves all shapes of tiles.
constexpr int kMostVectors = 3;
/// A tile of one vector has so many rows at most: five sums or six wait for each other alike.
constexpr int kNarrowRows = std::min(kTileRows, 5);
using Edge = float[kMostVectors * kLaneInt];

std::size_t lanes(int count, int vector) {
  return static_cast<std::size_t>(std::clamp(count - vector * kLaneInt, 0, kLaneInt));
}

/// Writes, or adds, the first `count` numbers.
HWY_NOINLINE void put_row(const Edge& row, int count, float* to, bool add) {
  for (int v = 0; v * kLaneInt < count; ++v) {
    Vector numbers = load(row + v * kLaneInt);
    float* at = to + v * kLaneInt;
    if (add) numbers = hn::Add(numbers, load_some(at, lanes(count, v)));
    store_some(numbers, at, lanes(count, v));
  }
}

/// One panel of weights, and what happens to its sums.
struct Panel {
  const float* weights;
  int width;
  int column;  // its first
  int count;   // columns that exist
  /// Rows before this one may be written by whole vectors: what is too much, the numbers of the
  /// next rows overwrite.
  int may_spill;
  Edge bias;    // of each column, or zeros
  float least;  // what is below becomes zero

  [[nodiscard]] HWY_INLINE Vector finished(Vector sum) const {
    return hn::IfThenZeroElse(hn::Lt(sum, broadcast(least)), sum);
  }
};

template <int kRows, int kVectors>
HWY_INLINE void product_tile(const ProductCall& call, const Panel& panel, int row) {
  const float* pixel[kRows];
  float* output[kRows];
  Tile<kRows, kVectors> tile;
  FOVEA_UNROLL
  for (int i = 0; i < kRows; ++i) {
    pixel[i] = call.input + call.input_offsets[static_cast<std::size_t>(row + i)];
    output[i] = call.output + call.output_offsets[row + i] + panel.column;
  }
  Edge edge;
  const bool whole = row + kRows <= panel.may_spill;
  tile.clear();
  add_product(tile, pixel, call.taps, panel.weights, kVectors * kLaneInt);
  Vector bias[kVectors];
  FOVEA_UNROLL
  for (int v = 0; v < kVectors; ++v) bias[v] = load(panel.bias + v * kLaneInt);
  FOVEA_UNROLL
  for (int i = 0; i < kRows; ++i) {
    FOVEA_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      store(panel.finished(hn::Add(tile.sum[i][v], bias[v])),
            (whole ? output[i] : edge) + v * kLaneInt);
    }
    if (!whole) put_row(edge, panel.count, output[i], false);
  }
}

template <int kVectors, int kRows>
void product_rows(const ProductCall& call, const Panel& panel, int row) {
  const int rows = static_cast<int>(call.input_offsets.size());
  for (; row + kRows <= rows; row += kRows) product_tile<kRows, kVectors>(call, panel, row);
  // What is left by twos and ones: a tile of every height would be many bytes for few rows.
  if constexpr (kRows > 1) {
    constexpr int kLower = kRows > 2 && kVectors == kTileVectors ? 2 : 1;
    if (row < rows) product_rows<kVectors, kLower>(call, panel, row);
  }
}

/// Four columns of the nine terms of a 3x3 window over one channel. A tile with so few terms is
/// hardly begun when it ends. So here the weights stay in registers while the window slides along a
/// row of the image; each input is loaded once for the three sums that are under way, whose terms
/// come column by column of the window.
void product_of_nine(const ProductCall& call, const Panel& panel, int first_column) {
  Vector w[9];
  FOVEA_UNROLL
  for (int k = 0; k < 9; ++k) w[k] = load(panel.weights + k * panel.width + first_column);
  const Vector bias = load(panel.bias + first_column);
  const int length = call.side_by_side;
  const int rows = static_cast<int>(call.input_offsets.size());
  const int step = call.output_offsets[1] - call.output_offsets[0];
  for (int row = 0; row < rows; row += length) {
    const float* from = call.input + call.input_offsets[static_cast<std::size_t>(row)];
    const float* top = from + call.taps.offsets[0];
    const float* middle = from + call.taps.offsets[1];
    const float* bottom = from + call.taps.offsets[2];
    float* output = call.output + call.output_offsets[row] + panel.column + first_column;
    Vector left = zero();
    Vector right = zero();
    for (int i = -2; i < length; ++i) {
      const Vector x = broadcast(*top++);
      const Vector y = broadcast(*middle++);
      const Vector z = broadcast(*bottom++);
      const Vector sum = multiply_add(z, w[8], multiply_add(y, w[5], multiply_add(x, w[2], left)));
      left = multiply_add(z, w[7], multiply_add(y, w[4], multiply_add(x, w[1], right)));
      right = multiply_add(z, w[6], multiply_add(y, w[3], hn::Mul(x, w[0])));
      if (i < 0) continue;
      store(panel.finished(hn::Add(sum, bias)), output);
      output += step;
    }
  }
}

void product_panel(const ProductCall& call, const Panel& panel) {
  if (call.side_by_side > 1 && call.taps.run == 3 && call.taps.offsets.size() == 3 &&
      panel.count % kLaneInt == 0) {
    for (int c = 0; c < panel.count; c += kLaneInt) product_of_nine(call, panel, c);
  } else if (panel.width == kTileColumns) {
    product_rows<kTileVectors, kTileRows>(call, panel, 0);
  } else if (panel.width < kTileColumns) {
    product_rows<1, kTileRows>(call, panel, 0);
  } else {
    product_rows<kMostVectors, std::min(kTileRows, 3)>(call, panel, 0);
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

/// kRows consecutive inputs of each of kRuns runs.
template <int kRows, int kVectors, int kRuns = 1>
HWY_INLINE void outer_tile(const OuterCall& call, const OuterPlace& place) {
  constexpr int kSums = kRows * kRuns;
  Tile<kSums, kVectors> tile;
  tile.clear();
  std::ptrdiff_t runs[kRuns] = {};
  FOVEA_UNROLL
  for (int i = 1; i < kRuns; ++i) {
    runs[i] = call.taps.offsets[static_cast<std::size_t>(i)] - call.taps.offsets[0];
  }
  add_pixels<kRows>(tile, call.grid, place.input, runs, call.input_stride,
                    call.gradient + place.column, call.gradient_stride);
  Edge edge;
  const bool whole = place.count == kVectors * kLaneInt;
  FOVEA_UNROLL
  for (int i = 0; i < kSums; ++i) {
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

/// `left` consecutive inputs in `tiles` tiles, about as tall as each other: one of two rows has too
/// few sums to hide the time that an addition takes. Not all heights are there, to save bytes.
template <int kVectors, int kRows>
void outer_rows(const OuterCall& call, OuterPlace place, int left, int tiles) {
  constexpr int kLowest = kTileRows < 5 ? 1 : kVectors == 1 ? 4 : 3;  // before single rows
  for (; left >= kRows && (kRows == kLowest || left > (kRows - 1) * tiles); --tiles) {
    outer_tile<kRows, kVectors>(call, place);
    place.input += kRows;
    place.output += kRows * call.output_step;
    left -= kRows;
  }
  if constexpr (kRows > 1) {
    if (left > 0) {
      outer_rows<kVectors, kRows == kLowest ? 1 : kRows - 1>(call, place, left, tiles);
    }
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
  const int rows = static_cast<int>(call.input_offsets.size());
  for (int panel = first_panel; panel < last_panel; ++panel) {
    const int column = panel * kTileColumns;
    const int width = call.weights.panel_width(panel);
    Panel here{.weights = call.weights.data + std::ptrdiff_t{column} * call.weights.terms,
               .width = width,
               .column = column,
               .count = std::min(width, call.weights.columns - column),
               .may_spill = rows,
               .bias = {},
               .least = call.epilogue.relu ? 0 : -std::numeric_limits<float>::infinity()};
    if (here.count < width) {
      const bool spills = call.in_order && call.weights.panels() == 1;
      here.may_spill = spills ? rows - (width - 1) / here.count : 0;
    }
    if (call.epilogue.bias != nullptr)
      std::copy_n(call.epilogue.bias + column, here.count, here.bias);
    product_panel(call, here);
  }
}

void outer(const OuterCall& call, int first, int last) {
  if (call.taps.offsets.size() == 3 && call.taps.run == 3) {
    // A 3x3 window over one channel: nine sums side by side, where a run alone has three.
    for (int column = 0; column < call.columns; column += kLaneInt) {
      const int count = std::min(call.columns - column, kLaneInt);
      outer_tile<3, 1, 3>(call, {call.input + call.taps.offsets[0], call.output, column, count});
    }
    return;
  }
  const auto tiles = [&](int rows) { return (last - first + rows - 1) / rows; };
  for (int column = 0; column < call.columns; column += kTileColumns) {
    const int count = std::min(call.columns - column, kTileColumns);
    std::ptrdiff_t k = first;
    for (const std::int32_t offset : call.taps.offsets) {
      const OuterPlace place{call.input + offset + first, call.output + k * call.output_step,
                             column, count};
      if (count > kLaneInt) {
        outer_rows<kTileVectors, kTileRows>(call, place, last - first, tiles(kTileRows));
      } else {
        outer_rows<1, kNarrowRows>(call, place, last - first, tiles(kNarrowRows));
      }
      k += call.taps.run;
    }
  }
}

}  // namespace fovea
