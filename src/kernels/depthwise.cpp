// SPDX-License-Identifier: MIT
// The lanes of a vector are output channels. With a multiplier above 1 an image is first copied
// with its channels repeated, so that every loop knows only one input channel per output channel.
// Windows are cut at the image's edge by arithmetic: there is no border. Forward with stride 1,
// what lies between the edges of a row is one run of numbers, whose lanes are pixels and channels
// alike.
#include "kernels/depthwise.h"

#include <algorithm>

#include "kernels/elementwise.h"
#include "kernels/scratch.h"
#include "kernels/simd.h"

namespace fovea {

namespace {

struct Range {
  int first, last;
};

/// The i in [0, count) with 0 <= i * step - offset < size.
Range inside(int offset, int step, int count, int size) {
  const auto quotient_up = [step](int a) { return a <= 0 ? 0 : (a - 1) / step + 1; };
  return {std::min(quotient_up(offset), count), std::min(quotient_up(size + offset), count)};
}
/// Taps of an output that lie in the image, and outputs for which a tap does.
Range taps_of(const WindowAxis& a, int output) {
  return inside(a.before - output * a.stride, a.dilation, a.size, a.input);
}
Range outputs_of(const WindowAxis& a, int tap) {
  return inside(a.before - tap * a.dilation, a.stride, a.output, a.input);
}

/// A run is computed by so many numbers at once.
constexpr int kVectors = 4;
constexpr int kAtOnce = kVectors * static_cast<int>(kLaneCount);

/// Images with filter gradients of their own: at most so many groups, summed in order at the end.
constexpr int kGroups = 8;

struct Workspace {
  Workspace(const DepthwiseGeometry& g, int slots, bool backward, Scratch& scratch)
      : groups(std::clamp(g.batch, 1, kGroups)),
        filter_size(g.filter_shape().size()),
        image_size(std::int64_t{g.rows.input} * g.columns.input * g.out_channels()),
        images(scratch.take<float>(g.multiplier > 1 ? image_size * slots : 0)),
        pitch(g.out_channels() + kAtOnce),
        filter(
            scratch.take<float>(backward ? 0 : std::int64_t{pitch} * g.rows.size * g.columns.size)),
        bias(scratch.take<float>(backward ? 0 : pitch)),
        filter_gradients(scratch.take<float>(backward ? filter_size * groups : 0)),
        bias_gradients(
            scratch.take<float>(backward ? std::int64_t{g.out_channels()} * groups : 0)) {}

  [[nodiscard]] std::span<float> image(int slot) const {
    return {images + slot * image_size, static_cast<std::size_t>(image_size)};
  }

  int groups;
  std::int64_t filter_size;
  std::int64_t image_size;  // with repeated channels
  float* images;
  int pitch;      // of the filter below, from tap to tap
  float* filter;  // a tap's numbers for each channel, and again, for a run from any channel on
  float* bias;    // likewise
  float* filter_gradients;  // of each group
  float* bias_gradients;    // of each group
};

/// Image n as the loops read it.
const float* repeated(const DepthwiseGeometry& g, const Workspace& work, ConstTensorView input,
                      int n, int slot) {
  const float* from = input.data + n * (work.image_size / g.multiplier);
  if (g.multiplier == 1) return from;
  const std::span<float> to = work.image(slot);
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i] = from[i / static_cast<std::size_t>(g.multiplier)];
  }
  return to.data();
}

/// The taps of one output pixel that lie in the image. Found once for all its channels.
struct PixelTaps {
  PixelTaps(const DepthwiseGeometry& geometry, int output_row, int output_column)
      : g(geometry),
        rows(taps_of(g.rows, output_row)),
        columns(taps_of(g.columns, output_column)),
        top(output_row * g.rows.stride - g.rows.before),
        left(output_column * g.columns.stride - g.columns.before) {}

  /// Calls f(offset in the filter, offset in the image) for each of them.
  template <class Function>
  HWY_INLINE void for_each(const Function& f) const {
    for (int kh = rows.first; kh < rows.last; ++kh) {
      const int h = top + kh * g.rows.dilation;
      for (int kw = columns.first; kw < columns.last; ++kw) {
        const int w = left + kw * g.columns.dilation;
        f(std::ptrdiff_t{kh * g.columns.size + kw} * g.out_channels(),
          std::ptrdiff_t{h * g.columns.input + w} * g.out_channels());
      }
    }
  }

  const DepthwiseGeometry& g;
  Range rows, columns;
  int top, left;
};

/// `from`, a number for each channel, again and again.
void repeat(const float* from, int channels, std::span<float> to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i] = from == nullptr ? 0.0F : from[i % static_cast<std::size_t>(channels)];
  }
}

/// The outputs of a row, `columns` of it, whose windows reach over neither side of the image.
void forward_run(const DepthwiseGeometry& g, const Workspace& work, const float* image, int oh,
                 Range columns, float* output) {
  const int channels = g.out_channels();
  const int row_size = g.columns.input * channels;
  const int size = (columns.last - columns.first) * channels;
  const Range taps = taps_of(g.rows, oh);
  output += columns.first * channels;
  for (int i = 0; i < size; i += kAtOnce) {
    // The last ones overlap those before.
    const int at = std::min(i, size - kAtOnce);
    const int channel = at % channels;
    const float* filter = work.filter + std::ptrdiff_t{taps.first} * g.columns.size * work.pitch;
    Vector sum[kVectors] = {zero(), zero(), zero(), zero()};
    for (int kh = taps.first; kh < taps.last; ++kh) {
      const int h = oh * g.rows.stride + kh * g.rows.dilation - g.rows.before;
      const float* from =
          image + std::ptrdiff_t{h} * row_size + at + (columns.first - g.columns.before) * channels;
      for (int kw = 0; kw < g.columns.size; ++kw) {
        for (int v = 0; v < kVectors; ++v) {
          const auto lane = std::ptrdiff_t{v} * static_cast<int>(kLaneCount);
          sum[v] = multiply_add(load(from + lane), load(filter + channel + lane), sum[v]);
        }
        from += std::ptrdiff_t{g.columns.dilation} * channels;
        filter += work.pitch;
      }
    }
    for (int v = 0; v < kVectors; ++v) {
      const auto lane = std::ptrdiff_t{v} * static_cast<int>(kLaneCount);
      store(hn::Add(sum[v], load(work.bias + channel + lane)), output + at + lane);
    }
  }
}

/// image_gradient, whose channels are repeated, from the output gradient of one image.
void image_gradient(const DepthwiseGeometry& g, const float* filter, const float* output_gradient,
                    std::span<float> image) {
  std::ranges::fill(image, 0.0F);
  for (int oh = 0; oh < g.rows.output; ++oh) {
    for (int ow = 0; ow < g.columns.output; ++ow, output_gradient += g.out_channels()) {
      PixelTaps(g, oh, ow).for_each([&](std::ptrdiff_t tap, std::ptrdiff_t at) {
        const std::span<float> dx =
            image.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(g.out_channels()));
        const std::span<const float> w(filter + tap, dx.size());
        map_to(dx, multiply_add, std::span<const float>(output_gradient, dx.size()), w, dx);
      });
    }
  }
}

/// filter_gradient of one image, added to what stands there unless it is the first of its group.
void filter_gradient(const DepthwiseGeometry& g, const float* image, const float* output_gradient,
                     bool first, float* gradient) {
  const auto channels = static_cast<std::size_t>(g.out_channels());
  for (int kh = 0; kh < g.rows.size; ++kh) {
    const Range rows = outputs_of(g.rows, kh);
    for (int kw = 0; kw < g.columns.size; ++kw, gradient += channels) {
      const Range columns = outputs_of(g.columns, kw);
      for_each_vector(channels, [&](std::size_t c, std::size_t count) {
        Vector sum = first ? zero() : load_some(gradient + c, count);
        for (int oh = rows.first; oh < rows.last; ++oh) {
          const int h = oh * g.rows.stride + kh * g.rows.dilation - g.rows.before;
          for (int ow = columns.first; ow < columns.last; ++ow) {
            const int w = ow * g.columns.stride + kw * g.columns.dilation - g.columns.before;
            const auto x = static_cast<std::size_t>(h * g.columns.input + w) * channels + c;
            const auto y = static_cast<std::size_t>(oh * g.columns.output + ow) * channels + c;
            sum = multiply_add(load_some(image + x, count), load_some(output_gradient + y, count),
                               sum);
          }
        }
        store_some(sum, gradient + c, count);
      });
    }
  }
}

}  // namespace

std::int64_t depthwise_forward_scratch(const DepthwiseGeometry& g, int slots) {
  return scratch_floats<Workspace>(g, slots, false);
}
std::int64_t depthwise_backward_scratch(const DepthwiseGeometry& g, int slots) {
  return scratch_floats<Workspace>(g, slots, true);
}

void depthwise_forward(const DepthwiseGeometry& g, const DepthwiseForward& call, Workers& workers) {
  Scratch scratch(call.scratch);
  const Workspace work(g, workers.size(), false, scratch);
  const auto channels = static_cast<std::size_t>(g.out_channels());
  // Columns whose windows lie in the image. Too few of them are left to the loop below.
  Range run{
      std::min(g.columns.before, g.columns.output),
      std::min(g.columns.input + g.columns.before - (g.columns.span() - 1), g.columns.output)};
  if (g.columns.stride > 1 || (run.last - run.first) * g.out_channels() < kAtOnce) run = {0, 0};
  if (run.last > 0) {
    const auto pitch = static_cast<std::size_t>(work.pitch);
    for (int tap = 0; tap < g.rows.size * g.columns.size; ++tap) {
      repeat(call.filter.data + std::ptrdiff_t{tap} * g.out_channels(), g.out_channels(),
             {work.filter + std::ptrdiff_t{tap} * work.pitch, pitch});
    }
    repeat(call.bias.data, g.out_channels(), {work.bias, pitch});
  }
  workers.run(g.batch, [&](int n, int slot) {
    const float* image = repeated(g, work, call.input, n, slot);
    float* row = call.output.data + std::ptrdiff_t{n} * g.output_pixels() * g.out_channels();
    for (int oh = 0; oh < g.rows.output; ++oh) {
      if (run.last > 0) forward_run(g, work, image, oh, run, row);
      for (int ow = 0; ow < g.columns.output; ++ow, row += channels) {
        if (ow >= run.first && ow < run.last) continue;
        const PixelTaps taps(g, oh, ow);
        for_each_vector(channels, [&](std::size_t c, std::size_t count) {
          Vector sum = zero();
          taps.for_each([&](std::ptrdiff_t tap, std::ptrdiff_t at) {
            sum = multiply_add(load_some(image + at + c, count),
                               load_some(call.filter.data + tap + c, count), sum);
          });
          if (call.bias) sum = hn::Add(sum, load_some(call.bias.data + c, count));
          store_some(sum, row + c, count);
        });
      }
    }
  });
}

void depthwise_backward(const DepthwiseGeometry& g, const DepthwiseBackward& call,
                        Workers& workers) {
  Scratch scratch(call.scratch);
  const Workspace work(g, workers.size(), true, scratch);
  const auto multiplier = static_cast<std::size_t>(g.multiplier);
  workers.run(work.groups, [&](int group, int slot) {
    const int first = g.batch * group / work.groups;
    const int last = g.batch * (group + 1) / work.groups;
    for (int n = first; n < last; ++n) {
      const float* dy =
          call.output_gradient.data + std::ptrdiff_t{n} * g.output_pixels() * g.out_channels();
      if (call.bias_gradient) {
        add_column_sums(dy, g.output_pixels(), g.out_channels(),
                        work.bias_gradients + std::ptrdiff_t{group} * g.out_channels(), n > first);
      }
      if (call.filter_gradient) {
        filter_gradient(g, repeated(g, work, call.input, n, slot), dy, n == first,
                        work.filter_gradients + group * work.filter_size);
      }
      if (!call.input_gradient) continue;
      const std::size_t size = static_cast<std::size_t>(work.image_size) / multiplier;
      const std::span<float> dx(call.input_gradient.data + static_cast<std::size_t>(n) * size,
                                size);
      const std::span<float> image = g.multiplier == 1 ? dx : work.image(slot);
      image_gradient(g, call.filter.data, dy, image);
      if (g.multiplier == 1) continue;
      for (std::size_t i = 0; i < size; ++i) {
        float sum = 0;
        for (std::size_t j = 0; j < multiplier; ++j) sum += image[i * multiplier + j];
        dx[i] = sum;
      }
    }
  });
  if (call.filter_gradient)
    sum_rows(work.filter_gradients, work.groups, call.filter_gradient.values());
  if (call.bias_gradient) sum_rows(work.bias_gradients, work.groups, call.bias_gradient.values());
}

}  // namespace fovea
