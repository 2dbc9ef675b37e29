// SPDX-License-Identifier: MIT
#include "kernels/matrix.h"

#include <algorithm>

namespace fovea {

namespace {

constexpr int kLaneInt = static_cast<int>(kLaneCount);

/// How many of vector v's lanes exist where `columns` columns are left.
std::size_t lanes(int columns, int v) {
  return static_cast<std::size_t>(std::clamp(columns - v * kLaneInt, 0, kLaneInt));
}

/// Where a tile's sums lie: rows and columns of `output`, which may be fewer than the tile's.
struct Place {
  Place(const Rows<float>& output, int row, int column)
      : data(output.row(row) + column),
        step(output.step),
        rows(output.rows - row),
        columns(output.columns - column) {}

  float* data;
  std::ptrdiff_t step;
  int rows, columns;
};

/// Copies what exists of a tile between memory and `place`; not inlined: it is the seldom case.
HWY_NOINLINE void copy_some(const float* from, std::ptrdiff_t from_step, float* to,
                            std::ptrdiff_t to_step, int rows, int columns) {
  for (int i = 0; i < rows; ++i, from += from_step, to += to_step) std::copy_n(from, columns, to);
}

template <int kRows>
HWY_INLINE void load_tile(Tile<kRows, kTileVectors>& tile, const float* from, std::ptrdiff_t step) {
  FOVEA_UNROLL
  for (int i = 0; i < kRows; ++i) {
    FOVEA_UNROLL
    for (int v = 0; v < kTileVectors; ++v) tile.sum[i][v] = load(from + i * step + v * kLaneInt);
  }
}
template <int kRows>
HWY_INLINE void store_tile(const Tile<kRows, kTileVectors>& tile, float* to, std::ptrdiff_t step) {
  FOVEA_UNROLL
  for (int i = 0; i < kRows; ++i) {
    FOVEA_UNROLL
    for (int v = 0; v < kTileVectors; ++v) store(tile.sum[i][v], to + i * step + v * kLaneInt);
  }
}

/// Calls fill(tile) and stores the tile; what stands over the edge goes by way of `whole`.
template <int kRows, class Fill>
HWY_INLINE void into_place(const Place& place, bool begins, const Fill& fill) {
  Tile<kRows, kTileVectors> tile;
  float whole[kRows * kPanel];
  const bool fits = place.rows >= kRows && place.columns >= kPanel;
  float* data = fits ? place.data : whole;
  const std::ptrdiff_t step = fits ? place.step : kPanel;
  const int rows = std::min(place.rows, kRows);
  const int columns = std::min(place.columns, kPanel);
  if (begins) {
    tile.clear();
  } else {
    if (!fits) copy_some(place.data, place.step, whole, kPanel, rows, columns);
    load_tile(tile, data, step);
  }
  fill(tile);
  store_tile(tile, data, step);
  if (!fits) copy_some(whole, kPanel, place.data, place.step, rows, columns);
}

/// Some rows of one panel's outputs. Rows that a tile has too many repeat the last one.
template <int kRows>
void product_tile(const Rows<const float>& input, const float* panel, const SumPart& part,
                  const Rows<float>& output, int row, int column) {
  const float* from[kRows];
  FOVEA_UNROLL
  for (int i = 0; i < kRows; ++i) from[i] = input.row(std::min(row + i, input.rows - 1));
  const Place place(output, row, column);
  into_place<kRows>(place, part.first, [&](Tile<kRows, kTileVectors>& tile) {
    for (int k = 0; k < input.columns; ++k) {
      tile.add_outer([&](int i) { return from[i][k]; }, panel);
      panel += kPanel;
    }
    if (!part.last) return;
    float bias[kPanel] = {};
    if (part.bias != nullptr)
      std::copy_n(part.bias + column, std::min(place.columns, kPanel), bias);
    FOVEA_UNROLL
    for (int v = 0; v < kTileVectors; ++v) {
      const Vector added = hn::Add(load(bias + v * kLaneInt), zero());  // see SumPart
      FOVEA_UNROLL
      for (int i = 0; i < kRows; ++i) {
        tile.sum[i][v] = hn::Add(tile.sum[i][v], added);
        if (part.relu) tile.sum[i][v] = relu(tile.sum[i][v]);
      }
    }
  });
}

/// Terms that are added at a time: so many rows of weights are read side by side. Without vectors
/// sums are the smaller part of the work, and bytes count.
constexpr int kSideBySide = HWY_TARGET == HWY_EMU128 ? 4 : 8;

/// Adds kTerms terms to all columns of a row of sums: those that `terms` tells.
template <int kTerms>
void add_terms(const float* input, const Rows<const float>& weights, const int* terms,
               float* sums) {
  Vector x[kTerms];
  const float* row[kTerms];
  FOVEA_UNROLL
  for (int t = 0; t < kTerms; ++t) {
    x[t] = broadcast(input[terms[t]]);
    row[t] = weights.row(terms[t]);
  }
  int i = 0;
  for (; i + kLaneInt <= weights.columns; i += kLaneInt) {
    Vector sum = load(sums + i);
    FOVEA_UNROLL
    for (int t = 0; t < kTerms; ++t) sum = multiply_add(x[t], load(row[t] + i), sum);
    store(sum, sums + i);
  }
  for (; i < weights.columns; ++i) {
    Vector sum = broadcast(sums[i]);
    FOVEA_UNROLL
    for (int t = 0; t < kTerms; ++t) sum = multiply_add(x[t], broadcast(row[t][i]), sum);
    sums[i] = hn::GetLane(sum);
  }
}

/// The terms of one row's sums that wait to be added.
struct Waiting {
  int count = 0;
  int terms[2 * kSideBySide] = {};
};

}  // namespace

void pack_panels(const Rows<const float>& from, float* panels) {
  const std::ptrdiff_t panel_size = std::ptrdiff_t{from.rows} * kPanel;
  for (int row = 0; row < from.rows; ++row) {
    const float* values = from.row(row);
    float* to = panels + std::ptrdiff_t{row} * kPanel;
    int left = from.columns;
    for (; left >= kPanel; left -= kPanel, values += kPanel, to += panel_size) {
      for (int c = 0; c < kPanel; c += kLaneInt) store(load(values + c), to + c);
    }
    if (left > 0) std::fill(std::copy_n(values, left, to), to + kPanel, 0.0F);
  }
}

void pack_transposed(const Rows<const float>& from, float* panel) {
  static_assert(kLaneInt == 4);
  const int whole = from.columns / kLaneInt * kLaneInt;
  for (int half = 0; half < kPanel; half += kLaneInt) {
    const float* row[kLaneInt];
    for (int i = 0; i < kLaneInt; ++i) row[i] = from.row(std::min(half + i, from.rows - 1));
    const Mask exists = hn::FirstN(kLanes, lanes(from.rows, half / kLaneInt));
    float* to = panel + half;
    int column = 0;
    for (; column < whole; column += kLaneInt, to += kLaneInt * kPanel) {
      Vector rows[kLaneInt], columns[kLaneInt];
      for (int i = 0; i < kLaneInt; ++i) rows[i] = load(row[i] + column);
      turn(rows, columns);
      for (int i = 0; i < kLaneInt; ++i)
        store(hn::IfThenElseZero(exists, columns[i]), to + i * kPanel);
    }
    for (; column < from.columns; ++column, to += kPanel) {
      for (int i = 0; i < kLaneInt; ++i) to[i] = half + i < from.rows ? row[i][column] : 0.0F;
    }
  }
}

void multiply_panels(const Rows<const float>& input, const float* panels, const SumPart& part,
                     const Rows<float>& output) {
  // A rest of one or two rows would waste most of a tall tile.
  constexpr int kFew = 2;
  for (int column = 0; column < output.columns; column += kPanel) {
    int row = 0;
    for (; input.rows - row > kFew; row += kTileRows)
      product_tile<kTileRows>(input, panels, part, output, row, column);
    if (row < input.rows) product_tile<kFew>(input, panels, part, output, row, column);
    panels += std::ptrdiff_t{input.columns} * kPanel;
  }
}

void zero_products(const Rows<const float>& weights, float* zeros) {
  for (int k = 0; k < weights.rows; ++k) {
    const float* row = weights.row(k);
    Vector sum = zero();
    int i = 0;
    for (; i + kLaneInt <= weights.columns; i += kLaneInt)
      sum = multiply_add(zero(), load(row + i), sum);
    zeros[k] = hn::ReduceSum(kLanes, sum);
    for (; i < weights.columns; ++i) zeros[k] += 0 * row[i];
  }
}

void multiply_few(const Rows<const float>& input, const Rows<const float>& weights,
                  const float* zeros, const SumPart& part, const Rows<float>& output) {
  Waiting waiting[kRowsWorthPacking];
  for (int row = 0; row < input.rows; ++row) std::fill_n(output.row(row), output.columns, 0.0F);
  for (int k = 0; k < weights.rows; k += kSideBySide) {
    const int last = std::min(k + kSideBySide, weights.rows);
    for (int row = 0; row < input.rows; ++row) {
      const float* x = input.row(row);
      Waiting& wait = waiting[row];
      for (int term = k; term < last; ++term) {
        wait.terms[wait.count] = term;
        // The sum is 0 only where the input is and its products are; a NaN is not.
        wait.count += zeros == nullptr || x[term] + zeros[term] != 0 ? 1 : 0;
      }
      if (wait.count < kSideBySide) continue;
      add_terms<kSideBySide>(x, weights, wait.terms, output.row(row));
      std::copy_n(wait.terms + kSideBySide, kSideBySide, wait.terms);
      wait.count -= kSideBySide;
    }
  }
  for (int row = 0; row < input.rows; ++row) {
    float* sums = output.row(row);
    for (int t = 0; t < waiting[row].count; ++t)
      add_terms<1>(input.row(row), weights, waiting[row].terms + t, sums);
    for (int i = 0; i < output.columns; ++i) {
      const float sum = sums[i] + (part.bias == nullptr ? 0.0F : part.bias[i] + 0.0F);
      sums[i] = part.relu && sum < 0 ? 0.0F : sum;
    }
  }
}

void multiply_transposed(const Rows<const float>& input, const float* gradient_panels,
                         const Rows<float>& output, float* scratch) {
  const std::ptrdiff_t panel_size = std::ptrdiff_t{input.rows} * kPanel;
  const int panels = panels_of(output.columns);
  // So many panels stay in the second-level cache while all inputs pass over them.
  const int at_once = std::max(kBlockFloats / static_cast<int>(panel_size), 1);
  for (int first = 0; first < panels; first += at_once) {
    const int last = std::min(first + at_once, panels);
    for (int k = 0; k < input.columns; k += kTileRows) {
      const int count = std::min(kTileRows, input.columns - k);
      float* tall = scratch;  // [rows, kTileRows]: what one tile reads, side by side
      for (int row = 0; row < input.rows; ++row, tall += kTileRows) {
        const float* from = input.row(row) + k;
        for (int i = 0; i < kTileRows; ++i) tall[i] = from[std::min(i, count - 1)];
      }
      for (int panel = first; panel < last; ++panel) {
        const float* gradient = gradient_panels + panel * panel_size;
        const float* values = scratch;
        into_place<kTileRows>(Place(output, k, panel * kPanel), true,
                              [&](Tile<kTileRows, kTileVectors>& tile) {
                                for (int row = 0; row < input.rows; ++row) {
                                  tile.add_outer([&](int i) { return values[i]; }, gradient);
                                  values += kTileRows;
                                  gradient += kPanel;
                                }
                              });
      }
    }
  }
}

}  // namespace fovea
