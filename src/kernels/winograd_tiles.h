// SPDX-License-Identifier: MIT
// How images are cut into tiles for Winograd's method, and which products a tile needs. Tiles that
// reach over the edge would compute outputs that nobody reads: so some tiles have one output less
// than the others. Those do without infinity, the point that belongs to the last output alone, and
// of a block of tiles each product sees those tiles only that need it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/geometry.h"
#include "kernels/simd.h"

namespace fovea {

/// Images [rows, columns, channels], one after the other, without a border; or some channels of
/// them.
struct ImageSize {
  int rows = 0, columns = 0, channels = 0;  // four channels or more
  int pitch = 0;                            // from a pixel to the next: all channels
  [[nodiscard]] std::ptrdiff_t floats() const { return std::ptrdiff_t{rows} * columns * pitch; }
};

/// What `channels` numbers take where whole vectors are written; those behind them mean nothing.
inline int padded(int channels) {
  constexpr int kLanesHere = static_cast<int>(kLaneCount);
  return (channels + kLanesHere - 1) / kLanesHere * kLanesHere;
}

/// The tiles along one axis: the first `full` have six inputs, the others five. The last may still
/// reach over the edge, where there are fewer outputs than tiles of five inputs have.
struct TileAxis {
  explicit TileAxis(int outputs);
  int count, full;
  [[nodiscard]] int start(int tile) const { return tile * 4 - std::max(tile - full, 0); }
  /// Inputs, which is also: products along this axis.
  [[nodiscard]] int points(int tile) const { return tile < full ? 6 : 5; }
  [[nodiscard]] int points() const { return 5 * count + full; }
};

/// A convolution of stride 1 as tiles of outputs, numbered through a batch of images.
struct WinogradGeometry {
  ImageSize input, output;
  int top = 0, left = 0;  // rows and columns of zeros before the image
  TileAxis rows, columns;
  int side;  // points along either axis that any tile needs: 5 or 6

  explicit WinogradGeometry(const Conv2dGeometry& g);
  [[nodiscard]] int products() const { return side * side; }
  [[nodiscard]] int tiles() const { return rows.count * columns.count; }  // of an image
  /// Floats of a tile of so many channels, carried over. Never a power of two: the same channel of
  /// several tiles would be in one set of the cache.
  [[nodiscard]] int tile_step(int channels) const;
  /// Tiles at a time: their numbers stay in the second cache.
  [[nodiscard]] int block() const;
  /// Backward, where each block is added to a filter's worth of sums, more are better.
  [[nodiscard]] int backward_block() const;
};

/// Where a tile stands in its batch, and its points along each axis.
struct WinogradTile {
  int image, row, column;  // of its first output
  int row_points, column_points;
};

/// A block of tiles in the order that makes those that need a product neighbours: first the ones
/// with all rows only, then those with all rows and columns, then all columns only, then the rest.
struct WinogradBlock {
  /// Fills `tiles` with `count` tiles from `first` on.
  WinogradBlock(const WinogradGeometry& g, int first, int count, WinogradTile* tiles);

  WinogradTile* tiles;
  int ends[4];  // of each kind

  [[nodiscard]] int count() const { return ends[3]; }
  /// The tiles that need product (i, j).
  struct Range {
    int first, last;
  };
  [[nodiscard]] Range that_need(int i, int j) const {
    return {j < 5 ? 0 : ends[0], ends[i < 5 ? (j < 5 ? 3 : 2) : 1]};
  }
};

}  // namespace fovea
