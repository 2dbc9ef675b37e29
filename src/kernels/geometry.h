// SPDX-License-Identifier: MIT
// Every derived size of an operation, computed and checked once. The legend of the kernels: n
// image; h w input row and column; oh ow output row and column; kh kw filter row and column; ic oc
// input and output channel; m n k rows, columns and depth of a matrix product.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/shape.h"

namespace fovea {

/// Rows and columns of zeros (for max pooling: of minus infinity) around an image.
struct Padding {
  enum class Kind : std::uint8_t { kValid, kSame, kExplicit };
  Kind kind = Kind::kValid;
  int top = 0, bottom = 0, left = 0, right = 0;  // for kExplicit
};

/// A window that slides over an image: what convolution and pooling have in common.
struct Window {
  int height = 1, width = 1;
  int row_stride = 1, column_stride = 1;
  int row_dilation = 1, column_dilation = 1;
  Padding padding;
};

/// One axis of a sliding window. output = floor((input + before + after - span) / stride) + 1.
struct WindowAxis {
  int input = 0, output = 0;
  int size = 1, stride = 1, dilation = 1;
  int before = 0, after = 0;  // padding
  /// Input elements from the first to the last tap, both included.
  [[nodiscard]] int span() const { return (size - 1) * dilation + 1; }
  /// Input positions that a window reads, padding included: what a bordered copy must hold.
  [[nodiscard]] int covered() const { return (output - 1) * stride + span(); }
};

/// Sliding a window over images [n, h, w, ic].
struct WindowGeometry {
  int batch = 0;
  int channels = 0;
  WindowAxis rows, columns;

  [[nodiscard]] int output_pixels() const { return rows.output * columns.output; }
};

/// Refuses a tensor with more elements than the kernels' 32-bit offsets reach. `what` names it in
/// the sentence: "a kernel".
void check_elements(std::string_view place, std::string_view what, const Shape& shape);

/// Refuses everything but a batch of images [n, h, w, ic].
void check_image(std::string_view place, const Shape& input);

/// Checks that the window fits and computes every size. `place` opens the error sentence.
/// "same" padding is Keras's: output = ceil(input / stride), an odd total puts the extra row at the
/// bottom and right.
WindowGeometry window_geometry(std::string_view place, const Shape& input, const Window& window);

struct Conv2dGeometry : WindowGeometry {  // channels = ic
  int out_channels = 0;
  /// Channels are cut into so many groups; a filter sees the inputs of its own group only.
  int groups = 1;

  [[nodiscard]] int group_channels() const { return channels / groups; }
  [[nodiscard]] int group_filters() const { return out_channels / groups; }
  /// Terms in the sum of one output: kernel height x kernel width x input channels of a group.
  [[nodiscard]] int patch_length() const { return rows.size * columns.size * group_channels(); }
  [[nodiscard]] Shape input_shape() const { return {batch, rows.input, columns.input, channels}; }
  [[nodiscard]] Shape filter_shape() const {
    return {rows.size, columns.size, group_channels(), out_channels};
  }
  [[nodiscard]] Shape output_shape() const {
    return {batch, rows.output, columns.output, out_channels};
  }
};

Conv2dGeometry conv2d_geometry(std::string_view place, const Shape& input, const Window& window,
                               int out_channels, int groups = 1);

/// The convolution whose input gradient a transposed convolution of `input` is: its output is
/// `input`, its input (g.rows.input, g.columns.input, g.channels = out_channels) the result.
/// Keras's sizes: input * stride, and with valid padding at least the window; with output padding,
/// or padding as numbers, (input - 1) * stride + span - padding + output padding.
struct OutputPadding {
  int rows = -1, columns = -1;  // -1: none given
};
Conv2dGeometry transposed_conv2d_geometry(std::string_view place, const Shape& input,
                                          const Window& window, OutputPadding output_padding,
                                          int out_channels);

}  // namespace fovea
