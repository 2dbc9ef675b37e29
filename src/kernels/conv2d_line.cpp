// SPDX-License-Identifier: MIT
// The points are 0, ±1/2, ±1, ±2 and infinity, and the vectors' lanes: each product is one vector
// times another, so that no lane is empty whatever the channels and filters. Numbers carried over
// lie in planes, one for each channel (or filter) and half of the points, tile after tile.
#include "kernels/conv2d_line.h"

#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"
#include "kernels/line_axis.h"
#include "kernels/scratch.h"
#include "kernels/tile.h"

namespace fovea {

using namespace line;

namespace {

constexpr int kFilters = 2;  // at a time

/// A gradient below this part of the largest of its eight sums is made of their roundings, which
/// come to 2^-18.5. It is zero then, or Adam would make steps of the noise.
constexpr float kNoise = 0x1p-17F;

/// The sizes of what is carried over: some rows of outputs at a time, and the rows of inputs that
/// they read.
struct Lines {
  explicit Lines(const Conv2dGeometry& g)
      : tiles((g.columns.output + kOutputs - 1) / kOutputs),
        pairs((g.out_channels + kFilters - 1) / kFilters),
        channels(g.channels),
        filters(g.out_channels) {}

  /// Rows at a time: whole register tiles, whatever the width.
  static constexpr int kRows = std::max(kTileRows, 4);
  static constexpr int kMoreRows = kTaps - 1;  // that they read

  [[nodiscard]] int terms() const { return kTaps * channels; }
  [[nodiscard]] int line() const { return tiles * kLaneInt; }  // floats of a row in a plane
  /// Floats of a row of pixels and what its tiles read besides.
  [[nodiscard]] std::int64_t row(int numbers) const {
    return std::int64_t{tiles + 1} * kOutputs * numbers;
  }
  [[nodiscard]] std::ptrdiff_t input_plane() const {
    return std::ptrdiff_t{kRows + kMoreRows} * line();
  }
  [[nodiscard]] std::ptrdiff_t output_plane() const { return std::ptrdiff_t{kRows} * line(); }
  [[nodiscard]] int filter_planes() const { return pairs * kFilters; }  // in each half
  [[nodiscard]] std::int64_t filter_size() const {
    return std::int64_t{kHalves} * terms() * filter_planes() * kLaneInt;
  }
  /// A filter gradient, and a vector for each bias.
  [[nodiscard]] std::int64_t sums() const {
    return filter_size() + std::int64_t{filter_planes()} * kLaneInt;
  }

  int tiles;  // in a row
  int pairs;  // of filters
  int channels, filters;
};

/// One for each thread.
struct Room {
  Room(const Lines& l, Scratch& scratch)
      : pixels(scratch.take<float>(l.row(l.channels))),
        gradients(scratch.take<float>(l.row(l.filters))),
        inputs(scratch.take<float>(l.input_plane() * kHalves * l.channels)),
        outputs(scratch.take<float>(l.output_plane() * kHalves * l.filter_planes())) {}
  float* pixels;     // of a row, with zeros before and behind
  float* gradients;  // the same, of its outputs
  float* inputs;     // [half, channel, row, tile, 4]
  float* outputs;    // [half, filter, row, tile, 4]
};

struct Workspace {
  Workspace(const Conv2dGeometry& g, std::int64_t floats, int slots, Scratch& scratch)
      : shared(scratch.take<float>(floats)),
        size(scratch_floats<Room>(Lines(g))),
        rooms(scratch.take<float>(size * slots)) {}
  [[nodiscard]] Room room(const Lines& l, int slot) const {
    Scratch piece({rooms + slot * size, static_cast<std::size_t>(size)});
    const Room room(l, piece);
    std::fill_n(room.pixels, l.row(l.channels), 0.0F);
    std::fill_n(room.gradients, l.row(l.filters), 0.0F);
    return room;
  }
  float* shared;  // the filter carried over, or the sums of each group
  std::int64_t size;
  float* rooms;
};

/// Copies four numbers or more, towards the beginning where they overlap. Short, and no call.
HWY_INLINE void copy(const float* from, std::ptrdiff_t count, float* to) {
  for (std::ptrdiff_t i = 0; i < count; i += kLaneInt) {
    const std::ptrdiff_t at = std::min(i, count - kLaneInt);
    store(load(from + at), to + at);
  }
}

/// Carries a row of tiles over, kNumbers pixels each, into `planes` planes of each half.
template <int kNumbers>
HWY_INLINE void carry_row(const Lines& l, const float* pixels, int channels, float* to,
                          std::ptrdiff_t plane, int planes) {
  for (int tile = 0; tile < l.tiles; ++tile) {
    for (int first = 0; first < channels; first += kLaneInt) {
      // The last four may overlap those before.
      const int c = std::max(std::min(first, channels - kLaneInt), 0);
      Vector x[kNumbers], y[kPoints];
      FOVEA_UNROLL
      for (int j = 0; j < kNumbers; ++j) x[j] = load(pixels + j * channels + c);
      carry(x, y);
      FOVEA_UNROLL
      for (int half = 0; half < kHalves; ++half) {
        Vector turned[kLaneCount];
        turn(y + half * kLaneInt, turned);
        float* at = to + (half * planes + c) * plane;
        FOVEA_UNROLL
        for (int i = 0; i < kLaneInt; ++i) {
          // There are four filters or more, and at most three channels.
          if (kNumbers == kOutputs || i < channels) store(turned[i], at + i * plane);
        }
      }
    }
    pixels += kOutputs * channels;
    to += kLaneInt;
  }
}

/// Brings the inputs for the output rows from `row` on into the planes. `begun`: some are there.
void bring_inputs(const Lines& l, const Conv2dGeometry& g, const float* image, int row, bool begun,
                  const Room& room) {
  const int pitch = g.columns.input * g.channels;
  const std::ptrdiff_t plane = l.input_plane();
  for (int p = 0; begun && p < kHalves * l.channels; ++p) {
    float* to = room.inputs + p * plane;
    copy(to + Lines::kRows * l.line(), Lines::kMoreRows * l.line(), to);
  }
  const int count = std::min(Lines::kRows, g.rows.output - row) + Lines::kMoreRows;
  for (int i = begun ? Lines::kMoreRows : 0; i < count; ++i) {
    const int h = row + i - g.rows.before;
    float* pixels = room.pixels + g.columns.before * g.channels;
    if (h >= 0 && h < g.rows.input) {
      copy(image + std::ptrdiff_t{h} * pitch, pitch, pixels);
    } else {
      std::fill_n(pixels, pitch, 0.0F);
    }
    carry_row<kPoints>(l, room.pixels, l.channels, room.inputs + i * l.line(), plane, l.channels);
  }
}

/// outputs = inputs times filter, a vector each, summed over the terms; of `count` tiles.
void multiply(const Lines& l, const float* filter, int count, const Room& room) {
  const std::ptrdiff_t input_plane = l.input_plane();
  const std::ptrdiff_t output_plane = l.output_plane();
  for (int half = 0; half < kHalves; ++half) {
    const float* inputs = room.inputs + half * l.channels * input_plane;
    for (int pair = 0; pair < l.pairs; ++pair) {
      float* outputs = room.outputs + (half * l.filter_planes() + pair * kFilters) * output_plane;
      for (int tile = 0; tile < count; tile += kTileRows) {
        Tile<kTileRows, kFilters> sums;
        sums.clear();
        const float* weights = filter;
        for (int c = 0; c < l.channels; ++c) {
          const float* from = inputs + c * input_plane + tile * kLaneInt;
          for (int kh = 0; kh < kTaps; ++kh) {
            sums.add_products([&](int i) { return load(from + i * kLaneInt); }, weights);
            from += l.line();
            weights += kFilters * kLaneInt;
          }
        }
        FOVEA_UNROLL
        for (int v = 0; v < kFilters; ++v) {
          FOVEA_UNROLL
          for (int i = 0; i < kTileRows; ++i) {
            store(sums.sum[i][v], outputs + v * output_plane + (tile + i) * kLaneInt);
          }
        }
      }
      filter += l.terms() * kFilters * kLaneInt;
    }
  }
}

/// Adds to sums [half, pair, channel, kh, 2, 4] the products of inputs and gradients of `count`
/// tiles, and to those behind them the gradients themselves.
void add_outer(const Lines& l, int count, const Room& room, float* sums) {
  const std::ptrdiff_t input_plane = l.input_plane();
  const std::ptrdiff_t output_plane = l.output_plane();
  for (int half = 0; half < kHalves; ++half) {
    for (int pair = 0; pair < l.pairs; ++pair) {
      const float* gradients =
          room.outputs + (half * l.filter_planes() + pair * kFilters) * output_plane;
      for (int c = 0; c < l.channels; ++c) {
        const float* inputs = room.inputs + (half * l.channels + c) * input_plane;
        Tile<kTaps, kFilters> tile;
        FOVEA_UNROLL
        for (int i = 0; i < kTaps * kFilters; ++i) {
          tile.sum[i / kFilters][i % kFilters] = load(sums + i * kLaneInt);
        }
        for (int i = 0; i < count * kLaneInt; i += kLaneInt) {
          const Vector x[kFilters] = {load(gradients + i), load(gradients + output_plane + i)};
          const float* from = inputs + i;
          FOVEA_UNROLL
          for (int kh = 0; kh < kTaps; ++kh, from += l.line()) {
            const Vector v = load(from);
            tile.sum[kh][0] = multiply_add(v, x[0], tile.sum[kh][0]);
            tile.sum[kh][1] = multiply_add(v, x[1], tile.sum[kh][1]);
          }
        }
        FOVEA_UNROLL
        for (int i = 0; i < kTaps * kFilters; ++i, sums += kLaneInt) {
          store(tile.sum[i / kFilters][i % kFilters], sums);
        }
      }
    }
  }
  for (int f = 0; f < l.filter_planes(); ++f, sums += kLaneInt) {
    Vector sum = load(sums);
    const float* gradients = room.outputs + f * output_plane;
    for (int i = 0; i < count; ++i) sum = hn::Add(sum, load(gradients + i * kLaneInt));
    store(sum, sums);
  }
}

/// The outputs of some rows: sums carried back, with bias and relu.
void carry_outputs_back(const Lines& l, const Conv2dGeometry& g, const Conv2dForward& call,
                        int rows, const Room& room, float* output) {
  const std::ptrdiff_t plane = l.output_plane();
  const bool relus = call.activation == Activation::kRelu;
  for (int tile = 0; tile < rows * l.tiles; ++tile) {
    const int columns =
        std::min(g.columns.output - tile % l.tiles * kOutputs, kOutputs);  // that exist
    for (int first = 0; first < l.filters; first += kLaneInt) {
      const int c = std::min(first, l.filters - kLaneInt);
      const Vector bias = call.bias ? load(call.bias.data + c) : zero();
      Vector x[kPoints], y[kOutputs];
      FOVEA_UNROLL
      for (int half = 0; half < kHalves; ++half) {
        const float* from = room.outputs + (half * l.filter_planes() + c) * plane + tile * kLaneInt;
        Vector sums[kLaneCount];
        FOVEA_UNROLL
        for (int i = 0; i < kLaneInt; ++i) sums[i] = load(from + i * plane);
        turn(sums, x + half * kLaneInt);
      }
      carry_back(x, y);
      FOVEA_UNROLL
      for (int j = 0; j < kOutputs; ++j) {
        const Vector v = hn::Add(y[j], bias);
        if (j < columns) store(relus ? relu(v) : v, output + j * l.filters + c);
      }
    }
    output += columns * l.filters;
  }
}

/// Calls f(numbers at the eight points, filter's tap) for every row of five taps.
template <class Function>
void for_each_row(const Lines& l, const Function& f) {
  for (int c = 0; c < l.channels; ++c) {
    for (int kh = 0; kh < kTaps; ++kh) {
      for (int filter = 0; filter < l.filters; ++filter) {
        const int place = (filter / kFilters * l.terms() + c * kTaps + kh) * kFilters;
        f((place + filter % kFilters) * kLaneInt,
          (kh * kTaps * l.channels + c) * l.filters + filter);
      }
    }
  }
}

void carry_filter(const Lines& l, const float* filter, float* to) {
  const std::int64_t half_size = l.filter_size() / kHalves;
  std::fill_n(to, l.filter_size(), 0.0F);
  for_each_row(l, [&](int place, int at) {
    for (int half = 0; half < kHalves; ++half) {
      Vector sum = zero();
      for (int tap = 0; tap < kTaps; ++tap) {
        sum = plus(sum, filter[at + tap * l.channels * l.filters],
                   load(kFilterTable.value[half][tap]));
      }
      store(sum, to + half * half_size + place);
    }
  });
}

void carry_filter_back(const Lines& l, const float* sums, float* gradient) {
  const std::int64_t half_size = l.filter_size() / kHalves;
  for_each_row(l, [&](int place, int at) {
    const Vector low = load(sums + place);
    const Vector high = load(sums + half_size + place);
    const float largest = max_of_lanes(maximum(hn::Abs(low), hn::Abs(high)));
    for (int tap = 0; tap < kTaps; ++tap) {
      const float sum = sum_of_lanes(multiply_add(high, load(kFilterTable.value[1][tap]),
                                                  hn::Mul(low, load(kFilterTable.value[0][tap]))));
      const bool is_noise = std::abs(sum) < kNoise * largest;
      gradient[at + tap * l.channels * l.filters] = is_noise ? 0 : sum;
    }
  });
}

bool suits(const WindowAxis& axis) {
  return axis.size == kTaps && axis.stride == 1 && axis.dilation == 1;
}

}  // namespace

bool suits_line_backward(const Conv2dGeometry& g) {
  return suits(g.rows) && suits(g.columns) && g.groups == 1 && g.channels < kLaneInt &&
         g.out_channels >= kLaneInt && g.columns.input >= kLaneInt &&
         2 * kOutputs * Lines(g).tiles <= 3 * g.columns.output;
}

bool suits_line(const Conv2dGeometry& g) {
  // To carry the inputs over takes as long as the plain sums of a few filters of one channel.
  constexpr int kFiltersWorthCarrying = 24;
  return suits_line_backward(g) && (g.channels > 1 || g.out_channels >= kFiltersWorthCarrying);
}

std::int64_t conv2d_line_filter_size(const Conv2dGeometry& g) { return Lines(g).filter_size(); }
std::int64_t conv2d_line_forward_scratch(const Conv2dGeometry& g, int slots) {
  return scratch_floats<Workspace>(g, Lines(g).filter_size(), slots);
}
std::int64_t conv2d_line_backward_scratch(const Conv2dGeometry& g, int groups, int slots) {
  return scratch_floats<Workspace>(g, Lines(g).sums() * groups, slots);
}

void conv2d_line_forward(const Conv2dGeometry& g, const Conv2dForward& call, int bands,
                         Workers& workers) {
  const Lines l(g);
  Scratch scratch(call.scratch);
  const Workspace work(g, call.kept.empty() ? l.filter_size() : 0, workers.size(), scratch);
  float* filter = call.kept.empty() ? work.shared : call.kept.data();
  if (!call.kept_is_current) carry_filter(l, call.filter.data, filter);
  workers.run(g.batch * bands, [&](int part, int slot) {
    const Room room = work.room(l, slot);
    const int n = part / bands;
    const int band = part % bands;
    const int last = g.rows.output * (band + 1) / bands;
    const int begin = g.rows.output * band / bands;
    for (int row = begin; row < last; row += Lines::kRows) {
      const int rows = std::min(Lines::kRows, last - row);
      bring_inputs(l, g, example(call.input, n).data, row, row > begin, room);
      multiply(l, filter, rows * l.tiles, room);
      const std::ptrdiff_t row_size = std::ptrdiff_t{g.columns.output} * l.filters;
      float* output = example(call.output, n).data + row * row_size;
      carry_outputs_back(l, g, call, rows, room, output);
      if (call.activation != Activation::kRelu) {
        const std::span<float> numbers(output, static_cast<std::size_t>(rows * row_size));
        activation_forward(call.activation, numbers, numbers);
      }
    }
  });
}

void conv2d_line_backward(const Conv2dGeometry& g, const Conv2dBackward& call, int groups,
                          Workers& workers) {
  const Lines l(g);
  Scratch scratch(call.scratch);
  const Workspace work(g, l.sums() * groups, workers.size(), scratch);
  const auto row_size = static_cast<std::size_t>(g.columns.output * l.filters);
  const ConstTensorView& output = call.output ? call.output : call.output_gradient;
  // What needs neither zeros nor a derivative is read where it stands.
  const bool in_place = call.activation == Activation::kLinear && g.columns.output % kOutputs == 0;
  workers.run(groups, [&](int group, int slot) {
    const Room room = work.room(l, slot);
    float* sums = work.shared + group * l.sums();
    std::fill_n(sums, l.sums(), 0.0F);
    for (int n = g.batch * group / groups; n < g.batch * (group + 1) / groups; ++n) {
      for (int row = 0; row < g.rows.output; row += Lines::kRows) {
        const int rows = std::min(Lines::kRows, g.rows.output - row);
        bring_inputs(l, g, example(call.input, n).data, row, row > 0, room);
        for (int i = 0; i < rows; ++i) {
          const std::size_t from = static_cast<std::size_t>(n * g.rows.output + row + i) * row_size;
          const float* gradients = call.output_gradient.data + from;
          if (!in_place) {
            activation_backward(call.activation, output.values().subspan(from, row_size),
                                {gradients, row_size}, {room.gradients, row_size});
            gradients = room.gradients;
          }
          carry_row<kOutputs>(l, gradients, l.filters, room.outputs + i * l.line(),
                              l.output_plane(), l.filter_planes());
        }
        add_outer(l, rows * l.tiles, room, sums);
      }
    }
  });
  float* total = work.shared;
  sum_rows(work.shared, groups, {total, static_cast<std::size_t>(l.sums())});
  if (call.filter_gradient) carry_filter_back(l, total, call.filter_gradient.data);
  total += l.filter_size();
  for (int f = 0; call.bias_gradient && f < l.filters; ++f) {
    call.bias_gradient.data[f] = total[f * kLaneInt + kOne];
  }
}

}  // namespace fovea
