// SPDX-License-Identifier: MIT
#include "kernels/conv2d_line.h"

#include "kernels/line_planes.h"

namespace fovea {

using namespace line;

namespace {

/// One for each thread.
struct Room {
  Room(const Lines& l, Scratch& scratch)
      : pixels(scratch.take<float>(l.row(l.channels))),
        inputs(l.planes(l.channels, kRows + kMoreRows, scratch)),
        outputs(l.planes(l.filters, kRows, scratch)) {}
  float* pixels;  // of a row, with zeros before and behind
  Planes inputs, outputs;
};

struct Workspace {
  Workspace(const Conv2dGeometry& g, std::span<float> kept, int slots, Scratch& scratch)
      : filter(kept.empty() ? scratch.take<float>(conv2d_line_filter_size(g)) : kept.data()),
        rooms(slots, scratch, Lines(g)) {}
  float* filter;  // carried over
  Rooms<Room> rooms;
};

/// The outputs of some rows: sums carried back, with bias and relu.
void carry_outputs_back(const Lines& l, const Conv2dGeometry& g, const Conv2dForward& call,
                        int rows, const Planes& sums, float* output) {
  const bool relus = call.activation == Activation::kRelu;
  for (int tile = 0; tile < rows * l.tiles; ++tile) {
    const int columns =
        std::min(g.columns.output - tile % l.tiles * kOutputs, kOutputs);  // that exist
    for (int first = 0; first < l.filters; first += kLaneInt) {
      const int c = std::min(first, l.filters - kLaneInt);
      const Vector bias = call.bias ? load(call.bias.data + c) : zero();
      Vector x[kPoints], y[kOutputs];
      take_tile(sums, c, tile, x);
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

bool suits(const Conv2dGeometry& g) {
  const auto plain = [](const WindowAxis& a) {
    return a.size == kTaps && a.stride == 1 && a.dilation == 1;
  };
  return plain(g.rows) && plain(g.columns) && g.groups == 1 && g.out_channels >= kLaneInt &&
         g.columns.input * g.channels >= kLaneInt &&
         2 * kOutputs * Lines(g).tiles <= 3 * g.columns.output;
}

}  // namespace

void line::bring_inputs(const Lines& l, const Conv2dGeometry& g, const float* image, int row,
                        bool begun, float* pixels, const Planes& planes) {
  const int pitch = g.columns.input * g.channels;
  // What needs no zeros is read where it stands, but for the last row: behind it may be nothing.
  const bool in_place = g.columns.before == 0 && l.row(g.channels) <= pitch;
  if (begun) keep_last_rows(planes);
  const int count = std::min(kRows, g.rows.output - row) + kMoreRows;
  for (int i = begun ? kMoreRows : 0; i < count; ++i) {
    const int h = row + i - g.rows.before;
    const float* from = image + std::ptrdiff_t{h} * pitch;
    if (h < 0 || h + 1 >= g.rows.input || !in_place) {
      float* inside = pixels + std::ptrdiff_t{g.columns.before} * g.channels;
      if (h >= 0 && h < g.rows.input) {
        copy(from, pitch, inside);
      } else {
        std::fill_n(inside, pitch, 0.0F);
      }
      from = pixels;
    }
    carry_row<kPoints>(l, from, g.channels, planes, i);
  }
}

void line::multiply(const Planes& from, const float* filter, int count, const Planes& to) {
  for (int half = 0; half < kHalves; ++half) {
    for (int column = 0; column < to.channels; column += kColumns) {
      for (int tile = 0; tile < count; tile += kTileRows) {
        Tile<kTileRows, kColumns> sums;
        sums.clear();
        const float* weights = filter;
        for (int c = 0; c < from.channels; ++c) {
          const float* values = from.at(half, c) + tile * kLaneInt;
          for (int kh = 0; kh < kTaps; ++kh) {
            sums.add_products([&](int i) { return load(values + i * kLaneInt); }, weights);
            values += from.line;
            weights += kColumns * kLaneInt;
          }
        }
        float* at = to.at(half, column) + tile * kLaneInt;
        FOVEA_UNROLL
        for (int v = 0; v < kColumns; ++v, at += to.plane) {
          FOVEA_UNROLL
          for (int i = 0; i < kTileRows; ++i) store(sums.sum[i][v], at + i * kLaneInt);
        }
      }
      filter += from.channels * kTaps * kColumns * kLaneInt;
    }
  }
}

void line::carry_filter(const Lines& l, const float* filter, bool backward, float* to) {
  const std::int64_t size = backward ? Lines::filter_size(l.filters, l.channels)
                                     : Lines::filter_size(l.channels, l.filters);
  std::fill_n(to, size, 0.0F);
  for_each_row(l, backward, [&](int place, int at) {
    for (int half = 0; half < kHalves; ++half) {
      Vector sum = zero();
      for (int tap = 0; tap < kTaps; ++tap) {
        sum = plus(sum, broadcast(filter[at + tap * l.channels * l.filters]),
                   load(kFilterTable.value[half][tap]));
      }
      store(sum, to + half * (size / kHalves) + place);
    }
  });
}

bool suits_line(const Conv2dGeometry& g) {
  // Seven or eight filters of one channel fill a register tile: carried over, they would gain less
  // than the carrying takes.
  const bool is_one_tile =
      g.channels == 1 && (g.out_channels == kTileColumns || g.out_channels == kTileColumns - 1);
  return suits(g) && !is_one_tile;
}

bool suits_line_backward(const Conv2dGeometry& g, bool wants_inputs) {
  return suits(g) && (g.channels >= kLaneInt || !wants_inputs);
}

std::int64_t conv2d_line_filter_size(const Conv2dGeometry& g) {
  return Lines::filter_size(g.channels, g.out_channels);
}
std::int64_t conv2d_line_forward_scratch(const Conv2dGeometry& g, int slots) {
  return scratch_floats<Workspace>(g, std::span<float>(), slots);
}

void conv2d_line_forward(const Conv2dGeometry& g, const Conv2dForward& call, int bands,
                         Workers& workers) {
  const Lines l(g);
  Scratch scratch(call.scratch);
  const Workspace work(g, call.kept, workers.size(), scratch);
  if (!call.kept_is_current) carry_filter(l, call.filter.data, false, work.filter);
  workers.run(g.batch * bands, [&](int part, int slot) {
    const Room room = work.rooms.of(slot, l);
    std::fill_n(room.pixels, l.row(l.channels), 0.0F);
    const int n = part / bands;
    const int band = part % bands;
    const int last = g.rows.output * (band + 1) / bands;
    const int begin = g.rows.output * band / bands;
    for (int row = begin; row < last; row += kRows) {
      const int rows = std::min(kRows, last - row);
      bring_inputs(l, g, example(call.input, n).data, row, row > begin, room.pixels, room.inputs);
      multiply(room.inputs, work.filter, rows * l.tiles, room.outputs);
      const std::ptrdiff_t row_size = std::ptrdiff_t{g.columns.output} * l.filters;
      float* output = example(call.output, n).data + row * row_size;
      carry_outputs_back(l, g, call, rows, room.outputs, output);
      if (call.activation != Activation::kRelu) {
        const std::span<float> numbers(output, static_cast<std::size_t>(rows * row_size));
        activation_forward(call.activation, numbers, numbers);
      }
    }
  });
}

}  // namespace fovea
