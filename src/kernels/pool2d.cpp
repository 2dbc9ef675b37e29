// SPDX-License-Identifier: MIT
#include "kernels/pool2d.h"

#include <algorithm>
#include <limits>

#include "kernels/simd.h"

namespace fovea {

namespace {

/// The part of a window that lies inside the image, along one axis.
struct Range {
  int first, last;
};
Range inside(const WindowAxis& axis, int output) {
  const int start = output * axis.stride - axis.before;
  return {std::max(start, 0), std::min(start + axis.size, axis.input)};
}

/// Calls window(output pixel, rows, columns) for every window of image n.
template <class Function>
void for_each_window(const WindowGeometry& g, int n, const Function& window) {
  std::ptrdiff_t pixel = std::ptrdiff_t{n} * g.output_pixels();
  for (int oh = 0; oh < g.rows.output; ++oh) {
    const Range rows = inside(g.rows, oh);
    for (int ow = 0; ow < g.columns.output; ++ow) window(pixel++, rows, inside(g.columns, ow));
  }
}

/// Calls f(input offset) for the inputs of a window in order, as offsets of their first channel.
template <class Function>
HWY_INLINE void for_each_input(const WindowGeometry& g, int n, Range rows, Range columns,
                               const Function& f) {
  for (int h = rows.first; h < rows.last; ++h) {
    const std::ptrdiff_t row = (std::ptrdiff_t{n} * g.rows.input + h) * g.columns.input;
    for (int w = columns.first; w < columns.last; ++w) f((row + w) * g.channels);
  }
}

std::span<float> image(const WindowGeometry& g, TensorView tensor, int n) {
  const std::size_t size = static_cast<std::size_t>(g.rows.input) *
                           static_cast<std::size_t>(g.columns.input) *
                           static_cast<std::size_t>(g.channels);
  return tensor.values().subspan(static_cast<std::size_t>(n) * size, size);
}

std::span<const float> pixel_of(const WindowGeometry& g, ConstTensorView output,
                                std::ptrdiff_t pixel) {
  return {output.data + pixel * g.channels, static_cast<std::size_t>(g.channels)};
}

/// What the sum of a window is divided by.
Vector divisor_of(PoolTotal total, Range rows, Range columns) {
  const int inputs = (rows.last - rows.first) * (columns.last - columns.first);
  return broadcast(total == PoolTotal::kMean ? static_cast<float>(inputs) : 1.0F);
}

}  // namespace

void max_pool2d_forward(const WindowGeometry& g, ConstTensorView input, TensorView output,
                        Workers& workers) {
  workers.run(g.batch, [&](int n, int) {
    for_each_window(g, n, [&](std::ptrdiff_t pixel, Range rows, Range columns) {
      const std::span<float> y(output.data + pixel * g.channels,
                               static_cast<std::size_t>(g.channels));
      for_each_vector(y.size(), [&](std::size_t c, std::size_t count) {
        Vector largest = broadcast(-std::numeric_limits<float>::infinity());
        for_each_input(g, n, rows, columns, [&](std::ptrdiff_t at) {
          largest = maximum(largest, load_some(input.data + at + c, count));
        });
        store_at(largest, y, c, count);
      });
    });
  });
}

void max_pool2d_backward(const WindowGeometry& g, const MaxPool2dBackward& call, Workers& workers) {
  workers.run(g.batch, [&](int n, int) {
    std::ranges::fill(image(g, call.input_gradient, n), 0.0F);
    for_each_window(g, n, [&](std::ptrdiff_t pixel, Range rows, Range columns) {
      const std::span<const float> y = pixel_of(g, call.output, pixel);
      const std::span<const float> dy = pixel_of(g, call.output_gradient, pixel);
      for_each_vector(y.size(), [&](std::size_t c, std::size_t count) {
        const Vector largest = load_at(y, c, count);
        Vector left = load_at(dy, c, count);  // becomes zero once the largest input has taken it
        for_each_input(g, n, rows, columns, [&](std::ptrdiff_t at) {
          const Mask is_largest = hn::Eq(load_some(call.input.data + at + c, count), largest);
          float* dx = call.input_gradient.data + at + c;
          store_some(hn::Add(load_some(dx, count), hn::IfThenElseZero(is_largest, left)), dx,
                     count);
          left = hn::IfThenZeroElse(is_largest, left);
        });
      });
    });
  });
}

void total_pool2d_forward(PoolTotal total, const WindowGeometry& g, ConstTensorView input,
                          TensorView output, Workers& workers) {
  workers.run(g.batch, [&](int n, int) {
    for_each_window(g, n, [&](std::ptrdiff_t pixel, Range rows, Range columns) {
      const std::span<float> y(output.data + pixel * g.channels,
                               static_cast<std::size_t>(g.channels));
      const Vector divisor = divisor_of(total, rows, columns);
      for_each_vector(y.size(), [&](std::size_t c, std::size_t count) {
        Vector sum = zero();
        for_each_input(g, n, rows, columns, [&](std::ptrdiff_t at) {
          sum = hn::Add(sum, load_some(input.data + at + c, count));
        });
        store_at(hn::Div(sum, divisor), y, c, count);
      });
    });
  });
}

void total_pool2d_backward(PoolTotal total, const WindowGeometry& g,
                           ConstTensorView output_gradient, TensorView input_gradient,
                           Workers& workers) {
  workers.run(g.batch, [&](int n, int) {
    std::ranges::fill(image(g, input_gradient, n), 0.0F);
    for_each_window(g, n, [&](std::ptrdiff_t pixel, Range rows, Range columns) {
      const std::span<const float> dy = pixel_of(g, output_gradient, pixel);
      const Vector divisor = divisor_of(total, rows, columns);
      for_each_vector(dy.size(), [&](std::size_t c, std::size_t count) {
        const Vector share = hn::Div(load_at(dy, c, count), divisor);
        for_each_input(g, n, rows, columns, [&](std::ptrdiff_t at) {
          float* dx = input_gradient.data + at + c;
          store_some(hn::Add(load_some(dx, count), share), dx, count);
        });
      });
    });
  });
}

}  // namespace fovea
