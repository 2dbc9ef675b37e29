// SPDX-License-Identifier: MIT
// Every thread takes some panels of the output (or rows of the weight gradient) for the whole
// batch: outputs are split, sums never are.
#include "kernels/dense.h"

#include <algorithm>
#include <numeric>

#include "kernels/elementwise.h"
#include "kernels/product.h"
#include "kernels/scratch.h"

namespace fovea {

namespace {

/// Below this many rows, rearranging the weights costs more than it saves: they are read where they
/// stand.
constexpr int kRowsWorthPacking = 4;

/// Offsets 0, step, 2 * step, ...
void fill_steps(std::span<std::int32_t> offsets, int step) {
  for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] = static_cast<std::int32_t>(i) * step;
}

std::span<std::int32_t> take_offsets(Scratch& scratch, int count) {
  return {scratch.take<std::int32_t>(count), static_cast<std::size_t>(count)};
}

struct ForwardWorkspace {
  ForwardWorkspace(const DenseGeometry& g, Scratch& scratch)
      : input_offsets(take_offsets(scratch, g.batch)),
        output_offsets(take_offsets(scratch, g.batch)),
        packed(scratch.take<float>(PackedWeights::size(g.inputs, g.outputs))) {}

  std::span<std::int32_t> input_offsets, output_offsets;
  float* packed;
};

struct BackwardWorkspace {
  BackwardWorkspace(const DenseGeometry& g, Scratch& scratch)
      : gradient(scratch.take<float>(std::int64_t{g.batch} * g.outputs)),
        input_offsets(take_offsets(scratch, g.batch)),
        gradient_offsets(take_offsets(scratch, g.batch)),
        packed(scratch.take<float>(PackedWeights::size(g.outputs, g.inputs))) {}

  float* gradient;
  std::span<std::int32_t> input_offsets, gradient_offsets;
  float* packed;
};

/// Work is handed out in at most this many parts, fixed so that the cut never depends on the number
/// of threads.
constexpr int kParts = 16;

}  // namespace

std::int64_t dense_forward_scratch(const DenseGeometry& g) {
  return scratch_floats<ForwardWorkspace>(g);
}
std::int64_t dense_backward_scratch(const DenseGeometry& g) {
  return scratch_floats<BackwardWorkspace>(g);
}

void dense_forward(const DenseGeometry& g, const DenseForward& call, Workers& workers) {
  Scratch scratch(call.scratch);
  const ForwardWorkspace work(g, scratch);
  fill_steps(work.input_offsets, g.inputs);
  fill_steps(work.output_offsets, g.outputs);
  const std::int32_t whole_row = 0;
  const ProductCall product_call{.input = call.input.data,
                                 .input_offsets = work.input_offsets,
                                 .taps = {{&whole_row, 1}, g.inputs},
                                 .weights = {work.packed, g.inputs, g.outputs},
                                 .epilogue = {call.bias.data, call.activation == Activation::kRelu},
                                 .output = call.output.data,
                                 .output_offsets = work.output_offsets.data()};
  const StridedMatrix weight{call.weight.data, g.outputs, 1};
  const int panels = product_call.weights.panels();
  const int full_panels = g.outputs / kTileColumns;
  const int parts = std::min(panels, kParts);
  workers.run(parts, [&](int part, int) {
    const int first = panels * part / parts;
    const int last = panels * (part + 1) / parts;
    const int unpacked = g.batch < kRowsWorthPacking ? std::clamp(full_panels, first, last) : first;
    product_unpacked(product_call, call.weight.data, g.outputs, first, unpacked);
    pack(product_call.weights, work.packed, weight, 0, g.inputs, unpacked, last);
    product(product_call, unpacked, last);
  });
  if (call.activation != Activation::kRelu) {
    activation_forward(call.activation, call.output.values(), call.output.values());
  }
}

void dense_backward(const DenseGeometry& g, const DenseBackward& call, Workers& workers) {
  Scratch scratch(call.scratch);
  const BackwardWorkspace work(g, scratch);
  const std::span<float> gradient(
      work.gradient, static_cast<std::size_t>(g.batch) * static_cast<std::size_t>(g.outputs));
  activation_backward(call.activation, call.output.values(), call.output_gradient.values(),
                      gradient);
  fill_steps(work.input_offsets, g.inputs);
  fill_steps(work.gradient_offsets, g.outputs);
  const std::int32_t whole_row = 0;

  if (call.bias_gradient)
    add_column_sums(gradient.data(), g.batch, g.outputs, call.bias_gradient.data, false);
  if (call.weight_gradient) {
    const OuterCall outer_call{.grid = {1, g.batch},
                               .input = call.input.data,
                               .input_stride = {0, g.inputs},
                               .taps = {{&whole_row, 1}, g.inputs},
                               .gradient = gradient.data(),
                               .gradient_stride = {0, g.outputs},
                               .columns = g.outputs,
                               .output = call.weight_gradient.data,
                               .output_step = g.outputs};
    const int parts = std::min(g.inputs, kParts);
    workers.run(parts, [&](int part, int) {
      outer(outer_call, g.inputs * part / parts, g.inputs * (part + 1) / parts);
    });
  }
  if (call.input_gradient) {
    const ProductCall product_call{.input = gradient.data(),
                                   .input_offsets = work.gradient_offsets,
                                   .taps = {{&whole_row, 1}, g.outputs},
                                   .weights = {work.packed, g.outputs, g.inputs},
                                   .output = call.input_gradient.data,
                                   .output_offsets = work.input_offsets.data()};
    const StridedMatrix transposed{call.weight.data, 1, g.outputs};
    const int panels = product_call.weights.panels();
    const int parts = std::min(panels, kParts);
    workers.run(parts, [&](int part, int) {
      const int first = panels * part / parts;
      const int last = panels * (part + 1) / parts;
      pack(product_call.weights, work.packed, transposed, 0, g.outputs, first, last);
      product(product_call, first, last);
    });
  }
}

}  // namespace fovea
