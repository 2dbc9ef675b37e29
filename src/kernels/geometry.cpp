// SPDX-License-Identifier: MIT
#include "kernels/geometry.h"

#include <algorithm>

namespace fovea {

namespace {

WindowAxis axis(std::string_view place, std::string_view name, WindowAxis a, Padding::Kind kind) {
  if (kind == Padding::Kind::kSame) {
    a.output = (a.input + a.stride - 1) / a.stride;
    const int total = std::max((a.output - 1) * a.stride + a.span() - a.input, 0);
    a.before = total / 2;
    a.after = total - a.before;
    return a;
  }
  const std::int64_t padded = std::int64_t{a.input} + a.before + a.after;
  if (a.span() > padded) {
    fail(ErrorCode::kBadShape, place, ": a window of ", name, ' ', a.span(),
         " does not fit an input of ", name, ' ', a.input,
         padded > a.input ? concat(" padded to ", padded) : std::string(),
         ". Use a smaller window, padding \"same\", or fewer layers that shrink the image before "
         "it.");
  }
  a.output = static_cast<int>((padded - a.span()) / a.stride) + 1;
  return a;
}

}  // namespace

WindowGeometry window_geometry(std::string_view place, const Shape& input, const Window& window) {
  if (input.rank() != 4) {
    fail(ErrorCode::kBadShape, place,
         ": needs a 4-D input [batch, height, width, channels] but gets ", batch_shape_text(input),
         ". Put reshape({ targetShape: [height, width, channels] }) before it.");
  }
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
  return g;
}

Conv2dGeometry conv2d_geometry(std::string_view place, const Shape& input, const Window& window,
                               int out_channels) {
  return {window_geometry(place, input, window), out_channels};
}

}  // namespace fovea
