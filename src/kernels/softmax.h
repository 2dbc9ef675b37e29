// SPDX-License-Identifier: MIT
// Softmax over the last dimension and the cross-entropy that belongs to it.
#pragma once

#include <limits>
#include <span>

#include "core/tensor_view.h"

namespace fovea {

/// y[row, c] = exp(x[row, c] - max) / sum of the row's exponentials. y may be x.
void softmax_forward(ConstTensorView x, TensorView y);

/// input_gradient = y * (output_gradient - sum over the row of output_gradient * y). May overwrite
/// output_gradient.
void softmax_backward(ConstTensorView y, ConstTensorView output_gradient,
                      TensorView input_gradient);

/// y = x - ln(sum of the row's exponentials): the logarithm of softmax without its roundings to
/// zero. y may not be x.
void log_softmax_forward(ConstTensorView x, TensorView y);

/// input_gradient = output_gradient - exp(y) * sum of the row's output_gradient. Overwrites
/// input_gradient, which must not alias anything.
void log_softmax_backward(ConstTensorView y, ConstTensorView output_gradient,
                          TensorView input_gradient);

/// What the labels of a cross-entropy look like: a class number per row, or a probability per
/// class.
enum class Labels : bool { kSparse, kOneHot };

/// How labels are read. Smoothing gives every class its share: label (1 - s) + s / classes.
struct LabelFormat {
  LabelFormat(Labels form)
      : kind(form) {}  // NOLINT(google-explicit-constructor): nothing else to say
  Labels kind;
  float smoothing = 0;
  /// Sparse: rows with this class number cost nothing and have no gradient. NaN: there is none.
  float ignored = std::numeric_limits<float>::quiet_NaN();
};

/// The sum over rows of -sum over classes of label * log softmax(logits), and its gradient times
/// `scale`:
///   gradient = scale * (softmax(logits) * sum of labels - label).
/// labels: [rows] class numbers (sparse) or [rows, classes]. gradient may be null: only the value
/// is wanted. A class number that is not a class gives NaN. Computed from logits as log-sum-exp: no
/// probability is rounded to zero before its logarithm.
double softmax_cross_entropy(ConstTensorView logits, ConstTensorView labels,
                             const LabelFormat& format, float scale, TensorView gradient);

/// The same from probabilities, as Keras computes it: rows are divided by their sum and clipped to
/// [1e-7, 1 - 1e-7]; a clipped probability has no gradient.
double cross_entropy(ConstTensorView probabilities, ConstTensorView labels,
                     const LabelFormat& format, float scale, TensorView gradient);

}  // namespace fovea
