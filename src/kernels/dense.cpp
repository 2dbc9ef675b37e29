// SPDX-License-Identifier: MIT
// Every thread takes some columns of the output (rows of the weight gradient, columns of the input
// gradient) for the whole batch: outputs are split, sums never are.
#include "kernels/dense.h"

#include <algorithm>

#include "kernels/elementwise.h"
#include "kernels/matrix.h"
#include "kernels/scratch.h"

namespace fovea {

namespace {

/// Terms of the input gradient that are turned around at a time: a panel for the first-level cache.
constexpr int kTurnedTerms = 512;

struct ForwardWorkspace {
  ForwardWorkspace(const DenseGeometry& g, int slots, Scratch& scratch)
      : packed(g.batch < kRowsWorthPacking
                   ? nullptr
                   : scratch.take<float>(std::int64_t{kBlockFloats} * slots)) {}

  float* packed;  // a block of weights for each slot
};

struct BackwardWorkspace {
  BackwardWorkspace(const DenseGeometry& g, int slot_count, Scratch& scratch)
      : gradient(scratch.take<float>(std::int64_t{g.batch} * g.outputs)),
        panels(scratch.take<float>(std::int64_t{g.batch} * panels_of(g.outputs) * kPanel)),
        slot_size(std::max(std::int64_t{g.batch} * kTileRows, std::int64_t{kTurnedTerms} * kPanel)),
        slots(scratch.take<float>(slot_size * slot_count)) {}

  float* gradient;  // of the sums
  float* panels;    // the same, packed
  std::int64_t slot_size;
  float* slots;
};

/// Parts of work for the threads: fixed by the shape, each large enough to be worth handing over.
int parts_for(const DenseGeometry& g, int most) {
  constexpr std::int64_t kWorkPerPart = 1 << 18;  // multiply-adds
  constexpr int kParts = 16;
  const std::int64_t work = std::int64_t{g.batch} * g.inputs * g.outputs;
  const auto by_work = static_cast<int>(std::min<std::int64_t>(work / kWorkPerPart, kParts));
  return std::clamp(by_work, 1, most);
}

/// The first panel or row of a part.
int begin_of(int part, int parts, int count) {
  return static_cast<int>(std::int64_t{count} * part / parts);
}

/// A block of a matrix.
template <class Number>
Rows<Number> block_of(const Rows<Number>& from, int row, int rows, int column, int columns) {
  return {from.row(row) + column, from.step, std::min(rows, from.rows - row),
          std::min(columns, from.columns - column)};
}

/// output = epilogue(input * weight), block by block.
void multiply_blocks(const Rows<const float>& input, const Rows<const float>& weight,
                     const SumPart& part, const Rows<float>& output, float* packed) {
  for (int term = 0; term < weight.rows; term += kBlockTerms) {
    const Rows<const float> block = block_of(weight, term, kBlockTerms, 0, kBlockPanels * kPanel);
    pack_panels(block, packed);
    multiply_panels(block_of(input, 0, input.rows, term, kBlockTerms), packed,
                    {.first = term == 0,
                     .last = term + kBlockTerms >= weight.rows,
                     .bias = part.bias,
                     .relu = part.relu},
                    output);
  }
}

}  // namespace

std::int64_t dense_forward_scratch(const DenseGeometry& g, int slots) {
  return scratch_floats<ForwardWorkspace>(g, slots);
}
std::int64_t dense_forward_kept(const DenseGeometry& g) {
  return g.batch < kRowsWorthPacking ? g.inputs : 0;
}
std::int64_t dense_backward_scratch(const DenseGeometry& g, int slots) {
  return scratch_floats<BackwardWorkspace>(g, slots);
}

void dense_forward(const DenseGeometry& g, const DenseForward& call, Workers& workers) {
  Scratch scratch(call.scratch);
  const ForwardWorkspace work(g, workers.size(), scratch);
  const Rows<const float> input{call.input.data, g.inputs, g.batch, g.inputs};
  const Rows<const float> weight{call.weight.data, g.outputs, g.inputs, g.outputs};
  const Rows<float> output{call.output.data, g.outputs, g.batch, g.outputs};
  if (!call.kept.empty() && !call.kept_is_current) zero_products(weight, call.kept.data());
  const float* zeros = call.kept.empty() ? nullptr : call.kept.data();
  const int panels = panels_of(g.outputs);
  const int parts = parts_for(g, panels);
  workers.run(parts, [&](int part, int slot) {
    const int last = std::min(begin_of(part + 1, parts, panels) * kPanel, g.outputs);
    const int step = work.packed == nullptr ? g.outputs : kBlockPanels * kPanel;
    for (int column = begin_of(part, parts, panels) * kPanel; column < last; column += step) {
      const int columns = std::min(step, last - column);
      const Rows<const float> weights = block_of(weight, 0, g.inputs, column, columns);
      const Rows<float> sums = block_of(output, 0, g.batch, column, columns);
      const SumPart whole{.bias = call.bias ? call.bias.data + column : nullptr,
                          .relu = call.activation == Activation::kRelu};
      if (work.packed == nullptr) {
        multiply_few(input, weights, zeros, whole, sums);
      } else {
        multiply_blocks(input, weights, whole, sums,
                        work.packed + std::ptrdiff_t{slot} * kBlockFloats);
      }
    }
  });
  if (call.activation != Activation::kRelu) {
    activation_forward(call.activation, call.output.values(), call.output.values());
  }
}

void dense_backward(const DenseGeometry& g, const DenseBackward& call, Workers& workers) {
  Scratch scratch(call.scratch);
  const BackwardWorkspace work(g, workers.size(), scratch);
  const std::span<float> values(
      work.gradient, static_cast<std::size_t>(g.batch) * static_cast<std::size_t>(g.outputs));
  activation_backward(call.activation, call.output.values(), call.output_gradient.values(), values);
  const Rows<const float> gradient{work.gradient, g.outputs, g.batch, g.outputs};
  const auto slot_of = [&](int slot) { return work.slots + slot * work.slot_size; };

  const int panels = panels_of(g.inputs);
  const int weight_parts = call.weight_gradient ? parts_for(g, g.inputs) : 0;
  const int input_parts = call.input_gradient ? parts_for(g, panels) : 0;
  if (weight_parts > 0) pack_panels(gradient, work.panels);
  const auto weight_part = [&](int part, int slot) {
    const Rows<const float> input{call.input.data, g.inputs, g.batch, g.inputs};
    const Rows<float> output{call.weight_gradient.data, g.outputs, g.inputs, g.outputs};
    const int first = begin_of(part, weight_parts, g.inputs);
    const int count = begin_of(part + 1, weight_parts, g.inputs) - first;
    multiply_transposed(block_of(input, 0, g.batch, first, count), work.panels,
                        block_of(output, first, count, 0, g.outputs), slot_of(slot));
  };
  const auto input_part = [&](int part, int slot) {
    const Rows<const float> weight{call.weight.data, g.outputs, g.inputs, g.outputs};
    const Rows<float> output{call.input_gradient.data, g.inputs, g.batch, g.inputs};
    const int last = begin_of(part + 1, input_parts, panels);
    for (int p = begin_of(part, input_parts, panels); p < last; ++p) {
      for (int term = 0; term < g.outputs; term += kTurnedTerms) {
        pack_transposed(block_of(weight, p * kPanel, kPanel, term, kTurnedTerms), slot_of(slot));
        multiply_panels(block_of(gradient, 0, g.batch, term, kTurnedTerms), slot_of(slot),
                        {.first = term == 0, .last = term + kTurnedTerms >= g.outputs},
                        block_of(output, 0, g.batch, p * kPanel, kPanel));
      }
    }
  };
  // All three gradients are handed over at once, or none.
  const auto run_part = [&](int part, int slot) {
    if (part < weight_parts) return weight_part(part, slot);
    part -= weight_parts;
    if (part < input_parts) return input_part(part, slot);
    if (call.bias_gradient)
      add_column_sums(work.gradient, g.batch, g.outputs, call.bias_gradient.data, false);
  };
  const int parts = weight_parts + input_parts + 1;
  if (weight_parts > 1 || input_parts > 1) return workers.run(parts, run_part);
  for (int part = 0; part < parts; ++part) run_part(part, 0);
}

}  // namespace fovea
