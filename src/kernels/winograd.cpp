// SPDX-License-Identifier: MIT
#include "kernels/winograd.h"

#include <algorithm>

#include "kernels/winograd_axes.h"

namespace fovea {

using namespace winograd;

namespace {

constexpr int kLaneInt = static_cast<int>(kLaneCount);
constexpr int kFewer = kIn - kOut;  // outputs than inputs

/// A gradient below this part of the largest of its sums is made of their roundings. It is zero
/// then: where many inputs are zero many gradients are, and Adam would make steps of the noise.
constexpr float kNoise = 0x1p-22F;

/// Calls f(c, again) for every four channels, c the first. The last four may overlap those before:
/// `again` of them were there already.
template <class Function>
HWY_INLINE void for_each_four(int channels, const Function& f) {
  for (int c = 0; c < channels; c += kLaneInt) {
    const int last = channels - kLaneInt;
    f(std::min(c, last), std::max(c - last, 0));
  }
}

/// Floats from one product's matrix to the next. Never a power of two: 36 places in one set of the
/// cache would drive each other out.
std::int64_t matrix_step(int terms, int columns) {
  return PackedWeights::size(terms, columns) + 16;
}

/// The inputs of a tile where they stand in an image, with zeros for those outside.
template <int kRows>
struct Patch {
  Patch(const ImageSize& image, const float* data, int top, int left, int count, const float* zeros)
      : first(-left), last(image.columns - left), pixel(image.pitch) {
    const std::ptrdiff_t pitch = std::ptrdiff_t{image.columns} * pixel;
    data += top * pitch + std::ptrdiff_t{left} * pixel;
    for (int i = 0; i < kRows; ++i, data += pitch) {
      const bool inside = i < count && top + i >= 0 && top + i < image.rows;
      rows[i] = inside ? data : zeros;
    }
  }
  /// Four channels of column j, from c on. False: they are zero.
  HWY_INLINE bool load_column(int j, int c, Vector (&x)[kRows]) const {
    if (j < first || j >= last) return false;
    FOVEA_UNROLL
    for (int i = 0; i < kRows; ++i) x[i] = load(rows[i] + j * pixel + c);
    return true;
  }
  const float* rows[kRows];
  int first, last;  // columns inside
  int pixel;        // floats from one to the next
};

/// A row of a tile that was carried over.
HWY_INLINE void put_row(const WinogradTile& tile, const Vector (&y)[kIn], float* to, int step) {
  FOVEA_UNROLL
  for (int j = 0; j < kIn - 1; ++j) store(y[j], to + j * step);
  if (tile.column_points == kIn) store(y[kIn - 1], to + (kIn - 1) * step);
}

/// Column j of a tile's products. False: zero.
HWY_INLINE bool take_column(const WinogradTile& tile, const float* from, int row_step, int j,
                            Vector (&x)[kIn]) {
  if (j >= tile.column_points) return false;
  FOVEA_UNROLL
  for (int i = 0; i < kIn - 1; ++i) x[i] = load(from + i * row_step);
  x[kIn - 1] = tile.row_points == kIn ? load(from + (kIn - 1) * row_step) : zero();
  return true;
}

}  // namespace

namespace winograd {

void carry_inputs(const WinogradGeometry& g, const float* input, const WinogradTile& tile,
                  const float* zeros, float* to) {
  const int channels = g.input.channels;
  const Patch<kIn> patch(g.input, input + tile.image * g.input.floats(), tile.row - g.top,
                         tile.column - g.left, tile.row_points, zeros);
  const int step = padded(channels);
  for_each_four(channels, [&](int c, int) {
    transform<kIn, kIn>(
        InputAxis(), 0, tile.row_points,
        [&](int j, Vector(&x)[kIn]) {
          return j < tile.column_points && patch.load_column(j, c, x);
        },
        [&](int i, const Vector(&y)[kIn]) { put_row(tile, y, to + i * g.side * step + c, step); });
  });
}

void carry_gradients(const WinogradGeometry& g, const float* gradient, const WinogradTile& tile,
                     const float* zeros, float* to) {
  const int channels = g.output.channels;
  const Patch<kOut> patch(g.output, gradient + tile.image * g.output.floats(), tile.row,
                          tile.column, tile.row_points - kFewer, zeros);
  const int step = padded(channels);
  for_each_four(channels, [&](int c, int) {
    transform<kOut, kIn>(
        GradientAxis(), 0, tile.row_points,
        [&](int j, Vector(&x)[kOut]) {
          return j < tile.column_points - kFewer && patch.load_column(j, c, x);
        },
        [&](int i, const Vector(&y)[kIn]) { put_row(tile, y, to + i * g.side * step + c, step); });
  });
}

void carry_inputs_back(const WinogradGeometry& g, const float* from, const WinogradTile& tile,
                       float* gradient) {
  const int channels = g.input.channels;
  const int top = tile.row - g.top;
  const int left = tile.column - g.left;
  const int pixel = g.input.pitch;
  const std::ptrdiff_t pitch = std::ptrdiff_t{g.input.columns} * pixel;
  gradient += tile.image * g.input.floats() + top * pitch + std::ptrdiff_t{left} * pixel;
  const int last_row = std::min(tile.row_points, g.input.rows - top);
  const int last_column = std::min(tile.column_points, g.input.columns - left);
  const int step = padded(channels);
  for_each_four(channels, [&](int c, int again) {
    const Mask added = hn::FirstN(kLanes, static_cast<std::size_t>(again));
    transform<kIn, kIn>(
        InputGradientAxis(), std::max(-top, 0), last_row,
        [&](int j, Vector(&x)[kIn]) {
          return take_column(tile, from + j * step + c, g.side * step, j, x);
        },
        [&](int i, const Vector(&y)[kIn]) {
          float* to = gradient + i * pitch + c;
          FOVEA_UNROLL
          for (int j = 0; j < kIn; ++j) {
            if (j + left < 0 || j >= last_column) continue;
            float* at = to + j * pixel;
            store(hn::Add(load(at), hn::IfThenZeroElse(added, y[j])), at);
          }
        });
  });
}

void carry_back(const WinogradGeometry& g, const WinogradCall& call, const WinogradTile& tile,
                const float* from) {
  const int channels = g.output.channels;
  const int last_row = std::min(tile.row_points - kFewer, g.output.rows - tile.row);
  const int last_column = std::min(tile.column_points - kFewer, g.output.columns - tile.column);
  const int pixel = g.output.pitch;
  const std::ptrdiff_t pitch = std::ptrdiff_t{g.output.columns} * pixel;
  float* output = call.output + tile.image * g.output.floats() + tile.row * pitch +
                  std::ptrdiff_t{tile.column} * pixel;
  const int step = padded(channels);
  for_each_four(channels, [&](int c, int) {
    const Vector bias = call.epilogue.bias == nullptr ? zero() : load(call.epilogue.bias + c);
    transform<kIn, kOut>(
        OutputAxis(), 0, last_row,
        [&](int j, Vector(&x)[kIn]) {
          return take_column(tile, from + j * step + c, g.side * step, j, x);
        },
        [&](int i, const Vector(&y)[kOut]) {
          float* to = output + i * pitch + c;
          FOVEA_UNROLL
          for (int j = 0; j < kOut; ++j) {
            if (j >= last_column) break;
            const Vector v = hn::Add(y[j], bias);
            store(call.epilogue.relu ? relu(v) : v, to + j * pixel);
          }
        });
  });
}

}  // namespace winograd

std::int64_t winograd_filter_size(const WinogradGeometry& g, int terms, int columns) {
  return g.products() * matrix_step(terms, columns);
}

void winograd_filter(const WinogradGeometry& g, const WinogradFilter& filter, int terms,
                     int columns, float* packed) {
  const std::int64_t step = matrix_step(terms, columns);
  const PackedWeights weights{packed, terms, padded(columns)};
  const FilterAxis axis;
  const bool along_terms = filter.k_step == 1;
  const std::ptrdiff_t next = along_terms ? filter.column_step : filter.k_step;
  for (int column = 0; column < columns; column += kLaneInt) {
    // Nobody reads what becomes of lanes beyond the last column.
    const int count = std::min(columns - column, kLaneInt);
    for_each_four(terms, [&](int k, int) {
      Vector taps[kTaps * kTaps][kLaneCount];  // of four terms each; lanes are columns
      const float* from = filter.data + k * filter.k_step + column * filter.column_step;
      for (Vector(&tap)[kLaneCount] : taps) {
        if (along_terms) {
          Vector rows[kLaneCount];
          FOVEA_UNROLL
          for (int i = 0; i < kLaneInt; ++i) rows[i] = load(from + std::min(i, count - 1) * next);
          turn(rows, tap);
        } else {
          for (int i = 0; i < kLaneInt; ++i) {
            tap[i] = load_some(from + i * next, static_cast<std::size_t>(count));
          }
        }
        from += filter.tap_step;
      }
      for (int i = 0; i < kLaneInt; ++i) {
        Vector half[kIn][kTaps];
        FOVEA_UNROLL
        for (int j = 0; j < kTaps; ++j) {
          Vector y[kIn];
          axis({taps[j][i], taps[kTaps + j][i], taps[2 * kTaps + j][i]}, y);
          FOVEA_UNROLL
          for (int row = 0; row < kIn; ++row) half[row][j] = y[row];
        }
        float* to = packed + weights.place(k + i, column);
        for (int row = 0; row < g.side; ++row, to += g.side * step) {
          Vector y[kIn];
          axis(half[row], y);
          for (int j = 0; j < g.side; ++j) store(y[j], to + j * step);
        }
      }
    });
  }
}

WinogradRoom::WinogradRoom(const WinogradGeometry& g, int block, Scratch& scratch)
    : inputs(scratch.take<float>(std::int64_t{block} * g.tile_step(g.input.channels))),
      outputs(scratch.take<float>(std::int64_t{block} * g.tile_step(g.output.channels))),
      zeros(scratch.take<float>(kIn * std::max(g.input.channels, g.output.channels))),
      tiles(scratch.take<WinogradTile>(block)),
      offsets(scratch.take<std::int32_t>(2 * std::int64_t{block})) {
  if (zeros != nullptr)
    std::fill_n(zeros, kIn * std::max(g.input.channels, g.output.channels), 0.0F);
}

namespace {

/// Calls f(p, first, last) for each product, and the tiles of the block that need it.
template <class Function>
void for_each_product(const WinogradGeometry& g, const WinogradBlock& block, const Function& f) {
  for (int p = 0; p < g.products(); ++p) {
    const auto [first, last] = block.that_need(p / g.side, p % g.side);
    if (first < last) f(p, first, last);
  }
}

}  // namespace

void winograd::multiply(const WinogradGeometry& g, const WinogradBlock& block, const float* from,
                        const PackedWeights& weights, float* to, std::int32_t* offsets) {
  std::int32_t* to_offsets = offsets + block.count();
  const std::int32_t offset = 0;
  const std::int64_t step = matrix_step(weights.terms, weights.columns);
  const int terms = padded(weights.terms);
  const int from_step = g.tile_step(terms), to_step = g.tile_step(weights.columns);
  for (int i = 0; i < block.count(); ++i) {
    offsets[i] = i * from_step;
    to_offsets[i] = i * to_step;
  }
  for_each_product(g, block, [&](int p, int first, int last) {
    product({.input = from + p * terms,
             .input_offsets = {offsets + first, static_cast<std::size_t>(last - first)},
             .taps = {{&offset, 1}, weights.terms},
             .weights = {weights.data + p * step, weights.terms, weights.columns},
             .output = to + p * weights.columns,
             .output_offsets = to_offsets + first},
            0, weights.panels());
  });
}

void winograd::add_products(const WinogradGeometry& g, const WinogradBlock& block,
                            const float* inputs, const float* gradients, int channels,
                            float* sums) {
  const int terms = padded(g.input.channels);
  const int columns = padded(g.output.channels);
  const std::ptrdiff_t input_step = g.tile_step(terms), gradient_step = g.tile_step(channels);
  const std::int64_t step = matrix_step(g.input.channels, columns);
  const std::int32_t offset = 0;
  for_each_product(g, block, [&](int p, int from, int to) {
    outer({.grid = {1, to - from},
           .input = inputs + from * input_step + p * terms,
           .input_stride = {0, input_step},
           .taps = {{&offset, 1}, g.input.channels},
           .gradient = gradients + from * gradient_step + std::ptrdiff_t{p} * padded(channels),
           .gradient_stride = {0, gradient_step},
           .columns = columns,
           .output = sums + p * step,
           .output_step = columns,
           .accumulate = true},
          0, g.input.channels);
  });
}

void winograd_forward(const WinogradGeometry& g, const WinogradCall& call, int first, int last,
                      const WinogradRoom& room) {
  const int columns = padded(g.output.channels);
  const std::ptrdiff_t inputs = g.tile_step(g.input.channels), outputs = g.tile_step(columns);
  for (int start = first; start < last; start += g.block()) {
    const WinogradBlock block(g, start, std::min(g.block(), last - start), room.tiles);
    for (int i = 0; i < block.count(); ++i) {
      carry_inputs(g, call.input, block.tiles[i], room.zeros, room.inputs + i * inputs);
    }
    multiply(g, block, room.inputs, {call.filter, g.input.channels, columns}, room.outputs,
             room.offsets);
    for (int i = 0; i < block.count(); ++i) {
      carry_back(g, call, block.tiles[i], room.outputs + i * outputs);
    }
  }
}

void winograd_backward(const WinogradGeometry& g, const WinogradBackwardCall& call, int first,
                       int last, const WinogradRoom& room) {
  const int terms = padded(g.input.channels);
  const int channels = g.output.channels;
  const std::ptrdiff_t inputs = g.tile_step(terms), outputs = g.tile_step(channels);
  for (int start = first; start < last; start += g.backward_block()) {
    const WinogradBlock block(g, start, std::min(g.backward_block(), last - start), room.tiles);
    for (int i = 0; i < block.count(); ++i) {
      const WinogradTile& tile = block.tiles[i];
      carry_gradients(g, call.output_gradient, tile, room.zeros, room.outputs + i * outputs);
      if (call.sums) carry_inputs(g, call.input, tile, room.zeros, room.inputs + i * inputs);
    }
    if (call.sums) add_products(g, block, room.inputs, room.outputs, channels, call.sums);
    if (!call.input_gradient) continue;
    multiply(g, block, room.outputs, {call.filter, channels, terms}, room.inputs, room.offsets);
    for (int i = 0; i < block.count(); ++i) {
      carry_inputs_back(g, room.inputs + i * inputs, block.tiles[i], call.input_gradient);
    }
  }
}

void winograd_filter_gradient(const WinogradGeometry& g, const float* sums, float* gradient) {
  const int filters = g.output.channels;
  const int columns = padded(filters);
  const std::ptrdiff_t size = std::ptrdiff_t{g.input.channels} * g.output.pitch;
  const std::int64_t step = matrix_step(g.input.channels, columns);
  const WinogradTile all{0, 0, 0, g.side, g.side};
  for (int k = 0; k < g.input.channels; ++k, sums += columns, gradient += g.output.pitch) {
    for (int c = 0; c < filters; c += kLaneInt) {
      const auto count = static_cast<std::size_t>(std::min(filters - c, kLaneInt));
      Vector largest = zero();
      transform<kIn, kTaps>(
          FilterGradientAxis(), 0, kTaps,
          [&](int j, Vector(&x)[kIn]) {
            const float* from = sums + j * step + c;
            if (!take_column(all, from, static_cast<int>(g.side * step), j, x)) return false;
            for (const Vector& v : x) largest = hn::Max(largest, hn::Abs(v));
            return true;
          },
          [&](int i, const Vector(&y)[kTaps]) {
            float* to = gradient + std::ptrdiff_t{i} * kTaps * size + c;
            for (int j = 0; j < kTaps; ++j, to += size) {
              const auto noise = hn::Lt(hn::Abs(y[j]), hn::Mul(broadcast(kNoise), largest));
              store_some(hn::IfThenZeroElse(noise, y[j]), to, count);
            }
          });
    }
  }
}

}  // namespace fovea
