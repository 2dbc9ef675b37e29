// SPDX-License-Identifier: MIT
// Forward, threads share blocks of tiles, which run on from image to image. Backward, groups of
// images have filter gradients of their own, summed in order at the end; inside a group a few
// images at a time stay in cache: their output gradient times the activation's derivative is made
// once and read by all three gradients.
#include "kernels/conv2d_winograd.h"

#include <algorithm>
#include <memory>

#include "kernels/conv2d_wide.h"
#include "kernels/elementwise.h"
#include "kernels/winograd.h"

namespace fovea {

namespace {

std::int64_t filter_size(const Conv2dGeometry& g) {
  return winograd_filter_size(WinogradGeometry(g), g.channels, g.out_channels);
}

struct ForwardWorkspace {
  ForwardWorkspace(const Conv2dGeometry& g, int slots, std::span<float> kept, Scratch& scratch)
      : rooms(slots, scratch, WinogradGeometry(g), WinogradGeometry(g).block()),
        filter(kept.empty() ? scratch.take<float>(filter_size(g)) : kept.data()) {}
  Rooms<WinogradRoom> rooms;
  float* filter;
};

/// Images at a time in the backward pass.
int chunk(const WinogradGeometry& g) { return std::max(g.backward_block() / g.tiles(), 1); }

/// A group's filter gradient is carried back as a whole, so it should have some tiles.
int image_groups(const Conv2dGeometry& g) {
  constexpr std::int64_t kTiles = 32;
  constexpr std::int64_t kMost = 8;
  const std::int64_t tiles = std::int64_t{g.batch} * WinogradGeometry(g).tiles();
  return static_cast<int>(
      std::clamp<std::int64_t>(std::min<std::int64_t>(tiles / kTiles, g.batch), 1, kMost));
}

struct BackwardRoom {
  BackwardRoom(const Conv2dGeometry& g, Scratch& scratch)
      : gradient(scratch.take<float>(chunk(WinogradGeometry(g)) * g.output_shape().row().size())),
        sums(scratch.take<float>(filter_size(g))),
        tiles(WinogradGeometry(g), WinogradGeometry(g).backward_block(), scratch) {}
  float* gradient;  // of a few images, times the activation's derivative
  float* sums;      // the filter gradient, carried over
  WinogradRoom tiles;
};

struct BackwardWorkspace {
  BackwardWorkspace(const Conv2dGeometry& g, int slots, Scratch& scratch)
      : groups(image_groups(g)),
        filter(scratch.take<float>(
            winograd_filter_size(WinogradGeometry(g), g.out_channels, g.channels))),
        filter_gradients(scratch.take<float>(g.filter_shape().size() * groups)),
        bias_gradients(scratch.take<float>(std::int64_t{g.out_channels} * groups)),
        rooms(slots, scratch, g) {}
  int groups;
  float* filter;            // carried over, with inputs and outputs exchanged
  float* filter_gradients;  // of each group
  float* bias_gradients;    // of each group
  Rooms<BackwardRoom> rooms;
};

}  // namespace

void begin_with(ConstTensorView bias, std::span<float> pixels) {
  if (!bias) std::ranges::fill(pixels, 0.0F);
  for (std::size_t i = 0; bias && i < pixels.size(); i += bias.size()) {
    std::ranges::copy(bias.values(), pixels.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

std::int64_t conv2d_winograd_forward_scratch(const Conv2dGeometry& g, int slots) {
  if (is_wide(g)) return conv2d_wide_forward_scratch(g, slots);
  return scratch_floats<ForwardWorkspace>(g, slots, std::span<float>());
}

void conv2d_winograd_forward(const Conv2dGeometry& g, const Conv2dForward& call, Workers& workers) {
  if (is_wide(g)) return conv2d_wide_forward(g, call, workers);
  Scratch scratch(call.scratch);
  const ForwardWorkspace work(g, workers.size(), call.kept, scratch);
  const WinogradGeometry tiling(g);
  if (!call.kept_is_current) {
    winograd_filter(
        tiling, {call.filter.data, std::ptrdiff_t{g.channels} * g.out_channels, g.out_channels, 1},
        g.channels, g.out_channels, work.filter);
  }
  const bool relu = call.activation == Activation::kRelu;
  const WinogradCall all{call.input.data, work.filter, {call.bias.data, relu}, call.output.data};
  // Small batches are cut into parts of less than a block, so that several threads have work, each
  // part large enough to be worth handing over.
  constexpr int kParts = 8;
  constexpr std::int64_t kWorkPerPart = 1 << 18;  // multiply-adds
  const int tiles = g.batch * tiling.tiles();
  const auto worth =
      static_cast<int>(std::clamp<std::int64_t>(kWorkPerPart / filter_size(g), 4, tiling.block()));
  const int part_size = std::clamp(tiles / kParts, worth, tiling.block());
  const int parts = std::max(tiles / part_size, 1);
  workers.run(parts, [&](int part, int slot) {
    const int first = part * part_size;
    // What is left over is not worth a part of its own.
    const int last = part + 1 < parts ? first + part_size : tiles;
    winograd_forward(tiling, all, first, last, work.rooms.of(slot, tiling, tiling.block()));
  });
  if (relu || call.activation == Activation::kLinear) return;
  workers.run(g.batch, [&](int n, int) {
    const std::span<float> image = example(call.output, n).values();
    activation_forward(call.activation, image, image);
  });
}

std::int64_t conv2d_winograd_backward_scratch(const Conv2dGeometry& g, int slots) {
  if (is_wide(g)) return conv2d_wide_backward_scratch(g, slots);
  return scratch_floats<BackwardWorkspace>(g, slots);
}

void conv2d_winograd_backward(const Conv2dGeometry& g, const Conv2dBackward& call,
                              Workers& workers) {
  if (is_wide(g)) return conv2d_wide_backward(g, call, workers);
  Scratch scratch(call.scratch);
  const BackwardWorkspace work(g, workers.size(), scratch);
  const WinogradGeometry tiling(g);
  const std::ptrdiff_t products = std::ptrdiff_t{g.channels} * g.out_channels;
  if (call.input_gradient) {
    winograd_filter(tiling, {call.filter.data, products, 1, g.out_channels}, g.out_channels,
                    g.channels, work.filter);
  }
  const auto image_size = static_cast<std::size_t>(tiling.output.floats());
  workers.run(work.groups, [&](int group, int slot) {
    const BackwardRoom room = work.rooms.of(slot, g);
    const int first = g.batch * group / work.groups;
    const int last = g.batch * (group + 1) / work.groups;
    if (call.filter_gradient) std::fill(room.sums, room.sums + filter_size(g), 0.0F);
    // Shared out evenly: a few images' tiles would be added to the sums at the price of many.
    const int chunks = (last - first + chunk(tiling) - 1) / chunk(tiling);
    for (int i = 0, n = first; i < chunks; ++i) {
      const int count = first + (last - first) * (i + 1) / chunks - n;
      const std::size_t from = static_cast<std::size_t>(n) * image_size;
      const std::size_t size = static_cast<std::size_t>(count) * image_size;
      const float* gradient = call.output_gradient.data + from;
      if (call.activation != Activation::kLinear) {
        activation_backward(call.activation, call.output.values().subspan(from, size),
                            call.output_gradient.values().subspan(from, size),
                            {room.gradient, size});
        gradient = room.gradient;
      }
      if (call.bias_gradient) {
        add_column_sums(gradient, count * g.output_pixels(), g.out_channels,
                        work.bias_gradients + std::int64_t{group} * g.out_channels, n > first);
      }
      float* input_gradient = nullptr;
      if (call.input_gradient) {
        input_gradient = example(call.input_gradient, n).data;
        begin_with(call.transposed_bias,
                   {input_gradient, static_cast<std::size_t>(count * tiling.input.floats())});
      }
      winograd_backward(tiling,
                        {.output_gradient = gradient,
                         .input = call.input ? example(call.input, n).data : nullptr,
                         .sums = call.filter_gradient ? room.sums : nullptr,
                         .filter = work.filter,
                         .input_gradient = input_gradient},
                        0, count * tiling.tiles(), room.tiles);
      n += count;
    }
    if (call.filter_gradient) {
      winograd_filter_gradient(tiling, room.sums,
                               work.filter_gradients + group * g.filter_shape().size());
    }
  });
  if (call.filter_gradient)
    sum_rows(work.filter_gradients, work.groups, call.filter_gradient.values());
  if (call.bias_gradient) sum_rows(work.bias_gradients, work.groups, call.bias_gradient.values());
}

}  // namespace fovea
