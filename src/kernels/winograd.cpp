// SPDX-License-Identifier: MIT
#include "kernels/winograd.h"

#include <algorithm>

#include "kernels/winograd_axes.h"

namespace fovea {

using namespace winograd;

namespace {

constexpr int kProducts = kIn * kIn;
constexpr int kLaneInt = static_cast<int>(kLaneCount);

/// Tiles of a block: a multiple of both register tiles' heights.
constexpr int kBlockStep = 12;

/// A gradient below this part of the largest of its 36 sums is made of their roundings. It is zero
/// then: where many inputs are zero many gradients are, and Adam would make steps of the noise.
constexpr float kNoise = 0x1p-22F;

/// What `channels` numbers take where whole vectors are written; those behind them mean nothing.
int padded(int channels) { return (channels + kLaneInt - 1) / kLaneInt * kLaneInt; }

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

/// A square of pixels as it lies in memory.
struct Patch {
  const float* data;
  std::ptrdiff_t row_step;
};

/// `size` x `size` pixels of an image from (top, left) on, where they stand, or in `room` with
/// zeros for those outside.
Patch read_patch(const ImageSize& image, const float* data, int top, int left, int size,
                 float* room) {
  const std::ptrdiff_t pitch = std::ptrdiff_t{image.columns} * image.channels;
  data += top * pitch + std::ptrdiff_t{left} * image.channels;
  if (top >= 0 && left >= 0 && top + size <= image.rows && left + size <= image.columns) {
    return {data, pitch};
  }
  const int row = size * image.channels;
  for (int i = 0; i < size; ++i, data += pitch) {
    float* to = room + i * row;
    const bool inside = top + i >= 0 && top + i < image.rows;
    const int first = inside ? std::clamp(-left, 0, size) * image.channels : row;
    const int last = inside ? std::clamp(image.columns - left, 0, size) * image.channels : row;
    for_each_four(first, [&](int c, int) { store(zero(), to + c); });
    for_each_four(last - first, [&](int c, int) { store(load(data + first + c), to + first + c); });
    for_each_four(row - last, [&](int c, int) { store(zero(), to + last + c); });
  }
  return {room, row};
}

/// Where a tile stands in its batch.
struct TilePlace {
  TilePlace(const WinogradGeometry& g, int tile) : image(tile / g.tiles()) {
    const int rest = tile - image * g.tiles();
    row = rest / g.tile_columns() * g.tile_outputs();
    column = rest % g.tile_columns() * g.tile_outputs();
  }
  int image, row, column;
};

void carry_inputs(const WinogradGeometry& g, const float* input, int tile, const WinogradRoom& room,
                  float* to) {
  const TilePlace at(g, tile);
  const int channels = g.input.channels;
  const Patch patch = read_patch(g.input, input + at.image * g.input.floats(), at.row - g.top,
                                 at.column - g.left, kIn, room.patch);
  const int step = padded(channels);
  for_each_four(channels, [&](int c, int) {
    transform<kIn, kIn>(
        InputAxis(), kIn, kIn,
        [&](int i, int j) { return load(patch.data + i * patch.row_step + j * channels + c); },
        [&](int i, int j, Vector v) { store(v, to + (i * kIn + j) * step + c); });
  });
}

void carry_gradients(const WinogradGeometry& g, const float* gradient, int tile,
                     const WinogradRoom& room, float* to) {
  const TilePlace at(g, tile);
  const int channels = g.output.channels;
  const int outputs = g.tile_outputs();
  const Patch patch = read_patch(g.output, gradient + at.image * g.output.floats(), at.row,
                                 at.column, outputs, room.patch);
  const int step = padded(channels);
  for_each_four(channels, [&](int c, int) {
    transform<kOut, kIn>(
        GradientAxis{outputs == 2}, outputs, kIn,
        [&](int i, int j) { return load(patch.data + i * patch.row_step + j * channels + c); },
        [&](int i, int j, Vector v) { store(v, to + (i * kIn + j) * step + c); });
  });
}

void carry_inputs_back(const WinogradGeometry& g, const float* from, int tile, float* gradient) {
  const TilePlace at(g, tile);
  const int channels = g.input.channels;
  const int top = at.row - g.top;
  const int left = at.column - g.left;
  const std::ptrdiff_t pitch = std::ptrdiff_t{g.input.columns} * channels;
  gradient += at.image * g.input.floats() + top * pitch + std::ptrdiff_t{left} * channels;
  // As unsigned numbers, those before the image are behind it too.
  const auto rows = static_cast<unsigned>(g.input.rows);
  const auto columns = static_cast<unsigned>(g.input.columns);
  const int step = padded(channels);
  for_each_four(channels, [&](int c, int again) {
    const Mask added = hn::FirstN(kLanes, static_cast<std::size_t>(again));
    transform<kIn, kIn>(
        InputGradientAxis(), kIn, kIn,
        [&](int i, int j) { return load(from + (i * kIn + j) * step + c); },
        [&](int i, int j, Vector v) {
          if (static_cast<unsigned>(top + i) >= rows || static_cast<unsigned>(left + j) >= columns)
            return;
          float* to = gradient + i * pitch + j * channels + c;
          store(hn::Add(load(to), hn::IfThenZeroElse(added, v)), to);
        });
  });
}

void carry_back(const WinogradGeometry& g, const WinogradCall& call, int tile, const float* from) {
  const TilePlace at(g, tile);
  const int channels = g.output.channels;
  const int outputs = g.tile_outputs();
  const int rows = std::min(outputs, g.output.rows - at.row);
  const int columns = std::min(outputs, g.output.columns - at.column);
  const std::ptrdiff_t pitch = std::ptrdiff_t{g.output.columns} * channels;
  float* output = call.output + at.image * g.output.floats() + at.row * pitch +
                  std::ptrdiff_t{at.column} * channels;
  const int step = padded(channels);
  for_each_four(channels, [&](int c, int) {
    const Vector bias = call.epilogue.bias == nullptr ? zero() : load(call.epilogue.bias + c);
    transform<kIn, kOut>(
        OutputAxis{outputs == 2}, kIn, outputs,
        [&](int i, int j) { return load(from + (i * kIn + j) * step + c); },
        [&](int i, int j, Vector v) {
          if (i >= rows || j >= columns) return;
          v = hn::Add(v, bias);
          store(call.epilogue.relu ? relu(v) : v, output + i * pitch + j * channels + c);
        });
  });
}

}  // namespace

namespace {

/// Of `passes` products for each pair of channels, computed for `pixels` by the plain sum, and with
/// so many `channels` to carry over or back.
bool pays(const Conv2dGeometry& g, int passes, int pixels, int channels) {
  const int taps = g.rows.size;
  const auto plain = [taps](const WindowAxis& a) {
    return a.size == taps && a.stride == 1 && a.dilation == 1;
  };
  if (!plain(g.rows) || !plain(g.columns) || g.groups != 1) return false;
  if (taps != 3 && taps != 5) return false;
  if (g.channels < kLaneInt || g.out_channels < kLaneInt) return false;
  // Carried over, a filter has 36 numbers for each pair of channels.
  constexpr std::int64_t kMostFloats = 1 << 20;
  const std::int64_t pairs = std::int64_t{g.channels} * g.out_channels;
  if (kProducts * pairs > kMostFloats) return false;
  // To carry a channel of a tile takes as long as about ten multiply-adds in each of the products.
  const std::int64_t work = passes * pairs + 10 * std::int64_t{channels};
  return WinogradGeometry(g).tiles() * kProducts * work < pixels * pairs * taps * taps;
}

}  // namespace

bool suits_winograd(const Conv2dGeometry& g) {
  return pays(g, 1, g.output_pixels(), g.channels + g.out_channels);
}

bool suits_winograd_backward(const Conv2dGeometry& g) {
  return pays(g, 2, g.output_pixels() + g.rows.input * g.columns.input,
              2 * g.channels + g.out_channels);
}

WinogradGeometry::WinogradGeometry(const Conv2dGeometry& g)
    : input{g.rows.input, g.columns.input, g.channels},
      output{g.rows.output, g.columns.output, g.out_channels},
      taps(g.rows.size),
      top(g.rows.before),
      left(g.columns.before) {}

int WinogradGeometry::tile_outputs() const { return kIn - taps + 1; }
int WinogradGeometry::tile_columns() const {
  return (output.columns + tile_outputs() - 1) / tile_outputs();
}
int WinogradGeometry::tiles() const {
  return (output.rows + tile_outputs() - 1) / tile_outputs() * tile_columns();
}
int WinogradGeometry::block() const {
  constexpr int kFloats = 1 << 16;
  const int channels = padded(input.channels) + padded(output.channels);
  return std::clamp(kFloats / (kProducts * channels) / kBlockStep, 1, 8) * kBlockStep;
}
int WinogradGeometry::backward_block() const { return std::max(block(), 2 * kBlockStep); }

std::int64_t winograd_filter_size(int terms, int columns) {
  return kProducts * matrix_step(terms, columns);
}

void winograd_filter(const WinogradFilter& filter, int terms, int columns, float* packed) {
  const std::int64_t step = matrix_step(terms, columns);
  const PackedWeights weights{packed, terms, padded(columns)};
  for (int column = 0; column < columns; column += kLaneInt) {
    const int count = std::min(columns - column, kLaneInt);
    const auto four = [&](const float* from) {
      if (filter.column_step == 1 && count == kLaneInt) return load(from);
      float lanes[kLaneCount] = {};
      for (int lane = 0; lane < count; ++lane) lanes[lane] = from[lane * filter.column_step];
      return load(lanes);
    };
    for (int k = 0; k < terms; ++k) {
      const float* from = filter.data + k * filter.k_step + column * filter.column_step;
      float* to = packed + weights.place(k, column);
      transform_in_memory<kTaps, kIn>(
          FilterAxis{filter.taps == 5}, filter.taps, kIn,
          [&](int i, int j) { return four(from + (i * filter.taps + j) * filter.tap_step); },
          [&](int i, int j, Vector v) { store(v, to + (i * kIn + j) * step); });
    }
  }
}

WinogradRoom::WinogradRoom(const WinogradGeometry& g, int block, Scratch& scratch)
    : inputs(scratch.take<float>(std::int64_t{block} * kProducts * padded(g.input.channels))),
      outputs(scratch.take<float>(std::int64_t{block} * kProducts * padded(g.output.channels))),
      patch(scratch.take<float>(std::int64_t{kProducts} *
                                std::max(g.input.channels, g.output.channels))),
      from_offsets(scratch.take<std::int32_t>(block)),
      to_offsets(scratch.take<std::int32_t>(block)) {}

namespace {

/// The 36 products of `count` tiles: to[tile, p, columns] = from[tile, p, terms] * filter[p].
void multiply(const WinogradRoom& room, int count, const float* from, const PackedWeights& weights,
              float* to) {
  const std::int32_t offset = 0;
  const std::int64_t step = matrix_step(weights.terms, weights.columns);
  const int terms = padded(weights.terms);
  for (int i = 0; i < count; ++i) {
    room.from_offsets[i] = i * kProducts * terms;
    room.to_offsets[i] = i * kProducts * weights.columns;
  }
  for (int p = 0; p < kProducts; ++p) {
    product({.input = from + p * terms,
             .input_offsets = {room.from_offsets, static_cast<std::size_t>(count)},
             .taps = {{&offset, 1}, weights.terms},
             .weights = {weights.data + p * step, weights.terms, weights.columns},
             .output = to + p * weights.columns,
             .output_offsets = room.to_offsets},
            0, weights.panels());
  }
}

}  // namespace

void winograd_forward(const WinogradGeometry& g, const WinogradCall& call, int first, int last,
                      const WinogradRoom& room) {
  const int columns = padded(g.output.channels);
  const std::ptrdiff_t inputs = std::ptrdiff_t{kProducts} * padded(g.input.channels);
  const std::ptrdiff_t outputs = std::ptrdiff_t{kProducts} * columns;
  for (int start = first; start < last; start += g.block()) {
    const int count = std::min(g.block(), last - start);
    for (int i = 0; i < count; ++i) {
      carry_inputs(g, call.input, start + i, room, room.inputs + i * inputs);
    }
    multiply(room, count, room.inputs, {call.filter, g.input.channels, columns}, room.outputs);
    for (int i = 0; i < count; ++i) carry_back(g, call, start + i, room.outputs + i * outputs);
  }
}

void winograd_backward(const WinogradGeometry& g, const WinogradBackwardCall& call, int first,
                       int last, const WinogradRoom& room) {
  const int terms = padded(g.input.channels);
  const int columns = padded(g.output.channels);
  const std::ptrdiff_t inputs = std::ptrdiff_t{kProducts} * terms;
  const std::ptrdiff_t outputs = std::ptrdiff_t{kProducts} * columns;
  const std::int64_t step = matrix_step(g.input.channels, columns);
  const std::int32_t offset = 0;
  for (int start = first; start < last; start += g.backward_block()) {
    const int count = std::min(g.backward_block(), last - start);
    for (int i = 0; i < count; ++i) {
      carry_gradients(g, call.output_gradient, start + i, room, room.outputs + i * outputs);
      if (call.sums) carry_inputs(g, call.input, start + i, room, room.inputs + i * inputs);
    }
    for (int p = 0; call.sums && p < kProducts; ++p) {
      outer({.grid = {1, count},
             .input = room.inputs + p * terms,
             .input_stride = {0, inputs},
             .taps = {{&offset, 1}, g.input.channels},
             .gradient = room.outputs + p * columns,
             .gradient_stride = {0, outputs},
             .columns = columns,
             .output = call.sums + p * step,
             .output_step = columns,
             .accumulate = true},
            0, g.input.channels);
    }
    if (!call.input_gradient) continue;
    multiply(room, count, room.outputs, {call.filter, g.output.channels, terms}, room.inputs);
    for (int i = 0; i < count; ++i) {
      carry_inputs_back(g, room.inputs + i * inputs, start + i, call.input_gradient);
    }
  }
}

void winograd_filter_gradient(const WinogradGeometry& g, const float* sums, float* gradient) {
  const int filters = g.output.channels;
  const int columns = padded(filters);
  const std::ptrdiff_t size = std::ptrdiff_t{g.input.channels} * filters;
  const std::int64_t step = matrix_step(g.input.channels, columns);
  for (int k = 0; k < g.input.channels; ++k, sums += columns, gradient += filters) {
    for (int c = 0; c < filters; c += kLaneInt) {
      const auto count = static_cast<std::size_t>(std::min(filters - c, kLaneInt));
      Vector largest = zero();
      transform<kIn, kTaps>(
          FilterGradientAxis{g.taps == 5}, kIn, g.taps,
          [&](int i, int j) {
            const Vector v = load(sums + (i * kIn + j) * step + c);
            largest = hn::Max(largest, hn::Abs(v));
            return v;
          },
          [&](int i, int j, Vector v) {
            v = hn::IfThenZeroElse(hn::Lt(hn::Abs(v), times(kNoise, largest)), v);
            store_some(v, gradient + std::ptrdiff_t{i * g.taps + j} * size + c, count);
          });
    }
  }
}

}  // namespace fovea
