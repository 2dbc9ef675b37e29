// SPDX-License-Identifier: MIT
#include "kernels/winograd_tiles.h"

#include "kernels/winograd.h"
#include "kernels/winograd_axes.h"

namespace fovea {

using namespace winograd;

const float winograd::kFactors[] = {winograd::kA,
                                    winograd::kB,
                                    winograd::kA2,
                                    winograd::kB2,
                                    winograd::kA2 + winograd::kB2,
                                    winograd::kA2* winograd::kB2,
                                    winograd::kA* winograd::kA2,
                                    2,
                                    4,
                                    8};

namespace {

constexpr int kLaneInt = static_cast<int>(kLaneCount);

/// Tiles of a block: a multiple of both register tiles' heights.
constexpr int kBlockStep = 12;

/// Of `passes` products for each pair of channels, computed for `pixels` by the plain sum, and with
/// so many `channels` to carry over or back.
bool pays(const Conv2dGeometry& g, int passes, int pixels, int channels) {
  const auto plain = [](const WindowAxis& a) {
    return a.size == kTaps && a.stride == 1 && a.dilation == 1;
  };
  if (!plain(g.rows) || !plain(g.columns) || g.groups != 1) return false;
  if (g.channels < kLaneInt || g.out_channels < kLaneInt) return false;
  // To carry a channel of a tile takes as long as about ten multiply-adds in each of the products;
  // to carry over a filter that is not kept, or its gradient back, as long as 200 for each pair.
  const std::int64_t pairs = std::int64_t{g.channels} * g.out_channels;
  const WinogradGeometry tiling(g);
  const std::int64_t work = passes * pairs + 10 * std::int64_t{channels};
  const std::int64_t filters = is_wide(g) ? 200 * passes * pairs : 0;
  return tiling.rows.points() * tiling.columns.points() * work + filters <
         pixels * pairs * kTaps * kTaps;
}

}  // namespace

bool is_wide(const Conv2dGeometry& g) {
  // Carried over, a filter has 36 numbers for each pair of channels.
  constexpr std::int64_t kMostFloats = 1 << 20;
  return 36 * std::int64_t{g.channels} * g.out_channels > kMostFloats;
}

bool suits_winograd(const Conv2dGeometry& g) {
  return pays(g, 1, g.output_pixels(), g.channels + g.out_channels);
}

bool suits_winograd_backward(const Conv2dGeometry& g) {
  return pays(g, 2, g.output_pixels() + g.rows.input * g.columns.input,
              2 * g.channels + g.out_channels);
}

TileAxis::TileAxis(int outputs)
    : count((outputs + kOut - 1) / kOut), full(std::max(outputs - count * (kOut - 1), 0)) {}

WinogradGeometry::WinogradGeometry(const Conv2dGeometry& g)
    : input{g.rows.input, g.columns.input, g.channels, g.channels},
      output{g.rows.output, g.columns.output, g.out_channels, g.out_channels},
      top(g.rows.before),
      left(g.columns.before),
      rows(output.rows),
      columns(output.columns),
      side(std::max(rows.points(0), columns.points(0))) {}

int WinogradGeometry::tile_step(int channels) const { return products() * padded(channels) + 16; }

int WinogradGeometry::block() const {
  constexpr int kFloats = 1 << 16;
  const int channels = padded(input.channels) + padded(output.channels);
  return std::clamp(kFloats / (products() * channels) / kBlockStep, 1, 8) * kBlockStep;
}
int WinogradGeometry::backward_block() const {
  constexpr int kFloats = 5 << 14;
  const int channels = padded(input.channels) + padded(output.channels);
  const int most = std::max(kFloats / (products() * channels), 2 * kBlockStep);
  // An image's tiles in parts of about that many, or so many whole images.
  if (tiles() < most) return most / tiles() * tiles();
  const int parts = (tiles() + most / 2) / most;
  return (tiles() + parts - 1) / parts;
}

WinogradBlock::WinogradBlock(const WinogradGeometry& g, int first, int count, WinogradTile* room)
    : tiles(room), ends{} {
  for (int kind = 0, filled = 0; kind < 4; ++kind) {
    int image = first / g.tiles();
    int row = first % g.tiles() / g.columns.count;
    int column = first % g.columns.count;
    for (int i = 0; i < count; ++i) {
      const int row_points = g.rows.points(row);
      const int column_points = g.columns.points(column);
      if (kind == (row_points == 6 ? column_points - 5 : 8 - column_points)) {
        tiles[filled++] = {image, g.rows.start(row), g.columns.start(column), row_points,
                           column_points};
      }
      if (++column < g.columns.count) continue;
      column = 0;
      if (++row < g.rows.count) continue;
      row = 0;
      ++image;
    }
    ends[kind] = filled;
  }
}

}  // namespace fovea
