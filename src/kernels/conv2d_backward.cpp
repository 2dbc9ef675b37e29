// SPDX-License-Identifier: MIT
// Backward: image by image, while everything about one image is in cache. The activation's
// derivative is applied once, while the output gradient is copied into its border; filter, bias and
// input gradients all read that copy. Filter gradients of a fixed number of groups of images are
// summed in order at the end, so that the bits do not depend on the number of threads.
#include <algorithm>
#include <array>

#include "kernels/conv2d.h"
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

struct BackwardWorkspace {
  BackwardWorkspace(const Conv2dGeometry& g, int slots, Scratch& scratch)
      : pieces(pieces_per_image(g)),
        groups(image_groups(g)),
        filter_size(g.filter_shape().size()),
        input(input_layout(g)),
        gradient(gradient_layout(g)),
        input_slots(scratch.take<float>(input.has_border() ? input.size() * slots : 0)),
        gradient_slots(scratch.take<float>((gradient.size() + kTileColumns) * slots)),
        taps(g, scratch),
        filter_gradients(scratch.take<float>(filter_size * groups)),
        bias_gradients(scratch.take<float>(std::int64_t{g.out_channels} * groups)),
        packed(scratch.take<float>(std::int64_t{g.rows.size} * g.columns.size * g.groups *
                                   PackedWeights::size(g.group_filters(), g.group_channels()))),
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
  std::int64_t filter_size;
  BorderedLayout input, gradient;
  float* input_slots;
  float* gradient_slots;
  FilterTaps taps;
  float* filter_gradients;  // of each group
  float* bias_gradients;    // of each group
  float* packed;            // the filter turned around, phase after phase
  std::int32_t* phase_taps;
  std::int32_t* phase_input;
  std::int32_t* phase_output;
};

/// Calls f(rows, columns) for every phase of the input gradient; one phase when the strides are 1.
template <class Function>
void for_each_phase(const Conv2dGeometry& g, const Function& f) {
  for (int row_phase = 0; row_phase < g.rows.stride; ++row_phase) {
    for (int column_phase = 0; column_phase < g.columns.stride; ++column_phase) {
      f(PhaseAxis(g.rows, row_phase), PhaseAxis(g.columns, column_phase));
    }
  }
}

/// One phase of the input gradient as products: pieces of the shared tables, filled in order.
struct Phase {
  std::span<const std::int32_t> input_offsets;
  Taps taps;
  PackedWeights weights;  // of the first group; the others follow
  [[nodiscard]] std::int64_t group_size() const {
    return PackedWeights::size(weights.terms, weights.columns);
  }
  const std::int32_t* output_offsets;
};

/// Fills the tables and the turned filter of every phase, or (when `fill` is false) walks over them
/// again, and calls f(phase).
template <class Function>
void walk_phases(const Conv2dGeometry& g, const BackwardWorkspace& work, const float* filter,
                 const Function& f) {
  const int pitch = work.gradient.row_pitch();
  float* packed = work.packed;
  std::int32_t* tap = work.phase_taps;
  std::int32_t* input = work.phase_input;
  std::int32_t* output = work.phase_output;
  for_each_phase(g, [&](const PhaseAxis& rows, const PhaseAxis& columns) {
    int tap_count = 0;
    for (int kh = 0; kh < g.rows.size; ++kh) tap_count += rows.reads(kh) ? 1 : 0;
    int column_taps = 0;
    for (int kw = 0; kw < g.columns.size; ++kw) column_taps += columns.reads(kw) ? 1 : 0;
    tap_count *= column_taps;
    const PackedWeights weights{packed, tap_count * g.group_filters(), g.group_channels()};
    const std::int64_t group_size = PackedWeights::size(weights.terms, weights.columns);
    const int pixels = rows.count * columns.count;
    if (filter != nullptr) {
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
      fill_grid(input, rows.count, columns.count, pitch, g.out_channels);
      fill_grid(output, rows.count, columns.count, rows.stride * image_row,
                columns.stride * g.channels);
      for (int q = 0; q < pixels; ++q) {
        input[q] += origin;
        output[q] += rows.first_input * image_row + columns.first_input * g.channels;
      }
    }
    f(Phase{{input, static_cast<std::size_t>(pixels)},
            {{tap, static_cast<std::size_t>(tap_count)}, g.group_filters()},
            weights,
            output});
    packed += group_size * g.groups;
    tap += tap_count;
    input += pixels;
    output += pixels;
  });
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

}  // namespace

std::int64_t conv2d_backward_scratch(const Conv2dGeometry& g, int slots) {
  if (suits_winograd_backward(g)) return conv2d_winograd_backward_scratch(g, slots);
  return scratch_floats<BackwardWorkspace>(g, slots);
}

void conv2d_backward(const Conv2dGeometry& g, const Conv2dBackward& call, Workers& workers) {
  if (suits_winograd_backward(g)) return conv2d_winograd_backward(g, call, workers);
  Scratch scratch(call.scratch);
  const BackwardWorkspace work(g, workers.size(), scratch);
  const int gradient_pitch = work.gradient.row_pitch();
  for (int slot = 0; slot < workers.size(); ++slot) {
    clear_border(work.gradient, work.gradient_slot(slot));
    if (call.filter_gradient && work.input.has_border())
      clear_border(work.input, work.input_slot(slot));
  }
  if (call.filter_gradient) work.taps.fill(g, work.input.row_pitch());
  if (call.input_gradient) walk_phases(g, work, call.filter.data, [](const Phase&) {});

  const std::int64_t input_size = std::int64_t{g.rows.input} * g.columns.input * g.channels;
  const int input_pitch = work.input.row_pitch();
  const auto image_of = [&](int n, int slot) {
    const bool bordered = work.input.has_border();
    return bordered ? work.input_slot(slot).data() : call.input.data + n * input_size;
  };
  const auto copy_image = [&](int n, int slot) {
    copy_gradient(g, call, work, n, work.gradient_slot(slot));
    if (call.filter_gradient && work.input.has_border())
      copy_inside(work.input, call.input.data + n * input_size, work.input_slot(slot).data());
  };
  // A piece of an image's gradients; `first` begins the sums of its group.
  const auto add_image = [&](int n, bool first, int group, int slot, int piece) {
    const float* gradient = work.gradient_slot(slot).data();
    for (int oh = 0; call.bias_gradient && piece == 0 && oh < g.rows.output; ++oh) {
      add_column_sums(gradient + bordered_row(work.gradient, oh), g.columns.output, g.out_channels,
                      work.bias_gradients + std::int64_t{group} * g.out_channels, !first || oh > 0);
    }
    if (call.filter_gradient) {
      // Whole tiles, of either height.
      constexpr int kStep = 12;
      const int steps = (work.taps.run + kStep - 1) / kStep;
      const int begin = kStep * begin_of(piece, work.pieces, steps);
      const int end = std::min(kStep * begin_of(piece + 1, work.pieces, steps), work.taps.run);
      for (int q = 0; begin < end && q < g.groups; ++q) {
        const std::ptrdiff_t filter = std::ptrdiff_t{q} * g.group_filters();
        outer({.grid = {g.rows.output, g.columns.output},
               .input = image_of(n, slot) + std::ptrdiff_t{q} * g.group_channels(),
               .input_stride = {std::ptrdiff_t{g.rows.stride} * input_pitch,
                                std::ptrdiff_t{g.columns.stride} * g.channels},
               .taps = work.taps.taps(),
               .gradient = gradient + bordered_row(work.gradient, 0) + filter,
               .gradient_stride = {gradient_pitch, g.out_channels},
               .columns = g.group_filters(),
               .output = work.filter_gradients + group * work.filter_size + filter,
               .output_step = g.out_channels,
               .accumulate = !first},
              begin, end);
      }
    }
    if (!call.input_gradient) return;
    walk_phases(g, work, nullptr, [&](const Phase& phase) {
      for (int q = 0; q < g.groups; ++q) {
        PackedWeights weights = phase.weights;
        weights.data += q * phase.group_size();
        product({.input = gradient + std::ptrdiff_t{q} * g.group_filters(),
                 .input_offsets = phase.input_offsets,
                 .taps = phase.taps,
                 .weights = weights,
                 .epilogue = {call.transposed_bias.data},
                 .output = call.input_gradient.data + n * input_size +
                           std::ptrdiff_t{q} * g.group_channels(),
                 .output_offsets = phase.output_offsets},
                begin_of(piece, work.pieces, weights.panels()),
                begin_of(piece + 1, work.pieces, weights.panels()));
      }
    });
  };
  // Groups of whole images, or one image after the other, in pieces.
  const bool shared = work.pieces > 1;
  for (int round = 0; round < (shared ? g.batch : 1); ++round) {
    if (shared) copy_image(round, 0);
    workers.run(shared ? work.pieces : work.groups, [&](int part, int slot) {
      const int first = shared ? round : g.batch * part / work.groups;
      const int last = shared ? round + 1 : g.batch * (part + 1) / work.groups;
      for (int n = first; n < last; ++n) {
        if (!shared) copy_image(n, slot);
        add_image(n, n == (shared ? 0 : first), shared ? 0 : part, shared ? 0 : slot,
                  shared ? part : 0);
      }
    });
  }
  if (call.filter_gradient)
    sum_rows(work.filter_gradients, work.groups, call.filter_gradient.values());
  if (call.bias_gradient) sum_rows(work.bias_gradients, work.groups, call.bias_gradient.values());
}

}  // namespace fovea
