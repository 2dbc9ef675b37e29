// SPDX-License-Identifier: MIT
// Some tiles at a time are carried over with all their channels. Then the filter is, a few columns
// at a time: these stay in the second cache, are multiplied with all those tiles, and the result is
// carried back at once. Threads share the tiles first and the columns then, which are the output
// channels forward and for the filter gradient, the input channels for the input gradient.
#include "kernels/conv2d_wide.h"

#include <algorithm>

#include "kernels/conv2d_winograd.h"
#include "kernels/elementwise.h"
#include "kernels/winograd.h"

namespace fovea {

namespace {

/// Tiles at a time: enough that carrying the filter over takes less time than the products, of
/// whole images or of an image cut evenly.
struct Portion {
  explicit Portion(const Conv2dGeometry& g) {
    constexpr int kMost = 64;
    const int of_image = WinogradGeometry(g).tiles();
    images = std::clamp(kMost / of_image, 1, g.batch);
    const int parts = (of_image + kMost - 1) / kMost;
    tiles = images > 1 ? images * of_image : (of_image + parts - 1) / parts;
  }
  /// Whether there is no other.
  [[nodiscard]] bool is_all(const Conv2dGeometry& g) const {
    return tiles == g.batch * WinogradGeometry(g).tiles();
  }
  int images, tiles;
};

/// Columns of a filter of so many terms, cut into slices that stay in the cache. None has fewer
/// than four.
struct Slices {
  Slices(int filter_terms, int all_columns) : terms(filter_terms), columns(all_columns) {
    constexpr int kFloats = 1 << 16;
    width = std::clamp(kFloats / (36 * terms) / 8, 1, 8) * 8;
    count = std::max((columns + width - 4) / width, 1);
  }
  [[nodiscard]] int first(int i) const { return i * width; }
  [[nodiscard]] int size(int i) const { return i + 1 < count ? width : columns - first(i); }
  [[nodiscard]] int widest() const { return std::max(std::min(width, columns), size(count - 1)); }
  int terms, columns;
  int width, count;
};

WinogradGeometry with_outputs(WinogradGeometry g, int channels) {
  g.output.channels = channels;
  return g;
}
WinogradGeometry with_inputs(WinogradGeometry g, int channels) {
  g.input.channels = channels;
  return g;
}

/// For a slice of the filter, or of its gradient, and its products with all tiles of a portion.
struct SliceRoom {
  SliceRoom(const WinogradGeometry& g, const Portion& portion, const Slices& slices,
            Scratch& scratch)
      : filter(scratch.take<float>(winograd_filter_size(g, slices.terms, slices.widest()))),
        products(scratch.take<float>(std::int64_t{portion.tiles} * g.tile_step(slices.widest()))),
        offsets(scratch.take<std::int32_t>(2 * std::int64_t{portion.tiles})) {}

  /// products[tile] = from[tile] * filter
  void multiply(const WinogradGeometry& g, const WinogradBlock& block, const float* from, int terms,
                int columns) const {
    winograd::multiply(g, block, from, {filter, terms, padded(columns)}, products, offsets);
  }

  float* filter;
  float* products;
  std::int32_t* offsets;
};

/// One for each thread.
struct SliceRooms {
  SliceRooms(const WinogradGeometry& geometry, const Portion& some, const Slices& cut, int slots,
             Scratch& scratch)
      : g(geometry),
        portion(some),
        slices(cut),
        size(scratch_floats<SliceRoom>(g, portion, slices)),
        memory(scratch.take<float>(size * slots)) {}
  [[nodiscard]] SliceRoom of(int slot) const {
    Scratch piece({memory + slot * size, static_cast<std::size_t>(size)});
    return {g, portion, slices, piece};
  }
  WinogradGeometry g;
  Portion portion;
  Slices slices;
  std::int64_t size;
  float* memory;
};

struct ForwardWorkspace {
  ForwardWorkspace(const Conv2dGeometry& g, int slots, Scratch& scratch)
      : tiling(g),
        portion(g),
        slices(g.channels, g.out_channels),
        room(with_outputs(tiling, 0), portion.tiles, scratch),
        rooms(tiling, portion, slices, slots, scratch) {}
  WinogradGeometry tiling;
  Portion portion;
  Slices slices;
  WinogradRoom room;
  SliceRooms rooms;
};

struct BackwardWorkspace {
  BackwardWorkspace(const Conv2dGeometry& g, int slots, Scratch& scratch)
      : tiling(g),
        portion(g),
        by_output(g.channels, g.out_channels),
        by_input(g.out_channels, g.channels),
        gradient(scratch.take<float>(portion.images * g.output_shape().row().size())),
        filter_gradient(scratch.take<float>(portion.is_all(g) ? 0 : g.filter_shape().size())),
        room(tiling, portion.tiles, scratch),
        output_rooms(tiling, portion, by_output, slots, scratch),
        input_rooms(tiling, portion, by_input, slots, scratch) {}
  WinogradGeometry tiling;
  Portion portion;
  Slices by_output, by_input;
  float* gradient;         // of a portion's images, times the activation's derivative
  float* filter_gradient;  // of all portions but the first, one after the other
  WinogradRoom room;
  SliceRooms output_rooms, input_rooms;
};

/// Calls f(tile) for a block's tiles, some at a time.
template <class Function>
void for_each_tile(const WinogradBlock& block, Workers& workers, const Function& f) {
  constexpr int kTiles = 4;  // a part, worth being handed over
  workers.run((block.count() + kTiles - 1) / kTiles, [&](int part, int) {
    const int last = std::min((part + 1) * kTiles, block.count());
    for (int i = part * kTiles; i < last; ++i) f(i);
  });
}

}  // namespace

std::int64_t conv2d_wide_forward_scratch(const Conv2dGeometry& g, int slots) {
  return scratch_floats<ForwardWorkspace>(g, slots);
}

void conv2d_wide_forward(const Conv2dGeometry& g, const Conv2dForward& call, Workers& workers) {
  Scratch scratch(call.scratch);
  const ForwardWorkspace work(g, workers.size(), scratch);
  const WinogradGeometry& tiling = work.tiling;
  const WinogradRoom& room = work.room;
  const std::ptrdiff_t taps = std::ptrdiff_t{g.channels} * g.out_channels;
  const bool relu = call.activation == Activation::kRelu;
  const int tiles = g.batch * tiling.tiles();
  for (int start = 0; start < tiles; start += work.portion.tiles) {
    const WinogradBlock block(tiling, start, std::min(work.portion.tiles, tiles - start),
                              room.tiles);
    for_each_tile(block, workers, [&](int i) {
      winograd::carry_inputs(tiling, call.input.data, block.tiles[i], room.zeros,
                             room.inputs + i * tiling.tile_step(g.channels));
    });
    workers.run(work.slices.count, [&](int part, int slot) {
      const SliceRoom own = work.rooms.of(slot);
      const int first = work.slices.first(part);
      const int size = work.slices.size(part);
      const WinogradGeometry slice = with_outputs(tiling, size);
      winograd_filter(slice, {call.filter.data + first, taps, g.out_channels, 1}, g.channels, size,
                      own.filter);
      own.multiply(slice, block, room.inputs, g.channels, size);
      const float* bias = call.bias ? call.bias.data + first : nullptr;
      const WinogradCall back{nullptr, nullptr, {bias, relu}, call.output.data + first};
      for (int i = 0; i < block.count(); ++i) {
        winograd::carry_back(slice, back, block.tiles[i],
                             own.products + i * tiling.tile_step(size));
      }
    });
  }
  if (relu || call.activation == Activation::kLinear) return;
  workers.run(g.batch, [&](int n, int) {
    const std::span<float> image = example(call.output, n).values();
    activation_forward(call.activation, image, image);
  });
}

std::int64_t conv2d_wide_backward_scratch(const Conv2dGeometry& g, int slots) {
  return scratch_floats<BackwardWorkspace>(g, slots);
}

void conv2d_wide_backward(const Conv2dGeometry& g, const Conv2dBackward& call, Workers& workers) {
  Scratch scratch(call.scratch);
  const BackwardWorkspace work(g, workers.size(), scratch);
  const WinogradGeometry& tiling = work.tiling;
  const WinogradRoom& room = work.room;
  const std::ptrdiff_t taps = std::ptrdiff_t{g.channels} * g.out_channels;
  const std::int64_t image_size = g.output_shape().row().size();

  // Of a block of tiles.
  const auto add_gradients = [&](const WinogradBlock& block, const float* gradient, int n,
                                 float* filter_gradient) {
    for_each_tile(block, workers, [&](int i) {
      const WinogradTile& tile = block.tiles[i];
      winograd::carry_gradients(tiling, gradient, tile, room.zeros,
                                room.outputs + i * tiling.tile_step(g.out_channels));
      if (filter_gradient == nullptr) return;
      winograd::carry_inputs(tiling, example(call.input, n).data, tile, room.zeros,
                             room.inputs + i * tiling.tile_step(g.channels));
    });
    workers.run(filter_gradient != nullptr ? work.by_output.count : 0, [&](int part, int slot) {
      const SliceRoom own = work.output_rooms.of(slot);
      const int first = work.by_output.first(part);
      const WinogradGeometry slice = with_outputs(tiling, work.by_output.size(part));
      std::fill_n(own.filter, winograd_filter_size(slice, g.channels, slice.output.channels), 0.0F);
      winograd::add_products(slice, block, room.inputs, room.outputs + first, g.out_channels,
                             own.filter);
      winograd_filter_gradient(slice, own.filter, filter_gradient + first);
    });
    workers.run(call.input_gradient ? work.by_input.count : 0, [&](int part, int slot) {
      const SliceRoom own = work.input_rooms.of(slot);
      const int first = work.by_input.first(part);
      const int size = work.by_input.size(part);
      const WinogradGeometry slice = with_inputs(tiling, size);
      winograd_filter(
          slice,
          {call.filter.data + std::ptrdiff_t{first} * g.out_channels, taps, 1, g.out_channels},
          g.out_channels, size, own.filter);
      own.multiply(slice, block, room.outputs, g.out_channels, size);
      for (int i = 0; i < block.count(); ++i) {
        winograd::carry_inputs_back(slice, own.products + i * tiling.tile_step(size),
                                    block.tiles[i], example(call.input_gradient, n).data + first);
      }
    });
  };

  for (int n = 0; n < g.batch; n += work.portion.images) {
    const int images = std::min(work.portion.images, g.batch - n);
    const float* gradient = example(call.output_gradient, n).data;
    if (call.activation != Activation::kLinear) {
      workers.run(images, [&](int i, int) {
        activation_backward(call.activation, example(call.output, n + i).values(),
                            example(call.output_gradient, n + i).values(),
                            {work.gradient + i * image_size, static_cast<std::size_t>(image_size)});
      });
      gradient = work.gradient;
    }
    if (call.bias_gradient) {
      add_column_sums(gradient, images * g.output_pixels(), g.out_channels, call.bias_gradient.data,
                      n > 0);
    }
    if (call.input_gradient) {
      begin_with(call.transposed_bias, {example(call.input_gradient, n).data,
                                        static_cast<std::size_t>(images * tiling.input.floats())});
    }
    const int tiles = images * tiling.tiles();
    for (int start = 0; start < tiles; start += work.portion.tiles) {
      const WinogradBlock block(tiling, start, std::min(work.portion.tiles, tiles - start),
                                room.tiles);
      const bool adds = call.filter_gradient && n + start > 0;
      add_gradients(block, gradient, n, adds ? work.filter_gradient : call.filter_gradient.data);
      if (!adds) continue;
      const std::span<float> sum = call.filter_gradient.values();
      add(sum, {work.filter_gradient, sum.size()}, sum);
    }
  }
}

}  // namespace fovea
