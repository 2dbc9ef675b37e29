// SPDX-License-Identifier: MIT
// Every kind is a few passes over the output, each of which brings in one input: one loop with a
// choice inside serves all kinds in both directions.
#include "kernels/merge.h"

#include <algorithm>

#include "kernels/elementwise.h"
#include "kernels/simd.h"
#include "kernels/strided.h"

namespace fovea {

namespace {

enum class Pass : std::uint8_t {
  kCopy,
  kNegate,
  kAdd,
  kSubtract,
  kMultiply,
  kMaximum,
  kMinimum,
  kKeepEqual,  // keep the total where the input is the output, else zero
  kKeepOther,  // the reverse
};

Vector combine(Pass pass, Vector total, Vector x, Vector y) {
  switch (pass) {
    case Pass::kCopy:
      return x;
    case Pass::kNegate:
      return hn::Neg(x);
    case Pass::kAdd:
      return hn::Add(total, x);
    case Pass::kSubtract:
      return hn::Sub(total, x);
    case Pass::kMultiply:
      return hn::Mul(total, x);
    case Pass::kMaximum:
      return maximum(total, x);
    case Pass::kMinimum:
      return hn::Neg(maximum(hn::Neg(total), hn::Neg(x)));
    case Pass::kKeepEqual:
      return hn::IfThenElseZero(hn::Eq(x, y), total);
    case Pass::kKeepOther:
      break;
  }
  return hn::IfThenZeroElse(hn::Eq(x, y), total);
}

/// total = combine(total, x, y). y lies like the total; x may be broadcast.
void run_pass(Pass pass, ConstTensorView x, const float* y, TensorView total) {
  // Without broadcasting a whole example is one row.
  const Shape box = x.shape == total.shape
                        ? Shape{total.shape[0], static_cast<int>(total.shape.row().size())}
                        : total.shape;
  const Strides strides = strides_of(x.shape == total.shape ? box : x.shape);
  const auto length = static_cast<std::size_t>(box[-1]);
  const bool one_for_all = x.shape != total.shape && x.shape[-1] == 1;
  const std::int64_t rows = row_count(box);
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* from = x.data + row_offset(box, row, strides);
    const std::int64_t start = row * box[-1];
    const std::span<float> to(total.data + start, length);
    for_each_vector(length, [&](std::size_t i, std::size_t count) {
      const Vector v = one_for_all ? broadcast(*from) : load_some(from + i, count);
      store_at(combine(pass, load_at(to, i, count), v, load_some(y + start + i, count)), to, i,
               count);
    });
  }
}

/// gradient = the sum of `values` over the dimensions where the gradient has one element.
void sum_broadcast(ConstTensorView values, TensorView gradient) {
  std::ranges::fill(gradient.values(), 0.0F);
  const Shape& box = values.shape;
  const Strides strides = strides_of(gradient.shape);
  const std::int64_t rows = row_count(box);
  const float* from = values.data;
  for (std::int64_t row = 0; row < rows; ++row) {
    float* to = gradient.data + row_offset(box, row, strides);
    for (int i = 0; i < box[-1]; ++i) to[gradient.shape[-1] == 1 ? 0 : i] += *from++;
  }
}

Pass forward_pass(MergeKind kind) {
  switch (kind) {
    case MergeKind::kAdd:
    case MergeKind::kAverage:
      return Pass::kAdd;
    case MergeKind::kSubtract:
      return Pass::kSubtract;
    case MergeKind::kMultiply:
      return Pass::kMultiply;
    case MergeKind::kMaximum:
      return Pass::kMaximum;
    case MergeKind::kMinimum:
      break;
  }
  return Pass::kMinimum;
}

}  // namespace

void merge_forward(MergeKind kind, std::span<const ConstTensorView> inputs, TensorView output) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    run_pass(i == 0 ? Pass::kCopy : forward_pass(kind), inputs[i], output.data, output);
  }
  if (kind == MergeKind::kAverage) {
    scale(output.values(), 1 / static_cast<float>(inputs.size()), 0, output.values());
  }
}

void merge_backward(MergeKind kind, const MergeBackward& call) {
  const Shape& shape = call.output_gradient.shape;
  const bool selects = kind == MergeKind::kMaximum || kind == MergeKind::kMinimum;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const TensorView& gradient = call.input_gradients[i];
    if (!gradient) continue;
    const bool is_broadcast = gradient.shape != shape;
    const TensorView total{is_broadcast ? call.scratch.data() : gradient.data, shape};
    run_pass(kind == MergeKind::kSubtract && i > 0 ? Pass::kNegate : Pass::kCopy,
             call.output_gradient, call.output_gradient.data, total);
    for (std::size_t j = 0; j < call.inputs.size(); ++j) {
      if (kind == MergeKind::kMultiply && j != i) {
        run_pass(Pass::kMultiply, call.inputs[j], total.data, total);
      } else if (selects && j <= i) {
        run_pass(j == i ? Pass::kKeepEqual : Pass::kKeepOther, call.inputs[j], call.output.data,
                 total);
      }
    }
    if (kind == MergeKind::kAverage) {
      scale(total.values(), 1 / static_cast<float>(call.inputs.size()), 0, total.values());
    }
    if (is_broadcast) sum_broadcast(total, gradient);
  }
}

}  // namespace fovea
