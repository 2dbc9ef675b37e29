// SPDX-License-Identifier: MIT
// What conv2d_line.cpp and conv2d_line_backward.cpp share: rows of numbers carried over to the
// eight points, and their products. The points are the vectors' lanes, four and four, so that no
// lane is empty whatever the channels and filters: each product is one vector times another.
#pragma once

#include <algorithm>

#include "kernels/conv2d.h"
#include "kernels/line_axis.h"
#include "kernels/scratch.h"
#include "kernels/tile.h"

namespace fovea::line {

inline constexpr int kColumns = 2;  // of a product, in a register tile: filters, or channels back
/// Rows at a time: whole register tiles, whatever the width.
inline constexpr int kRows = std::max(kTileRows, 4);
inline constexpr int kMoreRows = kTaps - 1;  // that they read

/// Rows of tiles, carried over: [half, channel, row, tile, 4].
struct Planes {
  float* data;
  int channels;
  std::ptrdiff_t line, plane, half;  // floats of a row, of a channel, and of all channels
  [[nodiscard]] float* at(int which_half, int channel, int row = 0) const {
    return data + which_half * half + channel * plane + row * line;
  }
};

/// The sizes of what is carried over.
struct Lines {
  explicit Lines(const Conv2dGeometry& g)
      : tiles((g.columns.output + kOutputs - 1) / kOutputs),
        channels(g.channels),
        filters(g.out_channels) {}

  /// A product's columns: whole pairs.
  [[nodiscard]] static int paired(int columns) {
    return (columns + kColumns - 1) / kColumns * kColumns;
  }
  /// Floats of a filter carried over.
  [[nodiscard]] static std::int64_t filter_size(int terms, int columns) {
    return std::int64_t{kPoints} * kTaps * terms * paired(columns);
  }
  /// Floats of a row of pixels and what its tiles read besides.
  [[nodiscard]] std::int64_t row(int numbers) const {
    return std::int64_t{tiles + 1} * kOutputs * numbers;
  }
  /// So many rows of so many channels, and of as many more as make them pairs and a vector.
  [[nodiscard]] Planes planes(int count, int rows, Scratch& scratch) const {
    const std::ptrdiff_t line = std::ptrdiff_t{tiles} * kLaneInt;
    const std::ptrdiff_t half = std::max(paired(count), kLaneInt) * rows * line;
    return {scratch.take<float>(kHalves * half), count, line, rows * line, half};
  }

  int tiles;  // in a row
  int channels, filters;
};

/// Copies four numbers or more, towards the beginning where they overlap. Short, and no call.
HWY_INLINE void copy(const float* from, std::ptrdiff_t count, float* to) {
  for (std::ptrdiff_t i = 0; i < count; i += kLaneInt) {
    const std::ptrdiff_t at = std::min(i, count - kLaneInt);
    store(load(from + at), to + at);
  }
}

/// Moves the rows that the next ones read, too, to the front.
inline void keep_last_rows(const Planes& planes) {
  for (int half = 0; half < kHalves; ++half) {
    for (int c = 0; c < planes.channels; ++c) {
      float* to = planes.at(half, c);
      copy(to + kRows * planes.line, kMoreRows * planes.line, to);
    }
  }
}

/// Carries a row of tiles over, kNumbers pixels each.
template <int kNumbers>
HWY_INLINE void carry_row(const Lines& l, const float* pixels, int channels, const Planes& planes,
                          int row) {
  for (int tile = 0; tile < l.tiles; ++tile) {
    for (int first = 0; first < channels; first += kLaneInt) {
      // The last four may overlap those before.
      const int c = std::max(std::min(first, channels - kLaneInt), 0);
      Vector x[kNumbers], y[kPoints];
      FOVEA_UNROLL
      for (int j = 0; j < kNumbers; ++j) x[j] = load(pixels + j * channels + c);
      carry(x, y);
      FOVEA_UNROLL
      for (int half = 0; half < kHalves; ++half) {
        Vector turned[kLaneCount];
        turn(y + half * kLaneInt, turned);
        float* at = planes.at(half, c, row) + tile * kLaneInt;
        FOVEA_UNROLL
        for (int i = 0; i < kLaneInt; ++i) {
          store(turned[i], at + i * planes.plane);
        }
      }
    }
    pixels += kOutputs * channels;
  }
}

/// Brings the inputs for the output rows from `row` on into the planes, row by row through
/// `pixels`, which has zeros before and behind. `begun`: some are there.
void bring_inputs(const Lines& l, const Conv2dGeometry& g, const float* image, int row, bool begun,
                  float* pixels, const Planes& planes);

/// to = from times filter, a vector each, summed over the terms; of `count` tiles.
void multiply(const Planes& from, const float* filter, int count, const Planes& to);

/// The eight sums of four channels of a tile, the points turned to where carrying back wants them.
HWY_INLINE void take_tile(const Planes& planes, int c, int tile, Vector (&x)[kPoints]) {
  FOVEA_UNROLL
  for (int half = 0; half < kHalves; ++half) {
    const float* from = planes.at(half, c) + tile * kLaneInt;
    Vector sums[kLaneCount];
    FOVEA_UNROLL
    for (int i = 0; i < kLaneInt; ++i) sums[i] = load(from + i * planes.plane);
    turn(sums, x + half * kLaneInt);
  }
}

/// Calls f(its numbers at the first four points, its first tap) for every row of five taps of a
/// filter for so many terms and columns: forward channels and filters, backward exchanged.
template <class Function>
void for_each_row(const Lines& l, bool backward, const Function& f) {
  for (int c = 0; c < l.channels; ++c) {
    for (int kh = 0; kh < kTaps; ++kh) {
      for (int filter = 0; filter < l.filters; ++filter) {
        const int column = backward ? c : filter;
        const int term = backward ? filter * kTaps + kMoreRows - kh : c * kTaps + kh;
        const int terms = kTaps * (backward ? l.filters : l.channels);
        const int place = (column / kColumns * terms + term) * kColumns + column % kColumns;
        f(place * kLaneInt, (kh * kTaps * l.channels + c) * l.filters + filter);
      }
    }
  }
}

/// [half, pair of columns, term, kh, 2, 4] of a filter. Backward the rows are turned around.
void carry_filter(const Lines& l, const float* filter, bool backward, float* to);

}  // namespace fovea::line
