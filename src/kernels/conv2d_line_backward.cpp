// SPDX-License-Identifier: MIT
// Backward: image by image, some rows at a time. The gradients of a row of outputs are carried over
// once; times the inputs they are added to the filter gradient, which stays carried over until all
// images of a group are summed, and times the filter they are the gradients of the inputs, carried
// back by the transpose of what carries inputs over. Groups are summed in order at the end.
#include <algorithm>
#include <cmath>

#include "kernels/conv2d_line.h"
#include "kernels/conv2d_winograd.h"
#include "kernels/elementwise.h"
#include "kernels/line_planes.h"

namespace fovea {

using namespace line;

namespace {

/// A gradient below this part of the largest of its eight sums is made of their roundings, which
/// come to 2^-18.5. It is zero then, or Adam would make steps of the noise.
constexpr float kNoise = 0x1p-17F;

/// One for each thread.
struct Room {
  Room(const Lines& l, Scratch& scratch)
      : pixels(scratch.take<float>(l.row(l.channels))),
        gradient_row(scratch.take<float>(l.row(l.filters))),
        inputs(l.planes(l.channels, kRows + kMoreRows, scratch)),
        gradients(l.planes(l.filters, kRows + kMoreRows, scratch)),
        results(l.planes(l.channels, kRows, scratch)) {}
  float* pixels;        // of a row, with zeros before and behind
  float* gradient_row;  // the same, of its outputs
  Planes inputs;
  Planes gradients;  // behind those of the rows before, which reach the same inputs
  Planes results;    // the input gradient
};

/// Groups of images with filter gradients of their own: as many as fit a fixed budget of memory,
/// two at least and eight at most.
int image_groups(const Conv2dGeometry& g) {
  constexpr std::int64_t kBudget = 1 << 22;  // floats
  const std::int64_t affordable = kBudget / Lines::filter_size(g.channels, g.out_channels);
  return static_cast<int>(
      std::min<std::int64_t>(std::clamp<std::int64_t>(affordable, 2, 8), std::max(g.batch, 1)));
}

struct Workspace {
  Workspace(const Conv2dGeometry& g, int slots, Scratch& scratch)
      : groups(image_groups(g)),
        size(Lines::filter_size(g.channels, g.out_channels)),
        sums_size(size + std::int64_t{Lines::paired(g.out_channels)} * kLaneInt),
        sums(scratch.take<float>(sums_size * groups)),
        filter(scratch.take<float>(Lines::filter_size(g.out_channels, g.channels))),
        rooms(slots, scratch, Lines(g)) {}
  int groups;
  std::int64_t size, sums_size;
  float* sums;    // of each group: a filter gradient, carried over, and a vector for each bias
  float* filter;  // carried over, with inputs and outputs exchanged
  Rooms<Room> rooms;
};

/// Adds to sums [half, pair, channel, kh, 2, 4] the products of inputs and gradients of `count`
/// tiles.
void add_outer(const Planes& inputs, const Planes& gradients, int count, float* sums) {
  for (int half = 0; half < kHalves; ++half) {
    for (int filter = 0; filter < gradients.channels; filter += kColumns) {
      const float* right = gradients.at(half, filter, kMoreRows);
      for (int c = 0; c < inputs.channels; ++c) {
        const float* left = inputs.at(half, c);
        Tile<kTaps, kColumns> tile;
        FOVEA_UNROLL
        for (int i = 0; i < kTaps * kColumns; ++i) {
          tile.sum[i / kColumns][i % kColumns] = load(sums + i * kLaneInt);
        }
        for (int i = 0; i < count * kLaneInt; i += kLaneInt) {
          const Vector x[kColumns] = {load(right + i), load(right + gradients.plane + i)};
          const float* from = left + i;
          FOVEA_UNROLL
          for (int kh = 0; kh < kTaps; ++kh, from += inputs.line) {
            const Vector v = load(from);
            tile.sum[kh][0] = multiply_add(v, x[0], tile.sum[kh][0]);
            tile.sum[kh][1] = multiply_add(v, x[1], tile.sum[kh][1]);
          }
        }
        FOVEA_UNROLL
        for (int i = 0; i < kTaps * kColumns; ++i, sums += kLaneInt) {
          store(tile.sum[i / kColumns][i % kColumns], sums);
        }
      }
    }
  }
}

/// Adds to sums [filter, 4] the gradients themselves.
void add_biases(const Planes& gradients, int count, float* sums) {
  for (int f = 0; f < gradients.channels; ++f, sums += kLaneInt) {
    Vector sum = load(sums);
    const float* from = gradients.at(0, f, kMoreRows);
    for (int i = 0; i < count; ++i) sum = hn::Add(sum, load(from + i * kLaneInt));
    store(sum, sums);
  }
}

void carry_filter_back(const Lines& l, const float* sums, std::int64_t size, float* gradient) {
  for_each_row(l, false, [&](int place, int at) {
    const Vector low = load(sums + place);
    const Vector high = load(sums + size / kHalves + place);
    const float largest = max_of_lanes(maximum(hn::Abs(low), hn::Abs(high)));
    for (int tap = 0; tap < kTaps; ++tap) {
      const float sum = sum_of_lanes(multiply_add(high, load(kFilterTable.value[1][tap]),
                                                  hn::Mul(low, load(kFilterTable.value[0][tap]))));
      const bool is_noise = std::abs(sum) < kNoise * largest;
      gradient[at + tap * l.channels * l.filters] = is_noise ? 0 : sum;
    }
  });
}

/// Inputs that any output reads.
int reached(const WindowAxis& axis) { return axis.output + kTaps - 1 - axis.before; }

/// The input gradients of a row: tiles overlap by half.
void carry_inputs_back(const Lines& l, const Conv2dGeometry& g, const Planes& results, int row,
                       const ConstTensorView& bias, float* image_row) {
  const int last = std::min(reached(g.columns), g.columns.input);
  for (int first = 0; first < l.channels; first += kLaneInt) {
    const int c = std::min(first, l.channels - kLaneInt);
    Vector before[kOutputs];
    std::fill_n(before, kOutputs, bias ? load(bias.data + c) : zero());
    const Vector begin = before[0];
    int column = -g.columns.before;
    for (int tile = 0; tile <= l.tiles; ++tile) {
      Vector x[kPoints], y[kPoints];
      std::fill_n(y, kPoints, zero());
      if (tile < l.tiles) {
        take_tile(results, c, row * l.tiles + tile, x);
        carry_gradients_back(x, y);
      }
      FOVEA_UNROLL
      for (int j = 0; j < kOutputs; ++j, ++column) {
        if (column >= 0 && column < last) {
          store(hn::Add(before[j], y[j]), image_row + column * l.channels + c);
        }
        before[j] = hn::Add(begin, y[j + kOutputs]);
      }
    }
  }
}

void clear_rows(const Planes& planes, int first, int count) {
  for (int c = 0; c < kHalves * planes.channels; ++c) {
    std::fill_n(planes.at(c % kHalves, c / kHalves, first), count * planes.line, 0.0F);
  }
}

/// The gradients of an image.
class Image {
 public:
  Image(const Conv2dGeometry& g, const Conv2dBackward& call, const Workspace& work,
        const Room& room, float* sums)
      : g_(g), call_(call), work_(work), room_(room), sums_(sums) {}

  void add(int n) const {
    const Planes& gradients = room_.gradients;
    const bool wants_inputs = bool{call_.input_gradient};
    if (wants_inputs) clear_rows(gradients, 0, kMoreRows);
    // Rows of inputs, padding counted, that outputs reach: more than there are outputs.
    const int reached_rows = std::min(reached(g_.rows), g_.rows.input) + g_.rows.before;
    const int all = wants_inputs ? std::max(reached_rows, g_.rows.output) : g_.rows.output;
    for (int row = 0; row < all; row += kRows) {
      const int rows = std::clamp(g_.rows.output - row, 0, kRows);
      const int tiles = rows * l_.tiles;
      bring_gradients(n, row, rows);
      if (call_.filter_gradient && rows > 0) {
        bring_inputs(l_, g_, example(call_.input, n).data, row, row > 0, room_.pixels,
                     room_.inputs);
        add_outer(room_.inputs, gradients, tiles, sums_);
      }
      if (call_.bias_gradient) add_biases(gradients, tiles, sums_ + work_.size);
      if (!wants_inputs) continue;
      if (rows < kRows) clear_rows(gradients, kMoreRows + rows, kRows - rows);
      put_inputs(n, row, std::min(reached_rows - row, kRows));
      keep_last_rows(gradients);
    }
  }

 private:
  /// Carries over the gradients of output rows, times the activation's derivative.
  void bring_gradients(int n, int row, int rows) const {
    // What needs neither zeros nor a derivative is read where it stands.
    const bool in_place =
        call_.activation == Activation::kLinear && g_.columns.output % kOutputs == 0;
    const ConstTensorView& output = call_.output ? call_.output : call_.output_gradient;
    const auto row_size = static_cast<std::size_t>(g_.columns.output * l_.filters);
    for (int i = 0; i < rows; ++i) {
      const std::size_t from = static_cast<std::size_t>(n * g_.rows.output + row + i) * row_size;
      const float* values = call_.output_gradient.data + from;
      if (!in_place) {
        activation_backward(call_.activation, output.values().subspan(from, row_size),
                            {values, row_size}, {room_.gradient_row, row_size});
        values = room_.gradient_row;
      }
      carry_row<kOutputs>(l_, values, l_.filters, room_.gradients, kMoreRows + i);
    }
  }

  /// The gradients of input rows, padding counted, of which `row` is the first that output `row`
  /// reaches.
  void put_inputs(int n, int row, int rows) const {
    multiply(room_.gradients, work_.filter, rows * l_.tiles, room_.results);
    for (int i = 0; i < rows; ++i) {
      const int h = row + i - g_.rows.before;
      if (h < 0 || h >= g_.rows.input) continue;
      carry_inputs_back(l_, g_, room_.results, i, call_.transposed_bias,
                        example(call_.input_gradient, n).data +
                            std::ptrdiff_t{h} * g_.columns.input * l_.channels);
    }
  }

  const Conv2dGeometry& g_;
  const Conv2dBackward& call_;
  const Workspace& work_;
  const Room& room_;
  float* sums_;
  Lines l_ = Lines(g_);
};

}  // namespace

std::int64_t conv2d_line_backward_scratch(const Conv2dGeometry& g, int slots) {
  return scratch_floats<Workspace>(g, slots);
}

void conv2d_line_backward(const Conv2dGeometry& g, const Conv2dBackward& call, Workers& workers) {
  const Lines l(g);
  Scratch scratch(call.scratch);
  const Workspace work(g, workers.size(), scratch);
  if (call.input_gradient) {
    carry_filter(l, call.filter.data, true, work.filter);
    const bool all = reached(g.rows) >= g.rows.input && reached(g.columns) >= g.columns.input;
    if (!all) begin_with(call.transposed_bias, call.input_gradient.values());
  }
  workers.run(work.groups, [&](int group, int slot) {
    const Room room = work.rooms.of(slot, l);
    std::fill_n(room.pixels, l.row(l.channels), 0.0F);
    std::fill_n(room.gradient_row, l.row(l.filters), 0.0F);
    float* sums = work.sums + group * work.sums_size;
    std::fill_n(sums, work.sums_size, 0.0F);
    const Image image(g, call, work, room, sums);
    const int last = g.batch * (group + 1) / work.groups;
    for (int n = g.batch * group / work.groups; n < last; ++n) image.add(n);
  });
  float* total = work.sums;
  sum_rows(work.sums, work.groups, {total, static_cast<std::size_t>(work.sums_size)});
  if (call.filter_gradient) carry_filter_back(l, total, work.size, call.filter_gradient.data);
  total += work.size;
  for (int f = 0; call.bias_gradient && f < l.filters; ++f) {
    call.bias_gradient.data[f] = total[f * kLaneInt + kOne];
  }
}

}  // namespace fovea
