// SPDX-License-Identifier: MIT
// How the patches of a convolution lie in memory: the tables of offsets that turn it into matrix
// products.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/bordered.h"
#include "kernels/geometry.h"
#include "kernels/scratch.h"
#include "kernels/tile.h"

namespace fovea {

/// The input with the border that padding asks for. A window that needs no border reads the image
/// where it stands.
inline BorderedLayout input_layout(const WindowGeometry& g) {
  BorderedLayout layout{.rows = g.rows.input, .columns = g.columns.input, .channels = g.channels};
  layout.top = g.rows.before;
  layout.left = g.columns.before;
  layout.bottom = std::max(g.rows.covered() - g.rows.before - g.rows.input, 0);
  layout.right = std::max(g.columns.covered() - g.columns.before - g.columns.input, 0);
  return layout;
}

/// Filter taps in order kh, kw, ic, as runs: without dilation a whole filter row is contiguous,
/// unless channels are in groups. Those of another group stand group_channels() further.
struct FilterTaps {
  FilterTaps(const Conv2dGeometry& g, Scratch& scratch)
      : whole_rows(g.columns.dilation == 1 && g.groups == 1),
        count(g.rows.size * (whole_rows ? 1 : g.columns.size)),
        run(g.group_channels() * (whole_rows ? g.columns.size : 1)),
        offsets(scratch.take<std::int32_t>(count)) {}

  void fill(const WindowGeometry& g, int row_pitch) const {
    std::int32_t* to = offsets;
    for (int kh = 0; kh < g.rows.size; ++kh) {
      for (int kw = 0; kw < (whole_rows ? 1 : g.columns.size); ++kw) {
        *to++ = kh * g.rows.dilation * row_pitch + kw * g.columns.dilation * g.channels;
      }
    }
  }
  [[nodiscard]] Taps taps() const { return {{offsets, static_cast<std::size_t>(count)}, run}; }

  bool whole_rows;
  int count;
  int run;
  std::int32_t* offsets;
};

/// Offsets of a grid of pixels, row * row_step + column * column_step.
HWY_NOINLINE inline void fill_grid(std::int32_t* offsets, PixelGrid grid, int row_step,
                                   int column_step) {
  for (int row = 0; row < grid.rows; ++row) {
    for (int i = 0; i < grid.columns; ++i) *offsets++ = row * row_step + i * column_step;
  }
}

/// Backwards along one axis. Input position h is read by the taps k with h + before = out * stride
/// + k * dilation, so positions of one phase (h + before) mod stride share their taps: with u = (h
/// + before) / stride, out = u - behind(k).
struct PhaseAxis {
  PhaseAxis(const WindowAxis& axis, int phase_of_axis)
      : stride(axis.stride),
        dilation(axis.dilation),
        phase(phase_of_axis),
        first_input(((phase - axis.before) % stride + stride) % stride),
        count(first_input < axis.input ? (axis.input - 1 - first_input) / stride + 1 : 0),
        first_u((first_input + axis.before) / stride) {}

  [[nodiscard]] bool reads(int k) const { return k * dilation % stride == phase; }
  [[nodiscard]] int behind(int k) const { return (k * dilation - phase) / stride; }

  int stride, dilation, phase;
  int first_input;  // positions first_input, first_input + stride, ...: `count` of them
  int count;
  int first_u;
};

/// The output gradient with the border that the windows of the backward pass reach into.
inline BorderedLayout gradient_layout(const Conv2dGeometry& g) {
  const auto before = [](const WindowAxis& a) {
    return std::max((a.size - 1) * a.dilation / a.stride - a.before / a.stride, 0);
  };
  const auto after = [](const WindowAxis& a) {
    return std::max((a.input - 1 + a.before) / a.stride - (a.output - 1), 0);
  };
  BorderedLayout layout{
      .rows = g.rows.output, .columns = g.columns.output, .channels = g.out_channels};
  layout.top = before(g.rows);
  layout.bottom = after(g.rows);
  layout.left = before(g.columns);
  layout.right = after(g.columns);
  return layout;
}

}  // namespace fovea
