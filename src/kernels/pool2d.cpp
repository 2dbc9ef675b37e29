// SPDX-License-Identifier: MIT
#include "kernels/pool2d.h"

#include <algorithm>
#include <cstdint>
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

/// Calls work(n) for every image. Threads get some images each, as many as are worth handing over.
template <class Work>
void for_each_image(const WindowGeometry& g, Workers& workers, const Work& work) {
  constexpr std::int64_t kFloatsPerPart = 1 << 15;
  const std::int64_t floats = std::int64_t{g.batch} * g.rows.input * g.columns.input * g.channels;
  const auto parts =
      static_cast<int>(std::clamp<std::int64_t>(floats / kFloatsPerPart, 1, g.batch));
  workers.run(parts, [&](int part, int) {
    const auto begin = [&](int of) { return static_cast<int>(std::int64_t{g.batch} * of / parts); };
    for (int n = begin(part); n < begin(part + 1); ++n) work(n);
  });
}

// Windows of 2x2 side by side, which is what networks have. The bits of a winner: 1 the right
// column, 2 the lower row, 4 nobody (what a relu has cut off).
constexpr hn::FixedTag<std::int32_t, 4> kIntegers;
constexpr hn::FixedTag<std::uint8_t, 4> kBytes;

bool is_quad(const WindowAxis& axis) {
  return axis.size == 2 && axis.stride == 2 && axis.dilation == 1 && axis.before == 0 &&
         2 * axis.output <= axis.input;
}
/// The last vector of a pixel's channels overlaps the one before instead of being a part.
bool is_quad(const WindowGeometry& g) {
  return is_quad(g.rows) && is_quad(g.columns) && g.channels >= static_cast<int>(kLaneCount);
}

/// Calls work(first input, output) as offsets of four channels of every window of image n.
template <class Work>
HWY_INLINE void for_each_quad(const WindowGeometry& g, int n, const Work& work) {
  constexpr int kLaneInt = static_cast<int>(kLaneCount);
  std::ptrdiff_t to = std::ptrdiff_t{n} * g.output_pixels() * g.channels;
  for (int oh = 0; oh < g.rows.output; ++oh) {
    std::ptrdiff_t from =
        (std::ptrdiff_t{n} * g.rows.input + 2 * oh) * g.columns.input * g.channels;
    for (int ow = 0; ow < g.columns.output; ++ow) {
      int c = 0;
      for (; c + kLaneInt <= g.channels; c += kLaneInt) work(from + c, to + c);
      if (c < g.channels) work(from + g.channels - kLaneInt, to + g.channels - kLaneInt);
      from += 2 * g.channels;
      to += g.channels;
    }
  }
}

template <bool kNotes>
void quads_forward(const WindowGeometry& g, const MaxPool2dForward& call, int n) {
  const std::ptrdiff_t right = g.channels;
  const std::ptrdiff_t below = std::ptrdiff_t{g.columns.input} * g.channels;
  auto* winners = reinterpret_cast<std::uint8_t*>(call.winners.data());
  const auto one = hn::Set(kIntegers, 1);
  const auto two = hn::Set(kIntegers, 2);
  const auto nobody = hn::Set(kIntegers, call.after_relu ? 4 : 0);
  for_each_quad(g, n, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    const float* x = call.input.data + from;
    const Vector a = load(x);
    const Vector b = load(x + right);
    const Vector c = load(x + below);
    const Vector d = load(x + below + right);
    // Of equals Max gives the second, which is the first input; a NaN may be lost.
    const Vector up = hn::Max(b, a);
    const Vector down = hn::Max(d, c);
    const Mask is_nan =
        hn::Or(hn::Or(hn::IsNaN(a), hn::IsNaN(b)), hn::Or(hn::IsNaN(c), hn::IsNaN(d)));
    const Vector largest = hn::Max(down, up);
    const Vector y = hn::Or(largest, hn::VecFromMask(kLanes, is_nan));
    store(y, call.output.data + to);
    if constexpr (kNotes) {
      const auto integers = [](Mask mask) { return hn::RebindMask(kIntegers, mask); };
      const auto column = hn::IfThenElse(
          integers(hn::Ge(up, down)), hn::IfThenZeroElse(integers(hn::Ge(a, b)), one),
          hn::Or(hn::IfThenZeroElse(integers(hn::Ge(c, d)), one), two));
      const auto cut = hn::IfThenElseZero(integers(hn::Le(y, zero())), nobody);
      hn::StoreU(hn::DemoteTo(kBytes, hn::Or(column, cut)), kBytes, winners + to);
    }
  });
}

/// What is behind the last window of a row, and below the last row, is nobody's.
void clear_edges(const WindowGeometry& g, std::span<float> image) {
  const int pitch = g.columns.input * g.channels;
  const int inside = 2 * g.columns.output * g.channels;
  for (int h = 0; h < g.rows.input; ++h) {
    const int from = h < 2 * g.rows.output ? inside : 0;
    std::ranges::fill(image.subspan(static_cast<std::size_t>(h * pitch + from),
                                    static_cast<std::size_t>(pitch - from)),
                      0.0F);
  }
}

void quads_backward(const WindowGeometry& g, const MaxPool2dBackward& call, int n) {
  const std::ptrdiff_t right = g.channels;
  const std::ptrdiff_t below = std::ptrdiff_t{g.columns.input} * g.channels;
  const auto* winners = reinterpret_cast<const std::uint8_t*>(call.winners.data());
  clear_edges(g, image(g, call.input_gradient, n));
  for_each_quad(g, n, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    const auto winner = hn::PromoteTo(kIntegers, hn::LoadU(kBytes, winners + to));
    const Vector dy = load(call.output_gradient.data + to);
    const auto of = [&](int number) {
      const auto mine = hn::Eq(winner, hn::Set(kIntegers, number));
      return hn::IfThenElseZero(hn::RebindMask(kLanes, mine), dy);
    };
    float* dx = call.input_gradient.data + from;
    store(of(0), dx);
    store(of(1), dx + right);
    store(of(2), dx + below);
    store(of(3), dx + below + right);
  });
}

// All other windows.
HWY_NOINLINE void windows_forward(const WindowGeometry& g, const MaxPool2dForward& call, int n) {
  for_each_window(g, n, [&](std::ptrdiff_t pixel, Range rows, Range columns) {
    const std::span<float> y(call.output.data + pixel * g.channels,
                             static_cast<std::size_t>(g.channels));
    for_each_vector(y.size(), [&](std::size_t c, std::size_t count) {
      Vector largest = broadcast(-std::numeric_limits<float>::infinity());
      for_each_input(g, n, rows, columns, [&](std::ptrdiff_t at) {
        largest = maximum(largest, load_some(call.input.data + at + c, count));
      });
      store_at(largest, y, c, count);
    });
  });
}

HWY_NOINLINE void windows_backward(const WindowGeometry& g, const MaxPool2dBackward& call, int n) {
  std::ranges::fill(image(g, call.input_gradient, n), 0.0F);
  for_each_window(g, n, [&](std::ptrdiff_t pixel, Range rows, Range columns) {
    const std::span<const float> y = pixel_of(g, call.output, pixel);
    const std::span<const float> dy = pixel_of(g, call.output_gradient, pixel);
    for_each_vector(y.size(), [&](std::size_t c, std::size_t count) {
      const Vector largest = load_at(y, c, count);
      Vector left = load_at(dy, c, count);  // becomes zero once the largest input has taken it
      if (call.after_relu) left = hn::IfThenElseZero(hn::Gt(largest, zero()), left);
      for_each_input(g, n, rows, columns, [&](std::ptrdiff_t at) {
        const Mask is_largest = hn::Eq(load_some(call.input.data + at + c, count), largest);
        float* dx = call.input_gradient.data + at + c;
        store_some(hn::Add(load_some(dx, count), hn::IfThenElseZero(is_largest, left)), dx, count);
        left = hn::IfThenZeroElse(is_largest, left);
      });
    });
  });
}

}  // namespace

std::int64_t max_pool2d_winners(const WindowGeometry& g) {
  return is_quad(g) ? (std::int64_t{g.batch} * g.output_pixels() * g.channels + 3) / 4 : 0;
}

void max_pool2d_forward(const WindowGeometry& g, const MaxPool2dForward& call, Workers& workers) {
  for_each_image(g, workers, [&](int n) {
    if (!is_quad(g)) return windows_forward(g, call, n);
    (call.winners.empty() ? quads_forward<false> : quads_forward<true>)(g, call, n);
  });
}

void max_pool2d_backward(const WindowGeometry& g, const MaxPool2dBackward& call, Workers& workers) {
  for_each_image(g, workers,
                 [&](int n) { (is_quad(g) ? quads_backward : windows_backward)(g, call, n); });
}

void total_pool2d_forward(PoolTotal total, const WindowGeometry& g, ConstTensorView input,
                          TensorView output, Workers& workers) {
  for_each_image(g, workers, [&](int n) {
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
  for_each_image(g, workers, [&](int n) {
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
