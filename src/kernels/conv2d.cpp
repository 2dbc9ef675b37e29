// SPDX-License-Identifier: MIT
// Forward: implicit GEMM. An image is copied into a zero border (or read where it stands when none
// is needed); a patch is then a few runs of consecutive floats, the same for every pixel, and the
// register tiles of product.h do the rest.
#include "kernels/conv2d.h"

#include "kernels/conv2d_line.h"
#include "kernels/conv2d_patches.h"
#include "kernels/conv2d_winograd.h"
#include "kernels/product.h"
#include "kernels/winograd.h"

namespace fovea {

namespace {

/// Small batches are cut into bands of rows too, so that several threads have work. Fixed by the
/// shape.
int bands_per_image(const Conv2dGeometry& g) {
  constexpr std::int64_t kWorkPerBand = 1 << 20;  // multiply-adds worth handing to a thread
  constexpr int kParts = 8;
  const std::int64_t work = std::int64_t{g.output_pixels()} * g.patch_length() * g.out_channels;
  const auto by_work = static_cast<int>(std::min<std::int64_t>(work / kWorkPerBand, kParts));
  return std::clamp(std::min(by_work, kParts / g.batch), 1, std::max(g.rows.output, 1));
}

struct ForwardWorkspace {
  ForwardWorkspace(const Conv2dGeometry& g, int slots, std::span<float> kept, Scratch& scratch)
      : layout(input_layout(g)),
        filter_taps(g, scratch),
        weights{nullptr, g.patch_length(), g.group_filters()},
        group_size(PackedWeights::size(weights.terms, weights.columns)),
        packed_size(group_size * g.groups),
        packed(kept.empty() ? scratch.take<float>(packed_size) : kept.data()),
        input_offsets(scratch.take<std::int32_t>(g.output_pixels())),
        output_offsets(scratch.take<std::int32_t>(g.output_pixels())),
        slot_size(layout.has_border() ? layout.size() : 0),
        bordered(scratch.take<float>(slot_size * slots)) {}

  [[nodiscard]] std::span<float> slot(int i) const {
    return {bordered + i * slot_size, static_cast<std::size_t>(slot_size)};
  }

  BorderedLayout layout;
  FilterTaps filter_taps;
  PackedWeights weights;  // of a group
  std::int64_t group_size;
  std::int64_t packed_size;
  float* packed;  // the filters of each group, as the products read them
  std::int32_t* input_offsets;
  std::int32_t* output_offsets;
  std::int64_t slot_size;
  float* bordered;
};

}  // namespace

std::int64_t conv2d_forward_scratch(const Conv2dGeometry& g, int slots) {
  if (suits_line(g)) return conv2d_line_forward_scratch(g, slots);
  if (suits_winograd(g)) return conv2d_winograd_forward_scratch(g, slots);
  return scratch_floats<ForwardWorkspace>(g, slots, std::span<float>());
}

std::int64_t conv2d_forward_kept(const Conv2dGeometry& g) {
  if (suits_line(g)) return conv2d_line_filter_size(g);
  if (suits_winograd(g)) {
    return is_wide(g) ? 0 : winograd_filter_size(WinogradGeometry(g), g.channels, g.out_channels);
  }
  // Packing takes as long as the products of about ten pixels.
  constexpr int kMostPixels = 256;
  Scratch measure;
  return g.output_pixels() <= kMostPixels ? ForwardWorkspace(g, 1, {}, measure).packed_size : 0;
}

void conv2d_forward(const Conv2dGeometry& g, const Conv2dForward& call, Workers& workers) {
  if (suits_line(g)) return conv2d_line_forward(g, call, bands_per_image(g), workers);
  if (suits_winograd(g)) return conv2d_winograd_forward(g, call, workers);
  Scratch scratch(call.scratch);
  const ForwardWorkspace work(g, workers.size(), call.kept, scratch);
  const int pitch = work.layout.row_pitch();
  for (int group = 0; !call.kept_is_current && group < g.groups; ++group) {
    pack(work.weights, work.packed + group * work.group_size,
         {call.filter.data + group * g.group_filters(), g.out_channels, 1}, 0, work.weights.terms,
         0, work.weights.panels());
  }
  work.filter_taps.fill(g, pitch);
  const PixelGrid grid{g.rows.output, g.columns.output};
  fill_grid(work.input_offsets, grid, g.rows.stride * pitch, g.columns.stride * g.channels);
  fill_grid(work.output_offsets, grid, g.columns.output * g.out_channels, g.out_channels);
  if (work.slot_size > 0) {
    for (int slot = 0; slot < workers.size(); ++slot) clear_border(work.layout, work.slot(slot));
  }

  const std::int64_t input_size = std::int64_t{g.rows.input} * g.columns.input * g.channels;
  const std::int64_t output_size = std::int64_t{g.output_pixels()} * g.out_channels;
  const int bands = bands_per_image(g);
  workers.run(g.batch * bands, [&](int part, int slot) {
    const int n = part / bands;
    const int band = part % bands;
    const int first_row = g.rows.output * band / bands;
    const int rows = g.rows.output * (band + 1) / bands - first_row;
    const int first = first_row * g.columns.output;

    const float* image = call.input.data + n * input_size;
    float* output = call.output.data + n * output_size;
    if (work.slot_size > 0) {
      copy_inside(work.layout, image, work.slot(slot).data());
      image = work.slot(slot).data();
    }
    for (int group = 0; group < g.groups; ++group) {
      const int filter = group * g.group_filters();
      product({.input = image + std::ptrdiff_t{group} * g.group_channels(),
               .input_offsets = {work.input_offsets + first,
                                 static_cast<std::size_t>(rows * g.columns.output)},
               .taps = work.filter_taps.taps(),
               .weights = {work.packed + group * work.group_size, work.weights.terms,
                           work.weights.columns},
               .epilogue = {call.bias ? call.bias.data + filter : nullptr,
                            call.activation == Activation::kRelu},
               .output = output + filter,
               .output_offsets = work.output_offsets + first,
               .side_by_side = g.channels * g.columns.stride == 1 ? g.columns.output : 0,
               .in_order = g.groups == 1},
              0, work.weights.panels());
    }
    if (call.activation != Activation::kRelu) {
      const int row_size = g.columns.output * g.out_channels;
      const std::span<float> band_output(output + std::ptrdiff_t{first_row} * row_size,
                                         static_cast<std::size_t>(rows * row_size));
      activation_forward(call.activation, band_output, band_output);
    }
  });
}

}  // namespace fovea
