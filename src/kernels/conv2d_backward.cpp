// SPDX-License-Identifier: MIT
// Backward: image by image, while everything about one image is in cache. The activation's
// derivative is applied once, while the output gradient is copied into its border; filter, bias and
// input gradients all read that copy. Filter gradients of a fixed number of groups of images are
// summed in order at the end, so that the bits do not depend on the number of threads.
#include <algorithm>

#include "kernels/conv2d.h"
#include "kernels/conv2d_line.h"
#include "kernels/conv2d_patches.h"
#include "kernels/conv2d_winograd.h"
#include "kernels/elementwise.h"
#include "kernels/product.h"
#include "kernels/winograd.h"

namespace fovea {

namespace {

/// Groups of images with filter gradients of their own: as many as fit a fixed budget of memory, 8
/// at most.
constexpr int kMostGroups = 8;
int affordable_groups(const Conv2dGeometry& g) {
  constexpr std::int64_t kBudget = 1 << 20;  // floats
  return static_cast<int>(
      std::clamp<std::int64_t>(kBudget / g.filter_shape().size(), 1, kMostGroups));
}

/// Where the filter is too large for so many, threads share each image instead: pieces of what a
/// filter reads, and of the channels of the input gradient. 1: whole images.
int pieces_per_image(const Conv2dGeometry& g) {
  constexpr std::int64_t kWorthSharing = 1 << 22;  // multiply-adds
  const std::int64_t work = g.output_pixels() * (g.filter_shape().size() / g.groups);
  return affordable_groups(g) == kMostGroups || work < kWorthSharing ? 1 : 8;
}

int image_groups(const Conv2dGeometry& g) {
  if (pieces_per_image(g) > 1) return 1;
  return std::max(std::min(affordable_groups(g), g.batch), 1);
}

/// Where a piece of so many things begins.
int begin_of(int piece, int pieces, int count) {
  return static_cast<int>(std::int64_t{count} * piece / pieces);
}

/// One phase of the input gradient as products: pieces of the shared tables.
struct Phase {
  std::span<const std::int32_t> input_offsets;
  Taps taps;
  PackedWeights weights;  // of the first group; the others follow
  [[nodiscard]] std::int64_t group_size() const {
    return PackedWeights::size(weights.terms, weights.columns);
  }
  const std::int32_t* output_offsets;
};

struct BackwardWorkspace {
  BackwardWorkspace(const Conv2dGeometry& g, int slots, bool wants_input, Scratch& scratch)
      : pieces(pieces_per_image(g)),
        groups(image_groups(g)),
        input(input_layout(g)),
        gradient(wants_input ? gradient_layout(g)
                             : BorderedLayout{g.rows.output, g.columns.output, g.out_channels}),
        input_slots(scratch.take<float>(input.has_border() ? input.size() * slots : 0)),
        gradient_slots(scratch.take<float>((gradient.size() + kTileColumns) * slots)),
        taps(g, scratch),
        filter_gradients(scratch.take<float>(g.filter_shape().size() * groups)),
        bias_gradients(scratch.take<float>(std::int64_t{g.out_channels} * groups)),
        packed(scratch.take<float>(std::int64_t{g.rows.size} * g.columns.size * g.groups *
                                   PackedWeights::size(g.group_filters(), g.group_channels()))),
        phase_count(g.rows.stride * g.columns.stride),
        phases(scratch.take<Phase>(phase_count)),
        phase_taps(scratch.take<std::int32_t>(std::int64_t{g.rows.size} * g.columns.size)),
        phase_input(scratch.take<std::int32_t>(std::int64_t{g.rows.input} * g.columns.input)),
        phase_output(scratch.take<std::int32_t>(std::int64_t{g.rows.input} * g.columns.input)) {}

  [[nodiscard]] std::span<float> input_slot(int i) const {
    return {input_slots + i * input.size(), static_cast<std::size_t>(input.size())};
  }
  [[nodiscard]] std::span<float> gradient_slot(int i) const {
    return {gradient_slots + i * (gradient.size() + kTileColumns),
            static_cast<std::size_t>(gradient.size())};
  }

  int pieces;
  int groups;
  BorderedLayout input, gradient;
  float* input_slots;
  float* gradient_slots;
  FilterTaps taps;
  float* filter_gradients;  // of each group
  float* bias_gradients;    // of each group
  float* packed;            // the filter turned around, phase after phase
  int phase_count;
  Phase* phases;
  std::int32_t* phase_taps;
  std::int32_t* phase_input;
  std::int32_t* phase_output;
};

/// Fills the tables and the turned filter of every phase; one phase when the strides are 1.
void fill_phases(const Conv2dGeometry& g, const BackwardWorkspace& work, const float* filter) {
  const int pitch = work.gradient.row_pitch();
  float* packed = work.packed;
  std::int32_t* tap = work.phase_taps;
  std::int32_t* input = work.phase_input;
  std::int32_t* output = work.phase_output;
  for (int p = 0; p < work.phase_count; ++p) {
    const PhaseAxis rows(g.rows, p / g.columns.stride);
    const PhaseAxis columns(g.columns, p % g.columns.stride);
    int tap_count = 0;
    for (int kh = 0; kh < g.rows.size; ++kh) tap_count += rows.reads(kh) ? 1 : 0;
    int column_taps = 0;
    for (int kw = 0; kw < g.columns.size; ++kw) column_taps += columns.reads(kw) ? 1 : 0;
    tap_count *= column_taps;
    const PackedWeights weights{packed, tap_count * g.group_filters(), g.group_channels()};
    const std::int64_t group_size = PackedWeights::size(weights.terms, weights.columns);
    const int pixels = rows.count * columns.count;
    int index = 0;
    for (int kh = 0; kh < g.rows.size; ++kh) {
      for (int kw = 0; kw < g.columns.size; ++kw) {
        if (!rows.reads(kh) || !columns.reads(kw)) continue;
        tap[index] = -rows.behind(kh) * pitch - columns.behind(kw) * g.out_channels;
        const float* block =
            filter + std::int64_t{kh * g.columns.size + kw} * g.group_channels() * g.out_channels;
        for (int group = 0; group < g.groups; ++group) {
          pack(weights, packed + group * group_size,
               {block + group * g.group_filters(), 1, g.out_channels}, index * g.group_filters(),
               g.group_filters(), 0, weights.panels());
        }
        ++index;
      }
    }
    const auto origin = static_cast<std::int32_t>(bordered_row(work.gradient, rows.first_u)) +
                        columns.first_u * g.out_channels;
    const int image_row = g.columns.input * g.channels;
    fill_grid(input, {rows.count, columns.count}, pitch, g.out_channels);
    fill_grid(output, {rows.count, columns.count}, rows.stride * image_row,
              columns.stride * g.channels);
    for (int q = 0; q < pixels; ++q) {
      input[q] += origin;
      output[q] += rows.first_input * image_row + columns.first_input * g.channels;
    }
    work.phases[p] = {{input, static_cast<std::size_t>(pixels)},
                      {{tap, static_cast<std::size_t>(tap_count)}, g.group_filters()},
                      weights,
                      output};
    packed += group_size * g.groups;
    tap += tap_count;
    input += pixels;
    output += pixels;
  }
}

/// The output gradient times the activation's derivative, inside its border.
void copy_gradient(const Conv2dGeometry& g, const Conv2dBackward& call,
                   const BackwardWorkspace& work, int n, std::span<float> bordered) {
  const std::size_t row_size =
      static_cast<std::size_t>(g.columns.output) * static_cast<std::size_t>(g.out_channels);
  const ConstTensorView& output = call.output ? call.output : call.output_gradient;
  for (int oh = 0; oh < g.rows.output; ++oh) {
    const std::size_t from = static_cast<std::size_t>(n * g.rows.output + oh) * row_size;
    activation_backward(
        call.activation, output.values().subspan(from, row_size),
        call.output_gradient.values().subspan(from, row_size),
        bordered.subspan(static_cast<std::size_t>(bordered_row(work.gradient, oh)), row_size));
  }
}

/// Adds a piece of one image to the sums of its group, or begins them.
void add_filter_gradient(const Conv2dGeometry& g, const BackwardWorkspace& work, const float* image,
                         const float* gradient, int piece, bool first, float* sums) {
  const PixelGrid grid{g.rows.output, g.columns.output};
  const PixelStride input_stride{std::ptrdiff_t{g.rows.stride} * work.input.row_pitch(),
                                 std::ptrdiff_t{g.columns.stride} * g.channels};
  const PixelStride gradient_stride{work.gradient.row_pitch(), g.out_channels};
  const Taps taps = work.taps.taps();
  constexpr int kStep = 12;  // whole tiles, of either height
  const int steps = (taps.run + kStep - 1) / kStep;
  const int begin = kStep * begin_of(piece, work.pieces, steps);
  const int end = std::min(kStep * begin_of(piece + 1, work.pieces, steps), taps.run);
  for (int q = 0; begin < end && q < g.groups; ++q) {
    const std::ptrdiff_t filter = std::ptrdiff_t{q} * g.group_filters();
    outer({.grid = grid,
           .input = image + std::ptrdiff_t{q} * g.group_channels(),
           .input_stride = input_stride,
           .taps = taps,
           .gradient = gradient + filter,
           .gradient_stride = gradient_stride,
           .columns = g.group_filters(),
           .output = sums + filter,
           .output_step = g.out_channels,
           .accumulate = !first},
          begin, end);
  }
}

}  // namespace

std::int64_t conv2d_backward_scratch(const Conv2dGeometry& g, int slots) {
  if (suits_line_backward(g, true)) return conv2d_line_backward_scratch(g, slots);
  if (suits_winograd_backward(g)) return conv2d_winograd_backward_scratch(g, slots);
  const std::int64_t plain = scratch_floats<BackwardWorkspace>(g, slots, true);
  if (!suits_line_backward(g, false)) return plain;
  return std::max(plain, conv2d_line_backward_scratch(g, slots));
}

void conv2d_backward(const Conv2dGeometry& g, const Conv2dBackward& call, Workers& workers) {
  if (suits_line_backward(g, bool{call.input_gradient})) {
    return conv2d_line_backward(g, call, workers);
  }
  if (suits_winograd_backward(g)) return conv2d_winograd_backward(g, call, workers);
  Scratch scratch(call.scratch);
  const BackwardWorkspace work(g, workers.size(), bool{call.input_gradient}, scratch);
  // What needs neither a border nor a derivative is read where it stands, by whole vectors.
  const bool in_place = call.activation == Activation::kLinear && !call.input_gradient &&
                        g.group_filters() % static_cast<int>(kLaneCount) == 0;
  for (int slot = 0; slot < workers.size(); ++slot) {
    clear_border(work.gradient, work.gradient_slot(slot));
    if (call.filter_gradient && work.input.has_border())
      clear_border(work.input, work.input_slot(slot));
  }
  if (call.filter_gradient) work.taps.fill(g, work.input.row_pitch());
  if (call.input_gradient) fill_phases(g, work, call.filter.data);

  const std::int64_t input_size = std::int64_t{g.rows.input} * g.columns.input * g.channels;
  const std::int64_t output_size = std::int64_t{g.output_pixels()} * g.out_channels;
  const auto image_of = [&](int n, int slot) {
    const bool bordered = work.input.has_border();
    return bordered ? work.input_slot(slot).data() : call.input.data + n * input_size;
  };
  const auto gradient_of = [&](int n, int slot) {
    return in_place ? call.output_gradient.data + n * output_size
                    : work.gradient_slot(slot).data() + bordered_row(work.gradient, 0);
  };
  const auto copy_image = [&](int n, int slot) {
    if (!in_place) copy_gradient(g, call, work, n, work.gradient_slot(slot));
    if (call.filter_gradient && work.input.has_border())
      copy_inside(work.input, call.input.data + n * input_size, work.input_slot(slot).data());
  };
  // A piece of an image's gradients; `first` begins the sums of its group.
  const auto add_image = [&](int n, bool first, int group, int slot, int piece) {
    const float* gradient = gradient_of(n, slot);
    // Without a border all rows are one.
    const int rows = work.gradient.has_border() ? g.rows.output : 1;
    for (int row = 0; call.bias_gradient && piece == 0 && row < rows; ++row) {
      add_column_sums(gradient + std::ptrdiff_t{row} * work.gradient.row_pitch(),
                      g.output_pixels() / rows, g.out_channels,
                      work.bias_gradients + std::int64_t{group} * g.out_channels,
                      !first || row > 0);
    }
    if (call.filter_gradient) {
      add_filter_gradient(g, work, image_of(n, slot), gradient, piece, first,
                          work.filter_gradients + group * g.filter_shape().size());
    }
    if (!call.input_gradient) return;
    for (int p = 0; p < work.phase_count; ++p) {
      const Phase& phase = work.phases[p];
      for (int q = 0; q < g.groups; ++q) {
        PackedWeights weights = phase.weights;
        weights.data += q * phase.group_size();
        product({.input = work.gradient_slot(slot).data() + std::ptrdiff_t{q} * g.group_filters(),
                 .input_offsets = phase.input_offsets,
                 .taps = phase.taps,
                 .weights = weights,
                 .epilogue = {call.transposed_bias.data},
                 .output = call.input_gradient.data + n * input_size +
                           std::ptrdiff_t{q} * g.group_channels(),
                 .output_offsets = phase.output_offsets,
                 .in_order = g.groups * work.phase_count == 1},
                begin_of(piece, work.pieces, weights.panels()),
                begin_of(piece + 1, work.pieces, weights.panels()));
      }
    }
  };
  for (int n = 0; work.pieces > 1 && n < g.batch; ++n) {
    copy_image(n, 0);
    workers.run(work.pieces, [&](int piece, int) { add_image(n, n == 0, 0, 0, piece); });
  }
  if (work.pieces == 1) {
    workers.run(work.groups, [&](int group, int slot) {
      const int first = g.batch * group / work.groups;
      for (int n = first; n < g.batch * (group + 1) / work.groups; ++n) {
        copy_image(n, slot);
        add_image(n, n == first, group, slot, 0);
      }
    });
  }
  if (call.filter_gradient)
    sum_rows(work.filter_gradients, work.groups, call.filter_gradient.values());
  if (call.bias_gradient) sum_rows(work.bias_gradients, work.groups, call.bias_gradient.values());
}

}  // namespace fovea
