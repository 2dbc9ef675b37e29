// SPDX-License-Identifier: MIT
// The transforms are those of the points 0, 3/4, -3/4, 3/2, -3/2 and infinity. Powers of them are
// exact in binary, and float errors come out at twice those of the plain sum; with the usual points
// 1 and 2 they are four times as large. Each transform is one of an axis, done for all columns and
// then for all rows.
#include "kernels/winograd.h"

#include <algorithm>

namespace fovea {

namespace {

constexpr int kIn = 6;   // inputs of a tile along one axis
constexpr int kOut = 4;  // outputs
constexpr int kTaps = 3;
constexpr int kProducts = kIn * kIn;
constexpr int kLaneInt = static_cast<int>(kLaneCount);

constexpr float kA = 0.75F, kB = 1.5F;  // the points, b = 2a
constexpr float kA2 = kA * kA, kB2 = kB * kB;
// What a polynomial through all points but one is at that one.
constexpr float kZeroNorm = 1 / (kA2 * kB2);
constexpr float kANorm = 1 / (2 * kA2 * (kA2 - kB2));
constexpr float kBNorm = 1 / (2 * kB2 * (kB2 - kA2));

/// A gradient below this part of the largest of its 36 sums is made of their roundings. It is zero
/// then: where many inputs are zero many gradients are, and Adam would make steps of the noise.
constexpr float kNoise = 0x1p-22F;

HWY_INLINE Vector times(float factor, Vector x) { return hn::Mul(broadcast(factor), x); }
HWY_INLINE Vector plus(Vector x, float factor, Vector y) {
  return multiply_add(broadcast(factor), y, x);
}

/// Six inputs carried over.
struct InputAxis {
  HWY_INLINE void operator()(const Vector (&x)[kIn], Vector (&y)[kIn]) const {
    const Vector even_a = plus(x[4], -kB2, x[2]), odd_a = plus(x[3], -kB2, x[1]);
    const Vector even_b = plus(x[4], -kA2, x[2]), odd_b = plus(x[3], -kA2, x[1]);
    y[0] = plus(plus(x[4], -(kA2 + kB2), x[2]), kA2 * kB2, x[0]);
    y[1] = plus(even_a, kA, odd_a);
    y[2] = plus(even_a, -kA, odd_a);
    y[3] = plus(even_b, kB, odd_b);
    y[4] = plus(even_b, -kB, odd_b);
    y[5] = plus(plus(x[5], -(kA2 + kB2), x[3]), kA2 * kB2, x[1]);
  }
};

/// Six products carried back to four outputs.
struct OutputAxis {
  HWY_INLINE void operator()(const Vector (&x)[kIn], Vector (&y)[kOut]) const {
    const Vector even_a = hn::Add(x[1], x[2]), odd_a = hn::Sub(x[1], x[2]);
    const Vector even_b = hn::Add(x[3], x[4]), odd_b = hn::Sub(x[3], x[4]);
    y[0] = hn::Add(x[0], hn::Add(even_a, even_b));
    y[1] = times(kA, plus(odd_a, 2, odd_b));
    y[2] = times(kA2, plus(even_a, 4, even_b));
    y[3] = plus(x[5], kA * kA2, plus(odd_a, 8, odd_b));
  }
};

/// Four gradients of outputs carried over: the transpose of OutputAxis.
struct GradientAxis {
  HWY_INLINE void operator()(const Vector (&x)[kOut], Vector (&y)[kIn]) const {
    const Vector even_a = plus(x[0], kA2, x[2]), odd_a = plus(x[1], kA2, x[3]);
    const Vector even_b = plus(x[0], kB2, x[2]), odd_b = plus(x[1], kB2, x[3]);
    y[0] = x[0];
    y[1] = plus(even_a, kA, odd_a);
    y[2] = plus(even_a, -kA, odd_a);
    y[3] = plus(even_b, kB, odd_b);
    y[4] = plus(even_b, -kB, odd_b);
    y[5] = x[3];
  }
};

/// Three taps carried over.
struct FilterAxis {
  HWY_INLINE void operator()(const Vector (&x)[kTaps], Vector (&y)[kIn]) const {
    const Vector even_a = times(kANorm, plus(x[0], kA2, x[2])), odd_a = times(kANorm * kA, x[1]);
    const Vector even_b = times(kBNorm, plus(x[0], kB2, x[2])), odd_b = times(kBNorm * kB, x[1]);
    y[0] = times(kZeroNorm, x[0]);
    y[1] = hn::Add(even_a, odd_a);
    y[2] = hn::Sub(even_a, odd_a);
    y[3] = hn::Add(even_b, odd_b);
    y[4] = hn::Sub(even_b, odd_b);
    y[5] = x[2];
  }
};

/// The gradient of three taps: the transpose of FilterAxis.
struct FilterGradientAxis {
  HWY_INLINE void operator()(const Vector (&x)[kIn], Vector (&y)[kTaps]) const {
    const Vector even_a = times(kANorm, hn::Add(x[1], x[2]));
    const Vector even_b = times(kBNorm, hn::Add(x[3], x[4]));
    y[0] = plus(hn::Add(even_a, even_b), kZeroNorm, x[0]);
    y[1] = plus(times(kANorm * kA, hn::Sub(x[1], x[2])), kBNorm * kB, hn::Sub(x[3], x[4]));
    y[2] = plus(plus(x[5], kA2, even_a), kB2, even_b);
  }
};

/// y[i, j] = axis along i and j of x[i, j].
template <int kFrom, int kTo, class Axis, class Load, class Store>
HWY_INLINE void transform(const Axis& axis, const Load& load_from, const Store& store_to) {
  Vector half[kTo][kFrom];
  for (int j = 0; j < kFrom; ++j) {
    Vector x[kFrom], y[kTo];
    FOVEA_UNROLL
    for (int i = 0; i < kFrom; ++i) x[i] = load_from(i, j);
    axis(x, y);
    FOVEA_UNROLL
    for (int i = 0; i < kTo; ++i) half[i][j] = y[i];
  }
  for (int i = 0; i < kTo; ++i) {
    Vector y[kTo];
    axis(half[i], y);
    FOVEA_UNROLL
    for (int j = 0; j < kTo; ++j) store_to(i, j, y[j]);
  }
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

WinogradGeometry WinogradGeometry::turned() const {
  WinogradGeometry g = *this;
  std::swap(g.input, g.output);
  g.top = kTaps - 1 - top;
  g.left = kTaps - 1 - left;
  return g;
}

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
  return kProducts * PackedWeights::size(terms, columns);
}

void winograd_filter(const WinogradFilter& filter, int terms, int columns, float* packed) {
  const std::int64_t size = PackedWeights::size(terms, columns);
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
          [&](int i, int j, Vector v) { store(v, to + (i * kIn + j) * size); });
    }
  }
}

WinogradRoom::WinogradRoom(const WinogradGeometry& g, Scratch& scratch)
    : inputs(scratch.take<float>(std::int64_t{g.block()} * kProducts * g.input.channels)),
      outputs(scratch.take<float>(std::int64_t{g.block()} * kProducts * g.output.channels)),
      patch(scratch.take<float>(std::int64_t{kProducts} *
                                std::max(g.input.channels, g.output.channels))),
      input_offsets(scratch.take<std::int32_t>(g.block())),
      output_offsets(scratch.take<std::int32_t>(g.block())) {}

void winograd_forward(const WinogradGeometry& g, const WinogradCall& call, int first, int last,
                      const WinogradRoom& room) {
  const int terms = g.input.channels;
  const int columns = g.output.channels;
  const std::int64_t size = PackedWeights::size(terms, columns);
  for (int i = 0; i < g.block(); ++i) {
    room.input_offsets[i] = i * kProducts * terms;
    room.output_offsets[i] = i * kProducts * columns;
  }
  constexpr std::int32_t kOffset = 0;
  for (int start = first; start < last; start += g.block()) {
    const int count = std::min(g.block(), last - start);
    for (int i = 0; i < count; ++i) {
      carry_inputs(g, call.input, start + i, room, room.inputs + room.input_offsets[i]);
    }
    for (int p = 0; p < kProducts; ++p) {
      const PackedWeights weights{call.filter + p * size, terms, columns};
      product({.input = room.inputs + p * terms,
               .input_offsets = {room.input_offsets, static_cast<std::size_t>(count)},
               .taps = {{&kOffset, 1}, terms},
               .weights = weights,
               .output = room.outputs + p * columns,
               .output_offsets = room.output_offsets},
              0, weights.panels());
    }
    for (int i = 0; i < count; ++i) {
      carry_back(g, call, start + i, room.outputs + room.output_offsets[i]);
    }
  }
}

void winograd_gradient(const WinogradGeometry& g, const float* input, const float* output_gradient,
                       int first, int last, const WinogradRoom& room, float* sums,
                       bool accumulate) {
  const int terms = g.input.channels;
  const int columns = g.output.channels;
  constexpr std::int32_t kOffset = 0;
  for (int start = first; start < last; start += g.block()) {
    const int count = std::min(g.block(), last - start);
    for (int i = 0; i < count; ++i) {
      carry_inputs(g, input, start + i, room, room.inputs + i * kProducts * terms);
      carry_gradients(g, output_gradient, start + i, room, room.outputs + i * kProducts * columns);
    }
    for (int p = 0; p < kProducts; ++p) {
      outer({.grid = {1, count},
             .input = room.inputs + p * terms,
             .input_stride = {0, std::ptrdiff_t{kProducts} * terms},
             .taps = {{&kOffset, 1}, terms},
             .gradient = room.outputs + p * columns,
             .gradient_stride = {0, std::ptrdiff_t{kProducts} * columns},
             .columns = columns,
             .output = sums + std::ptrdiff_t{p} * terms * columns,
             .output_step = columns,
             .accumulate = accumulate || start > first},
            0, terms);
    }
  }
}

void winograd_finish_gradient(const float* sums, int size, float* gradient) {
  const auto at = [&](int i, int j) { return sums + std::ptrdiff_t{i * kIn + j} * size; };
  for (int c = 0; c < size; c += kLaneInt) {
    Vector largest = zero();
    for (int p = 0; p < kProducts; ++p) {
      largest = hn::Max(largest, hn::Abs(load(sums + std::ptrdiff_t{p} * size + c)));
    }
    const Vector noise = times(kNoise, largest);
    transform<kIn, kTaps>(
        FilterGradientAxis(), [&](int i, int j) { return load(at(i, j) + c); },
        [&](int i, int j, Vector v) {
          v = hn::IfThenZeroElse(hn::Lt(hn::Abs(v), noise), v);
          store(v, gradient + std::ptrdiff_t{i * kTaps + j} * size + c);
        });
  }
}

}  // namespace fovea
