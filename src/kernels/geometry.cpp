// SPDX-License-Identifier: MIT
#include "kernels/geometry.h"

#include <algorithm>

namespace fovea {

namespace {

/// Of one example's tensor or one kernel: places inside it are 32-bit numbers.
constexpr std::int64_t kMostElements = INT32_MAX / 4;

WindowAxis axis(std::string_view place, std::string_view name, WindowAxis a, Padding::Kind kind) {
  // In 64 bits: the options' largest numbers must end in a sentence, not in an overflow.
  const std::int64_t span = (std::int64_t{a.size} - 1) * a.dilation + 1;
  std::int64_t padded = std::int64_t{a.input} + a.before + a.after;
  std::int64_t output = 0;
  if (kind == Padding::Kind::kSame) {
    output = (std::int64_t{a.input} + a.stride - 1) / a.stride;
    padded = std::max((output - 1) * a.stride + span, padded);
  } else if (span > padded) {
    fail(ErrorCode::kBadShape, place, ": a window of ", name, ' ', span,
         " does not fit an input of ", name, ' ', a.input,
         padded > a.input ? concat(" padded to ", padded) : std::string(),
         ". Use a smaller window, padding \"same\", or fewer layers that shrink the image before "
         "it.");
  } else {
    output = (padded - span) / a.stride + 1;
  }
  if (padded > kMostElements) {
    fail(ErrorCode::kOutOfMemory, place, ": an input of ", name, ' ', a.input, " padded to ",
         with_separators(padded), " is too large. Use a smaller window or less padding.");
  }
  if (kind == Padding::Kind::kSame) {
    a.before = static_cast<int>((padded - a.input) / 2);
    a.after = static_cast<int>(padded - a.input) - a.before;
  }
  a.output = static_cast<int>(output);
  // Where there is one output only, the stride decides nothing, but loops run up to it.
  a.stride = static_cast<int>(std::min<std::int64_t>(a.stride, std::max<std::int64_t>(padded, 1)));
  return a;
}

}  // namespace

void check_elements(std::string_view place, std::string_view what, const Shape& shape) {
  if (shape.size() <= kMostElements) return;
  fail(ErrorCode::kOutOfMemory, place, ": ", what, ' ', shape, " would need ",
       readable_bytes(4.0 * static_cast<double>(shape.size())),
       ". Use smaller images, fewer or smaller filters, or fewer units.");
}

void check_image(std::string_view place, const Shape& input) {
  if (input.rank() == 4) return;
  fail(ErrorCode::kBadShape, place,
       ": needs a 4-D input [batch, height, width, channels] but gets ", batch_shape_text(input),
       ". Put reshape({ targetShape: [height, width, channels] }) before it.");
}

WindowGeometry window_geometry(std::string_view place, const Shape& input, const Window& window) {
  check_image(place, input);
  const Padding& padding = window.padding;
  WindowGeometry g;
  g.batch = input[0];
  g.channels = input[3];
  g.rows = axis(place, "height",
                {.input = input[1],
                 .size = window.height,
                 .stride = window.row_stride,
                 .dilation = window.row_dilation,
                 .before = padding.top,
                 .after = padding.bottom},
                padding.kind);
  g.columns = axis(place, "width",
                   {.input = input[2],
                    .size = window.width,
                    .stride = window.column_stride,
                    .dilation = window.column_dilation,
                    .before = padding.left,
                    .after = padding.right},
                   padding.kind);
  const auto padded = [](const WindowAxis& a) { return a.before + a.input + a.after; };
  check_elements(place, "a padded image", {padded(g.rows), padded(g.columns), g.channels});
  return g;
}

Conv2dGeometry conv2d_geometry(std::string_view place, const Shape& input, const Window& window,
                               int out_channels, int groups) {
  const Conv2dGeometry g{window_geometry(place, input, window), out_channels, groups};
  if (g.channels % groups != 0 || out_channels % groups != 0) {
    fail(ErrorCode::kBadShape, place, ": groups ", groups, " must divide both the ", g.channels,
         " channels of the input and the ", out_channels, " filters.");
  }
  check_elements(place, "a kernel", g.filter_shape());
  check_elements(place, "an output", g.output_shape().row());
  return g;
}

namespace {

/// `small` is what is transposed, a.before and a.after explicit padding.
WindowAxis transposed_axis(std::string_view place, std::string_view name, WindowAxis a, int small,
                           int output_padding, Padding::Kind kind) {
  const std::int64_t span = (std::int64_t{a.size} - 1) * a.dilation + 1;
  if (output_padding >= std::max(a.stride, a.dilation)) {
    fail(ErrorCode::kBadOption, place,
         ": outputPadding must be less than strides or dilationRate (",
         std::max(a.stride, a.dilation), ") but is ", output_padding, '.');
  }
  const std::int64_t reach = (std::int64_t{small} - 1) * a.stride + span;
  const bool same = kind == Padding::Kind::kSame;
  std::int64_t large = reach - a.before - a.after + std::max(output_padding, 0);
  if (output_padding < 0 && kind != Padding::Kind::kExplicit) {
    large = same ? std::int64_t{small} * a.stride : std::max(reach, std::int64_t{small} * a.stride);
  } else if (same) {
    large -= span / 2 * 2;
  }
  if (large < 1 || large > kMostElements || reach > kMostElements) {
    fail(ErrorCode::kBadShape, place, ": would make an output of ", name, ' ', large,
         " from an input of ", name, ' ', small, ". Use other strides, padding or kernelSize.");
  }
  if (same) {
    const auto total = static_cast<int>(std::max<std::int64_t>(reach - large, 0));
    a.before = total / 2;
    a.after = total - a.before;
  }
  // Transposing one row, the stride decides nothing, but loops run up to it.
  a.stride = static_cast<int>(std::min<std::int64_t>(a.stride, reach));
  a.input = static_cast<int>(large);
  a.output = small;
  return a;
}

}  // namespace

Conv2dGeometry transposed_conv2d_geometry(std::string_view place, const Shape& input,
                                          const Window& window, OutputPadding output_padding,
                                          int out_channels) {
  check_image(place, input);
  const Padding& padding = window.padding;
  Conv2dGeometry g;
  g.batch = input[0];
  g.channels = out_channels;
  g.out_channels = input[3];
  g.rows = transposed_axis(place, "height",
                           {.size = window.height,
                            .stride = window.row_stride,
                            .dilation = window.row_dilation,
                            .before = padding.top,
                            .after = padding.bottom},
                           input[1], output_padding.rows, padding.kind);
  g.columns = transposed_axis(place, "width",
                              {.size = window.width,
                               .stride = window.column_stride,
                               .dilation = window.column_dilation,
                               .before = padding.left,
                               .after = padding.right},
                              input[2], output_padding.columns, padding.kind);
  check_elements(place, "a kernel", g.filter_shape());
  check_elements(place, "an output", {g.rows.covered(), g.columns.covered(), out_channels});
  check_elements(place, "an output", g.input_shape().row());
  return g;
}

}  // namespace fovea
