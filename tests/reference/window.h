// SPDX-License-Identifier: MIT
// The sizes of a window that slides over an image, from the formulas in the books: the slow twins
// do not share the library's own arithmetic. Positions outside the image are padding.
#pragma once

#include <algorithm>
#include <cstddef>

#include "tests/reference/values.h"

namespace fovea::reference {

/// One axis of a sliding window. `before` and `after` are rows (columns) of padding.
struct Axis {
  int input = 1;
  int size = 1;
  int stride = 1;
  int dilation = 1;
  int before = 0;
  int after = 0;

  /// floor((N + P - F) / S) + 1, F being the extent of the dilated window.
  [[nodiscard]] int output() const {
    const int extent = dilation * (size - 1) + 1;
    return (input + before + after - extent) / stride + 1;
  }
  /// The input position that tap k of output position `out` reads.
  [[nodiscard]] int reads(int out, int k) const { return out * stride + k * dilation - before; }
  [[nodiscard]] bool inside(int position) const { return position >= 0 && position < input; }
};

/// Keras's "same": as many outputs as ceil(N / S), an odd total puts the extra zero after the
/// image.
inline Axis same_padded(Axis axis) {
  const int outputs = (axis.input - 1) / axis.stride + 1;
  const int needed = (outputs - 1) * axis.stride + axis.dilation * (axis.size - 1) + 1;
  const int total = std::max(needed - axis.input, 0);
  axis.before = total / 2;
  axis.after = total - total / 2;
  return axis;
}

/// Place of element [n, row, column, channel] in an array [., rows, columns, channels].
struct Image {
  int rows = 1;
  int columns = 1;
  int channels = 1;

  [[nodiscard]] std::size_t size() const { return index(1, 0, 0, 0); }
  [[nodiscard]] std::size_t index(int n, int row, int column, int channel) const {
    const std::size_t pixel = (static_cast<std::size_t>(n) * static_cast<std::size_t>(rows) +
                               static_cast<std::size_t>(row)) *
                                  static_cast<std::size_t>(columns) +
                              static_cast<std::size_t>(column);
    return pixel * static_cast<std::size_t>(channels) + static_cast<std::size_t>(channel);
  }
};

}  // namespace fovea::reference
