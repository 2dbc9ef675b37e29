// SPDX-License-Identifier: MIT
#include "kernels/winograd.h"

#include <algorithm>

#include "kernels/winograd_axes.h"

namespace fovea {

using namespace winograd;

namespace {

constexpr int kProducts = kIn * kIn;
constexpr int kLaneInt = static_cast<int>(kLaneCount);

/// A gradient below this part of the largest of its 36 sums is made of their roundings. It is zero
/// then: where many inputs are zero many gradients are, and Adam would make steps of the noise.
constexpr float kNoise = 0x1p-22F;

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
  const std::ptrdiff_t row = std::ptrdiff_t{size} * image.channels;
  const std::ptrdiff_t first = std::ptrdiff_t{std::clamp(-left, 0, size)} * image.channels;
  const std::ptrdiff_t last =
      std::ptrdiff_t{std::clamp(image.columns - left, 0, size)} * image.channels;
  for (int i = 0; i < size; ++i, data += pitch) {
    float* to = room + i * row;
    const bool inside = top + i >= 0 && top + i < image.rows;
    for (std::ptrdiff_t c = 0; c < row; c += kLaneInt) {
      store(inside && c >= first && c < last ? load(data + c) : zero(), to + c);
    }
  }
  return {room, row};
}

/// Where a tile stands in its batch.
struct TilePlace {
  TilePlace(const WinogradGeometry& g, int tile) : image(tile / g.tiles()) {
    const int rest = tile - image * g.tiles();
    row = rest / g.tile_columns() * kOut;
    column = rest % g.tile_columns() * kOut;
  }
  int image, row, column;
};

void carry_inputs(const WinogradGeometry& g, const float* input, int tile, const WinogradRoom& room,
                  float* to) {
  const TilePlace at(g, tile);
  const int channels = g.input.channels;
  const Patch patch = read_patch(g.input, input + at.image * g.input.floats(), at.row - g.top,
                                 at.column - g.left, kIn, room.patch);
  for (int c = 0; c < channels; c += kLaneInt) {
    transform<kIn, kIn>(
        InputAxis(),
        [&](int i, int j) { return load(patch.data + i * patch.row_step + j * channels + c); },
        [&](int i, int j, Vector v) { store(v, to + (i * kIn + j) * channels + c); });
  }
}

void carry_gradients(const WinogradGeometry& g, const float* gradient, int tile,
                     const WinogradRoom& room, float* to) {
  const TilePlace at(g, tile);
  const int channels = g.output.channels;
  const Patch patch = read_patch(g.output, gradient + at.image * g.output.floats(), at.row,
                                 at.column, kOut, room.patch);
  for (int c = 0; c < channels; c += kLaneInt) {
    transform<kOut, kIn>(
        GradientAxis(),
        [&](int i, int j) { return load(patch.data + i * patch.row_step + j * channels + c); },
        [&](int i, int j, Vector v) { store(v, to + (i * kIn + j) * channels + c); });
  }
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
  for (int c = 0; c < channels; c += kLaneInt) {
    transform<kIn, kIn>(
        InputGradientAxis(),
        [&](int i, int j) { return load(from + (i * kIn + j) * channels + c); },
        [&](int i, int j, Vector v) {
          if (static_cast<unsigned>(top + i) >= rows || static_cast<unsigned>(left + j) >= columns)
            return;
          float* to = gradient + i * pitch + j * channels + c;
          store(hn::Add(load(to), v), to);
        });
  }
}

void carry_back(const WinogradGeometry& g, const WinogradCall& call, int tile, const float* from) {
  const TilePlace at(g, tile);
  const int channels = g.output.channels;
  const int rows = std::min(kOut, g.output.rows - at.row);
  const int columns = std::min(kOut, g.output.columns - at.column);
  const std::ptrdiff_t pitch = std::ptrdiff_t{g.output.columns} * channels;
  float* output = call.output + at.image * g.output.floats() + at.row * pitch +
                  std::ptrdiff_t{at.column} * channels;
  for (int c = 0; c < channels; c += kLaneInt) {
    const Vector bias = call.epilogue.bias == nullptr ? zero() : load(call.epilogue.bias + c);
    transform<kIn, kOut>(
        OutputAxis(), [&](int i, int j) { return load(from + (i * kIn + j) * channels + c); },
        [&](int i, int j, Vector v) {
          if (i >= rows || j >= columns) return;
          v = hn::Add(v, bias);
          store(call.epilogue.relu ? relu(v) : v, output + i * pitch + j * channels + c);
        });
  }
}

}  // namespace

bool suits_winograd(const Conv2dGeometry& g) {
  const auto plain = [](const WindowAxis& a) {
    return a.size == kTaps && a.stride == 1 && a.dilation == 1;
  };
  if (!plain(g.rows) || !plain(g.columns) || g.groups != 1) return false;
  if (g.channels % kLaneInt != 0 || g.out_channels % kLaneInt != 0) return false;
  if (g.channels < 8 || g.out_channels < 8) return false;
  // Carried over, a filter is four times as large.
  constexpr std::int64_t kMostFloats = 1 << 20;
  const std::int64_t products = std::int64_t{g.channels} * g.out_channels;
  if (kProducts * products > kMostFloats) return false;
  // To carry a channel of a tile over and back takes about as long as three multiply-adds in each
  // of the products.
  const std::int64_t carried = products + 3 * (g.channels + g.out_channels);
  const std::int64_t tiles = WinogradGeometry(g).tiles();
  return tiles * kProducts * carried < std::int64_t{g.output_pixels()} * kTaps * kTaps * products;
}

WinogradGeometry::WinogradGeometry(const Conv2dGeometry& g)
    : input{g.rows.input, g.columns.input, g.channels},
      output{g.rows.output, g.columns.output, g.out_channels},
      top(g.rows.before),
      left(g.columns.before) {}

int WinogradGeometry::tile_columns() const { return (output.columns + kOut - 1) / kOut; }
int WinogradGeometry::tiles() const { return (output.rows + kOut - 1) / kOut * tile_columns(); }
int WinogradGeometry::block() const {
  // A multiple of both tiles' heights.
  constexpr int kStep = 12;
  constexpr int kFloats = 1 << 16;
  return std::clamp(kFloats / (kProducts * (input.channels + output.channels)) / kStep, 1, 4) *
         kStep;
}

std::int64_t winograd_filter_size(int terms, int columns) {
  return kProducts * matrix_step(terms, columns);
}

void winograd_filter(const WinogradFilter& filter, int terms, int columns, float* packed) {
  const std::int64_t step = matrix_step(terms, columns);
  const PackedWeights weights{packed, terms, columns};
  const auto four = [&](const float* from) {
    if (filter.column_step == 1) return load(from);
    float lanes[kLaneCount];
    for (float& lane : lanes) {
      lane = *from;
      from += filter.column_step;
    }
    return load(lanes);
  };
  for (int column = 0; column < columns; column += kLaneInt) {
    for (int k = 0; k < terms; ++k) {
      const float* from = filter.data + k * filter.k_step + column * filter.column_step;
      float* to = packed + weights.place(k, column);
      transform<kTaps, kIn>(
          FilterAxis(),
          [&](int i, int j) { return four(from + (i * kTaps + j) * filter.tap_step); },
          [&](int i, int j, Vector v) { store(v, to + (i * kIn + j) * step); });
    }
  }
}

WinogradRoom::WinogradRoom(const WinogradGeometry& g, Scratch& scratch)
    : inputs(scratch.take<float>(std::int64_t{g.block()} * kProducts * g.input.channels)),
      outputs(scratch.take<float>(std::int64_t{g.block()} * kProducts * g.output.channels)),
      patch(scratch.take<float>(std::int64_t{kProducts} *
                                std::max(g.input.channels, g.output.channels))),
      from_offsets(scratch.take<std::int32_t>(g.block())),
      to_offsets(scratch.take<std::int32_t>(g.block())) {}

namespace {

/// The 36 products of `count` tiles: to[tile, p, columns] = from[tile, p, terms] * filter[p].
void multiply(const WinogradRoom& room, int count, const float* from, const PackedWeights& weights,
              float* to) {
  const std::int32_t offset = 0;
  const std::int64_t step = matrix_step(weights.terms, weights.columns);
  for (int i = 0; i < count; ++i) {
    room.from_offsets[i] = i * kProducts * weights.terms;
    room.to_offsets[i] = i * kProducts * weights.columns;
  }
  for (int p = 0; p < kProducts; ++p) {
    product({.input = from + p * weights.terms,
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
  const std::ptrdiff_t inputs = std::ptrdiff_t{kProducts} * g.input.channels;
  const std::ptrdiff_t outputs = std::ptrdiff_t{kProducts} * g.output.channels;
  for (int start = first; start < last; start += g.block()) {
    const int count = std::min(g.block(), last - start);
    for (int i = 0; i < count; ++i) {
      carry_inputs(g, call.input, start + i, room, room.inputs + i * inputs);
    }
    multiply(room, count, room.inputs, {call.filter, g.input.channels, g.output.channels},
             room.outputs);
    for (int i = 0; i < count; ++i) carry_back(g, call, start + i, room.outputs + i * outputs);
  }
}

void winograd_backward(const WinogradGeometry& g, const WinogradBackwardCall& call, int first,
                       int last, const WinogradRoom& room) {
  const int terms = g.input.channels;
  const int columns = g.output.channels;
  const std::ptrdiff_t inputs = std::ptrdiff_t{kProducts} * terms;
  const std::ptrdiff_t outputs = std::ptrdiff_t{kProducts} * columns;
  const std::int32_t offset = 0;
  for (int start = first; start < last; start += g.block()) {
    const int count = std::min(g.block(), last - start);
    for (int i = 0; i < count; ++i) {
      carry_gradients(g, call.output_gradient, start + i, room, room.outputs + i * outputs);
      if (call.sums) carry_inputs(g, call.input, start + i, room, room.inputs + i * inputs);
    }
    for (int p = 0; call.sums && p < kProducts; ++p) {
      outer({.grid = {1, count},
             .input = room.inputs + p * terms,
             .input_stride = {0, inputs},
             .taps = {{&offset, 1}, terms},
             .gradient = room.outputs + p * columns,
             .gradient_stride = {0, outputs},
             .columns = columns,
             .output = call.sums + p * matrix_step(terms, columns),
             .output_step = columns,
             .accumulate = true},
            0, terms);
    }
    if (!call.input_gradient) continue;
    multiply(room, count, room.outputs, {call.filter, columns, terms}, room.inputs);
    for (int i = 0; i < count; ++i) {
      carry_inputs_back(g, room.inputs + i * inputs, start + i, call.input_gradient);
    }
  }
}

void winograd_filter_gradient(const WinogradGeometry& g, const float* sums, float* gradient) {
  const int size = g.input.channels * g.output.channels;
  const std::int64_t step = matrix_step(g.input.channels, g.output.channels);
  for (int c = 0; c < size; c += kLaneInt) {
    Vector largest = zero();
    transform<kIn, kTaps>(
        FilterGradientAxis(),
        [&](int i, int j) {
          const Vector v = load(sums + (i * kIn + j) * step + c);
          largest = hn::Max(largest, hn::Abs(v));
          return v;
        },
        [&](int i, int j, Vector v) {
          v = hn::IfThenZeroElse(hn::Lt(hn::Abs(v), times(kNoise, largest)), v);
          store(v, gradient + std::ptrdiff_t{i * kTaps + j} * size + c);
        });
  }
}

}  // namespace fovea
